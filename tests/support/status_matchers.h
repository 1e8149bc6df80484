// Matchers for absl::Status and absl::StatusOr, which Debian's Abseil lacks.
//
//   EXPECT_THAT(client.Acquire("a"), IsOk());
//   EXPECT_THAT(lock.Extend(0ms), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("ttl")));
//   EXPECT_THAT(client.Acquire("a"), FailsAs(IsHeld));
#ifndef HOLDFAST_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define HOLDFAST_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holdfast::testing {

inline const absl::Status& ToStatus(const absl::Status& status) { return status; }

template <class T>
const absl::Status& ToStatus(const absl::StatusOr<T>& result) {
  return result.status();
}

// A matcher that sees a Status or StatusOr as its Status, and shows it when the test fails.
template <class Matches>
class StatusMatcher {
 public:
  using is_gtest_matcher = void;

  StatusMatcher(std::string what, Matches matches)
      : what_(std::move(what)), matches_(std::move(matches)) {}

  template <class T>
  bool MatchAndExplain(const T& result, std::ostream* listener) const {
    const absl::Status& status = ToStatus(result);
    if (listener != nullptr) *listener << "whose status is " << status.ToString();
    return matches_(status);
  }
  void DescribeTo(std::ostream* os) const { *os << what_; }
  void DescribeNegationTo(std::ostream* os) const { *os << "not: " << what_; }

 private:
  std::string what_;
  Matches matches_;
};

inline auto IsOk() {
  return StatusMatcher("is OK", [](const absl::Status& status) { return status.ok(); });
}

// `message` is a string or a matcher of strings.
template <class Message>
auto StatusIs(absl::StatusCode code, Message message) {
  const ::testing::Matcher<std::string> matcher = ::testing::MatcherCast<std::string>(message);
  std::string what = "has code " + absl::StatusCodeToString(code) + " and a message that " +
                     ::testing::DescribeMatcher<std::string>(matcher);
  return StatusMatcher(std::move(what), [code, matcher](const absl::Status& status) {
    return status.code() == code && matcher.Matches(std::string(status.message()));
  });
}

inline auto StatusIs(absl::StatusCode code) {
  return StatusMatcher("has code " + absl::StatusCodeToString(code),
                       [code](const absl::Status& status) { return status.code() == code; });
}

// `predicate` is one of errors.h: IsHeld, IsNoQuorum, …
inline auto FailsAs(bool (*predicate)(const absl::Status&)) {
  return StatusMatcher("is an error of that kind", predicate);
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_STATUS_MATCHERS_H_
