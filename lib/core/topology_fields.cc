#include "core/topology_fields.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr std::size_t kMaxIdBytes = 64;

bool IsIdCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

absl::Status Malformed(const std::string& what) { return absl::InternalError(what); }

std::string Describe(ReplyView view) {
  switch (view.type()) {
    case ReplyType::kNil:
      return "nil";
    case ReplyType::kInteger:
      return std::to_string(view.integer());
    case ReplyType::kArray:
      return "an array of " + std::to_string(view.size());
    case ReplyType::kString:
    case ReplyType::kStatus:
    case ReplyType::kError:
      break;
  }
  return "'" + Printable(view.text(), 60) + "'";
}

absl::StatusOr<std::uint16_t> ReadSlot(ReplyView view) {
  if (view.type() == ReplyType::kInteger && view.integer() >= 0 && view.integer() < kSlots) {
    return static_cast<std::uint16_t>(view.integer());
  }
  return Malformed(Describe(view) + " is no slot");
}

absl::StatusOr<SlotRange> ReadRange(ReplyView first, ReplyView last) {
  const auto from = ReadSlot(first);
  if (!from.ok()) return from.status();
  const auto to = ReadSlot(last);
  if (!to.ok()) return to.status();
  if (*from <= *to) return SlotRange{.first = *from, .last = *to};
  return Malformed("slots " + std::to_string(*from) + " to " + std::to_string(*to) +
                   " are no range");
}

absl::StatusOr<std::optional<NodeAddress>> ReadAddress(ReplyView host, ReplyView port,
                                                       const NodeAddress& asked) {
  if (!host.is_nil() && host.type() != ReplyType::kString) {
    return Malformed(Describe(host) + " is no host");
  }
  if (host.text() == kUnknownHost) return std::nullopt;
  const auto clean_host = host.text().empty() ? asked.host : CleanHost(host.text());
  if (!clean_host) return Malformed(Describe(host) + " is no host");
  const auto clean_port = CleanPort(port.integer());
  if (!clean_port) return Malformed(Describe(port) + " is no port");
  return NodeAddress{.host = *clean_host, .port = *clean_port};
}

absl::StatusOr<std::string> ReadId(ReplyView id) {
  const std::string_view text = id.text();
  const bool valid = (id.is_nil() || id.type() == ReplyType::kString) &&
                     text.size() <= kMaxIdBytes &&
                     std::all_of(text.begin(), text.end(), IsIdCharacter);
  if (!valid) return Malformed(Describe(id) + " is no node id");
  return std::string(text);
}

}  // namespace holdfast::core
