// Topologies in tests: replies from text, and topologies as text.
#ifndef HOLDFAST_TESTS_CORE_TOPOLOGY_HARNESS_H_
#define HOLDFAST_TESTS_CORE_TOPOLOGY_HARNESS_H_

#include <charconv>
#include <string>
#include <string_view>

#include "core/reply.h"
#include "core/topology.h"

namespace holdfast::core {

// Builds a reply from text such as "[0 5 ['a' nil]]": numbers, 'strings', nil, and arrays.
class ReplyText {
 public:
  explicit ReplyText(std::string_view text) : rest_(text) { Read(Reply::kNone); }

  ReplyView root() const { return reply_.root(); }

 private:
  void Read(std::size_t parent) {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    if (rest_.starts_with('[')) return ReadArray(parent);
    if (rest_.starts_with('\'')) {
      const std::size_t end = rest_.find('\'', 1);
      reply_.AddText(parent, ReplyType::kString, rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
    } else if (rest_.starts_with("nil")) {
      reply_.AddNil(parent);
      rest_.remove_prefix(3);
    } else {
      long long value = 0;
      const auto end = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value).ptr;
      reply_.AddInteger(parent, value);
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    }
  }

  void ReadArray(std::size_t parent) {
    const std::size_t array = reply_.AddArray(parent);
    rest_.remove_prefix(1);
    while (true) {
      while (rest_.starts_with(' ')) rest_.remove_prefix(1);
      if (rest_.starts_with(']')) break;
      Read(array);
    }
    rest_.remove_prefix(1);
  }

  std::string_view rest_;
  Reply reply_;
};

// "a:1 0-5 10-10; b:2 of a:1; nobody 6-9": each node with its slots or its master.
inline std::string Show(const Topology& topology) {
  const auto show_ranges = [&](int owner) {
    std::string text;
    for (const SlotRange& range : topology.RangesOf(owner)) {
      text += " " + std::to_string(range.first) + "-" + std::to_string(range.last);
    }
    return text;
  };
  std::string text;
  for (std::size_t i = 0; i < topology.nodes().size(); ++i) {
    const TopologyNode& node = topology.nodes()[i];
    text += node.address.name();
    if (!node.is_master()) {
      text += " of " + topology.nodes().at(static_cast<std::size_t>(node.master)).address.name();
    }
    text += show_ranges(static_cast<int>(i)) + "; ";
  }
  return text + "nobody" + show_ranges(Topology::kNobody);
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_TOPOLOGY_HARNESS_H_
