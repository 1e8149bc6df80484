// Errors and what they carry.
#include "core/failure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "absl/strings/cord.h"
#include "seed.h"

namespace holdfast::core {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Kind = Failure::Kind;

constexpr char kPayload[] = "holdfast/failure";

Failure Example() {
  Failure failure;
  failure.kind = Kind::kHeld;
  failure.summary = "held by host:7";
  failure.holder = "host:7";
  failure.remaining = std::chrono::milliseconds(8200);
  failure.votes = {{"a:1", Vote::kHeld, "host:7, 8.2 s left"},
                   {"[::1]:2", Vote::kNoAnswer, ""},
                   {"c:3", Vote::kDown, "5:colons: and\nlines;"}};
  failure.votes[0].round_trip = std::chrono::microseconds(312);
  return failure;
}

void ExpectSame(const Failure& a, const Failure& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.summary, b.summary);
  EXPECT_EQ(a.holder, b.holder);
  EXPECT_EQ(a.remaining, b.remaining);
  ASSERT_EQ(a.votes.size(), b.votes.size());
  for (std::size_t i = 0; i < a.votes.size(); ++i) {
    EXPECT_EQ(a.votes[i].node, b.votes[i].node);
    EXPECT_EQ(a.votes[i].vote, b.votes[i].vote);
    EXPECT_EQ(a.votes[i].reason, b.votes[i].reason);
    EXPECT_EQ(a.votes[i].round_trip, b.votes[i].round_trip);
  }
}

std::string PayloadOf(const absl::Status& status) {
  return std::string(status.GetPayload(kPayload).value());
}

std::optional<Failure> Decoded(std::string_view payload) {
  absl::Status status = absl::UnavailableError("x");
  status.SetPayload(kPayload, absl::Cord(absl::string_view(payload.data(), payload.size())));
  return GetFailure(status);
}

TEST(FailureTest, EveryFieldSurvivesTheStatus) {
  const auto failure = GetFailure(MakeFailure("order:42", Example()));
  ASSERT_TRUE(failure);
  ExpectSame(*failure, Example());
}

TEST(FailureTest, EveryKindAndVoteSurvives) {
  for (int kind = 0; kind <= static_cast<int>(Kind::kMisconfigured); ++kind) {
    for (int vote = 0; vote <= static_cast<int>(Vote::kRefused); ++vote) {
      Failure failure;
      failure.kind = static_cast<Kind>(kind);
      failure.votes = {{"n", static_cast<Vote>(vote), ""}};
      const auto read = GetFailure(MakeFailure("x", failure));
      ASSERT_TRUE(read);
      ExpectSame(*read, failure);
    }
  }
}

TEST(FailureTest, NoRemainingTimeIsNotZero) {
  Failure failure;
  EXPECT_EQ(GetFailure(MakeFailure("x", failure))->remaining, std::nullopt);
  failure.remaining = std::chrono::milliseconds(0);
  EXPECT_EQ(GetFailure(MakeFailure("x", failure))->remaining, std::chrono::milliseconds(0));
}

TEST(FailureTest, CodeFollowsFromTheKind) {
  const std::pair<Kind, absl::StatusCode> codes[] = {
      {Kind::kHeld, absl::StatusCode::kAborted},
      {Kind::kUndecided, absl::StatusCode::kDeadlineExceeded},
      {Kind::kNoQuorum, absl::StatusCode::kUnavailable},
      {Kind::kLost, absl::StatusCode::kFailedPrecondition},
      {Kind::kMisconfigured, absl::StatusCode::kFailedPrecondition},
      {Kind::kCancelled, absl::StatusCode::kCancelled},
      {Kind::kOther, absl::StatusCode::kPermissionDenied},
  };
  for (const auto& [kind, code] : codes) {
    const absl::Status status = MakeFailure("x", {.kind = kind});
    EXPECT_EQ(status.code(), code);
    EXPECT_EQ(IsHeld(status), kind == Kind::kHeld);
    EXPECT_EQ(IsUndecided(status), kind == Kind::kUndecided);
    EXPECT_EQ(IsNoQuorum(status), kind == Kind::kNoQuorum);
    EXPECT_EQ(IsLost(status), kind == Kind::kLost);
    EXPECT_EQ(IsMisconfigured(status), kind == Kind::kMisconfigured);
  }
}

