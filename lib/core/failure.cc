#include "core/failure.h"

#include <cstddef>
#include <string>

#include "absl/strings/cord.h"
#include "core/text.h"

namespace holdfast {
namespace {

constexpr char kPayloadUrl[] = "holdfast/failure";

// The payload: numbers and byte strings, each as a length in decimal, a colon, and the bytes.
class Writer {
 public:
  void Add(std::string_view bytes) {
    out_ += std::to_string(bytes.size()) + ":";
    out_.append(bytes);
  }
  void Add(std::int64_t number) { Add(std::to_string(number)); }
  const std::string& out() const { return out_; }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  std::string Bytes() {
    const std::size_t colon = in_.find(':');
    const auto size = core::ParseNumber<std::size_t>(in_.substr(0, colon));
    if (colon == std::string_view::npos || !size || *size > in_.size() - colon - 1) return Bad();
    std::string bytes(in_.substr(colon + 1, *size));
    in_.remove_prefix(colon + 1 + *size);
    return bytes;
  }
  std::int64_t Number() {
    const auto number = core::ParseNumber<std::int64_t>(Bytes());
    if (!number) Bad();
    return number.value_or(0);
  }
  // A number that stands for one of an enumeration's values, of which `last` is the last.
  template <class Enum>
  Enum Value(Enum last) {
    const std::int64_t number = Number();
    if (number >= 0 && number <= static_cast<std::int64_t>(last)) return static_cast<Enum>(number);
    Bad();
    return {};
  }
  bool ok() const { return ok_; }
  bool done() const { return in_.empty(); }

 private:
  std::string Bad() {
    ok_ = false;
    in_ = {};
    return "";
  }

  std::string_view in_;
  bool ok_ = true;
};

std::string Encode(const Failure& failure) {
  Writer writer;
  writer.Add(static_cast<int>(failure.kind));
  writer.Add(failure.summary);
  writer.Add(failure.holder);
  writer.Add(failure.remaining ? failure.remaining->count() : -1);
  for (const NodeVote& vote : failure.votes) {
    writer.Add(vote.node);
    writer.Add(static_cast<int>(vote.vote));
    writer.Add(vote.reason);
    writer.Add(vote.round_trip ? vote.round_trip->count() : -1);
  }
  return writer.out();
}

std::optional<Failure> Decode(std::string_view bytes) {
  Reader reader(bytes);
  Failure failure;
  failure.kind = reader.Value(Failure::Kind::kMisconfigured);
  failure.summary = reader.Bytes();
  failure.holder = reader.Bytes();
  const std::int64_t remaining = reader.Number();
  if (remaining >= 0) failure.remaining = std::chrono::milliseconds(remaining);
  while (reader.ok() && !reader.done()) {
    NodeVote& vote = failure.votes.emplace_back();
    vote.node = reader.Bytes();
    vote.vote = reader.Value(Vote::kRefused);
    vote.reason = reader.Bytes();
    const std::int64_t round_trip = reader.Number();
    if (round_trip >= 0) vote.round_trip = std::chrono::nanoseconds(round_trip);
  }
  if (!reader.ok()) return std::nullopt;
  return failure;
}

bool IsKind(const absl::Status& status, Failure::Kind kind) {
  const std::optional<Failure> failure = GetFailure(status);
  return failure && failure->kind == kind;
}

absl::StatusCode CodeOf(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::kHeld:
      return absl::StatusCode::kAborted;
    case Failure::Kind::kUndecided:
      return absl::StatusCode::kDeadlineExceeded;
    case Failure::Kind::kNoQuorum:
      return absl::StatusCode::kUnavailable;
    case Failure::Kind::kLost:
    case Failure::Kind::kMisconfigured:
      return absl::StatusCode::kFailedPrecondition;
    case Failure::Kind::kCancelled:
      return absl::StatusCode::kCancelled;
    case Failure::Kind::kOther:
      break;
  }
  return absl::StatusCode::kPermissionDenied;
}

std::string VotesText(const std::vector<NodeVote>& votes) {
  std::string text;
  for (const NodeVote& vote : votes) {
    if (vote.vote == Vote::kPending) continue;
    text += (text.empty() ? " (" : "; ") + vote.node + " " + VoteName(vote.vote);
    if (!vote.reason.empty()) text += ": " + vote.reason;
  }
  return text.empty() ? text : text + ")";
}

}  // namespace

const char* VoteName(Vote vote) {
  switch (vote) {
    case Vote::kPending:
      return "pending";
    case Vote::kGranted:
      return "granted";
    case Vote::kHeld:
      return "held";
    case Vote::kAbsent:
      return "absent";
    case Vote::kLate:
      return "late";
    case Vote::kDown:
      return "down";
    case Vote::kNoAnswer:
      return "no answer";
    case Vote::kDenied:
      return "denied";
    case Vote::kError:
      return "error";
    case Vote::kQuarantined:
      return "quarantined";
    case Vote::kRefused:
      break;
  }
  return "refused";
}

std::optional<Failure> GetFailure(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload.has_value()) return std::nullopt;
  return Decode(std::string(*payload));
}

bool IsHeld(const absl::Status& status) { return IsKind(status, Failure::Kind::kHeld); }
bool IsUndecided(const absl::Status& status) { return IsKind(status, Failure::Kind::kUndecided); }
bool IsNoQuorum(const absl::Status& status) { return IsKind(status, Failure::Kind::kNoQuorum); }
bool IsLost(const absl::Status& status) { return IsKind(status, Failure::Kind::kLost); }
bool IsMisconfigured(const absl::Status& status) {
  return IsKind(status, Failure::Kind::kMisconfigured);
}

namespace core {

absl::Status MakeFailure(std::string_view name, const Failure& failure) {
  const std::string message = Printable(name) + ": " + failure.summary + VotesText(failure.votes);
  absl::Status status(CodeOf(failure.kind), message);
  status.SetPayload(kPayloadUrl, absl::Cord(Encode(failure)));
  return status;
}

}  // namespace core
}  // namespace holdfast
