#include "core/fingerprint.h"

#include <algorithm>
#include <cstddef>
#include <span>
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
constexpr Field kSchema = {"schema=", "for version ", " of the keys"};
constexpr Field kQuorum = {" quorum=", "for quorum ", ""};
constexpr Field kMaxTtl = {" max_ttl=", "for a max_ttl of ", " ms"};
constexpr Field kMembership = {" membership=", "for other members (", ")", "(", ")"};
constexpr Field kOfNodes[] = {
    kSchema, {" nodes=", "for ", " nodes"}, kQuorum, kMaxTtl, kMembership};
constexpr Field kOfSeats[] = {kSchema,
                              {" seats=", "for ", " seats"},
                              {" groups=", "for ", " groups of seats"},
                              kQuorum,
                              kMaxTtl,
                              kMembership};
constexpr std::size_t kSeats = 1;
constexpr std::size_t kGroups = 2;

using Values = std::vector<std::string_view>;

// The values of a fingerprint in the order of `fields`; none for a text that has not these.
Values Split(std::string_view text, std::span<const Field> fields) {
  Values values;
  for (const Field& field : fields) {
    if (!text.starts_with(field.key)) return {};
    text.remove_prefix(field.key.size());
    const bool last = values.size() + 1 == fields.size();
    values.push_back(text.substr(0, last ? text.size() : text.find(' ')));
    text.remove_prefix(values.back().size());
  }
  return values;
}

std::string Difference(const Values& theirs, const Values& wanted, std::span<const Field> fields) {
  std::string difference;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (theirs[i] == wanted[i]) continue;
    const Field& field = fields[i];
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

// A cluster whose seats all vote, or that is one of several voters.
std::string UseOf(std::string_view text) {
  if (const Values seats = Split(text, kOfSeats); !seats.empty()) {
    return "for " + Printable(seats[kSeats], kMaxShownBytes) + " seats of one cluster";
  }
  return "as one of " + Printable(Split(text, kOfNodes)[1], kMaxShownBytes) + " nodes";
}

bool IsOfSeats(std::string_view text) { return !Split(text, kOfSeats).empty(); }

bool IsUnderstood(std::string_view text) {
  return IsOfSeats(text) || !Split(text, kOfNodes).empty();
}

}  // namespace

std::string MembershipOf(std::vector<std::string> names) {
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

std::string MakeClusterFingerprint(int seats, int groups, int quorum, milliseconds max_ttl,
                                   std::string_view membership) {
  return "schema=1 seats=" + std::to_string(seats) + " groups=" + std::to_string(groups) +
         " quorum=" + std::to_string(quorum) + " max_ttl=" + std::to_string(max_ttl.count()) +
         " membership=" + std::string(membership);
}

bool AreOfOtherSeats(std::string_view stored, std::string_view ours) {
  const Values theirs = Split(stored, kOfSeats);
  const Values wanted = Split(ours, kOfSeats);
  if (theirs.empty() || wanted.empty()) return theirs.empty() != wanted.empty();
  return theirs[kSeats] != wanted[kSeats] || theirs[kGroups] != wanted[kGroups];
}

std::string FingerprintDifference(std::string_view stored, std::string_view ours) {
  if (stored == ours) return "";
  if (!IsUnderstood(stored) || !IsUnderstood(ours)) {
    return "it is configured in a way that is not understood here (" +
           Printable(stored, kMaxShownBytes) + ")";
  }
  if (IsOfSeats(stored) != IsOfSeats(ours)) {
    return "it is configured " + UseOf(stored) + ", not " + UseOf(ours);
  }
  const std::span<const Field> fields =
      IsOfSeats(ours) ? std::span<const Field>(kOfSeats) : std::span<const Field>(kOfNodes);
  return Difference(Split(stored, fields), Split(ours, fields), fields);
}

}  // namespace holdfast::core
