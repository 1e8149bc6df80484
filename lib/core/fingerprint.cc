#include "core/fingerprint.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/text.h"

namespace holdfast::core {
namespace {

// Fifteen nodes with long names fit; what a stranger wrote there does not get to fill a log.
constexpr std::size_t kMaxShownBytes = 1024;

struct Field {
  std::string_view key;  // All that stands before its value in the text.
  // "<before>THEIRS<after>, not <open>OURS<close>".
  std::string_view before;
  std::string_view after;
  std::string_view open = "";
  std::string_view close = "";
};

// In the order of the text. The membership comes last because its value may contain spaces.
constexpr Field kFields[] = {{"schema=", "for version ", " of the keys"},
                             {" nodes=", "for ", " nodes"},
                             {" quorum=", "for quorum ", ""},
                             {" max_ttl=", "for a max_ttl of ", " ms"},
                             {" membership=", "for other members (", ")", "(", ")"}};

// The values of a fingerprint in the order of kFields; none for a text that is no fingerprint.
std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> values;
  for (const Field& field : kFields) {
    if (!text.starts_with(field.key)) return {};
    text.remove_prefix(field.key.size());
    const bool last = values.size() + 1 == std::size(kFields);
    values.push_back(text.substr(0, last ? text.size() : text.find(' ')));
    text.remove_prefix(values.back().size());
  }
  return values;
}

}  // namespace

std::string MembershipOf(std::span<const Endpoint> nodes) {
  std::vector<std::string> names;
  for (const Endpoint& node : nodes) names.push_back(node.name());
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  return list;
}

std::string MakeFingerprint(int nodes, int quorum, milliseconds max_ttl,
                            std::string_view membership) {
  return "schema=1 nodes=" + std::to_string(nodes) + " quorum=" + std::to_string(quorum) +
         " max_ttl=" + std::to_string(max_ttl.count()) + " membership=" + std::string(membership);
}

std::string FingerprintDifference(std::string_view stored, std::string_view ours) {
  if (stored == ours) return "";
  const auto theirs = Split(stored);
  const auto wanted = Split(ours);
  if (theirs.empty() || wanted.empty()) {
    return "it is configured in a way that is not understood here (" +
           Printable(stored, kMaxShownBytes) + ")";
  }
  std::string difference;
  for (std::size_t i = 0; i < std::size(kFields); ++i) {
    if (theirs[i] == wanted[i]) continue;
    const Field& field = kFields[i];
    difference += difference.empty() ? "it is configured " : "; ";
    difference += field.before;
    difference += Printable(theirs[i], kMaxShownBytes);
    difference += field.after;
    difference += ", not ";
    difference += field.open;
    difference += Printable(wanted[i], kMaxShownBytes);
    difference += field.close;
  }
  return difference;
}

}  // namespace holdfast::core