TEST(FailureTest, StatusOfOthersIsNoneOfOurs) {
  for (const absl::Status& status :
       {absl::OkStatus(), absl::AbortedError("x"), absl::UnavailableError("x"),
        absl::FailedPreconditionError("x"), absl::DeadlineExceededError("x")}) {
    EXPECT_EQ(GetFailure(status), std::nullopt);
    EXPECT_FALSE(IsHeld(status) || IsUndecided(status) || IsNoQuorum(status) || IsLost(status));
  }
}

TEST(FailureTest, MessageNamesTheLockTheCauseAndEachVote) {
  Failure failure = Example();
  failure.votes.pop_back();
  EXPECT_EQ(MakeFailure("order:42", failure).message(),
            "order:42: held by host:7 (a:1 held: host:7, 8.2 s left; [::1]:2 no answer)");
  EXPECT_EQ(MakeFailure("a\n\x1b", {.summary = "cancelled"}).message(), "a\\x0a\\x1b: cancelled");
}

TEST(FailureTest, DamagedPayloadIsNone) {
  for (const std::string_view payload :
       {"", "x", ":", "1", "1:", "1:1", "99999999999999999999:1", "18446744073709551615:1", "-1:1",
        "1:x0:0:1:0", "1:1 0:0:1:0", "0:0:0:1:0"}) {
    EXPECT_EQ(Decoded(payload), std::nullopt) << payload;
  }
}

TEST(FailureTest, CutPayloadIsNoneOrEndsBetweenTwoVotes) {
  const std::string whole = PayloadOf(MakeFailure("x", Example()));
  std::size_t read = 0;
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    const auto failure = Decoded(whole.substr(0, cut));
    if (!failure) continue;
    Failure expected = Example();
    expected.votes.resize(failure->votes.size());
    ExpectSame(*failure, expected);
    ++read;
  }
  EXPECT_EQ(read, Example().votes.size());
}

TEST(FailureTest, NumbersThatAreNoKindAndNoVoteAreNone) {
  EXPECT_TRUE(Decoded("1:10:0:2:-11:n1:10:2:-1"));
  EXPECT_EQ(Decoded("1:70:0:2:-1"), std::nullopt) << "kind 7";
  EXPECT_EQ(Decoded("2:-10:0:2:-1"), std::nullopt) << "kind -1";
  EXPECT_EQ(Decoded("1:10:0:2:-11:n2:110:2:-1"), std::nullopt) << "vote 11";
}

TEST(FailureTest, RandomlyDamagedPayloadsDoNoHarm) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  const std::string whole = PayloadOf(MakeFailure("x", Example()));
  for (int i = 0; i < 5'000; ++i) {
    std::string damaged = whole;
    for (unsigned n = 1 + random() % 3; n > 0; --n) {
      damaged[random() % damaged.size()] = "0123456789:-x"[random() % 13];
    }
    const auto failure = Decoded(damaged);
    EXPECT_LE(failure ? failure->votes.size() : 0, damaged.size());
  }
}

TEST(VoteNameTest, EveryVoteHasANameOfItsOwn) {
  std::string names;
  for (int vote = 0; vote <= static_cast<int>(Vote::kRefused); ++vote) {
    const std::string name = "<" + std::string(VoteName(static_cast<Vote>(vote))) + ">";
    EXPECT_THAT(names, Not(HasSubstr(name)));
    names += name;
  }
  EXPECT_THAT(names, Not(HasSubstr("unknown")));
}

}  // namespace
}  // namespace holdfast::core
