// Durations as people write them.
#include "core/duration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using holdfast::testing::StatusIs;
using ::testing::HasSubstr;

milliseconds Read(std::string_view text) {
  const auto duration = ParseDuration(text);
  EXPECT_TRUE(duration.ok()) << duration.status();
  return duration.value_or(-1ms);
}

auto IsRefusedFor(const std::string& reason) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason));
}

TEST(DurationTest, HasANumberAndAUnit) {
  EXPECT_EQ(Read("500ms"), 500ms);
  EXPECT_EQ(Read("10s"), 10s);
  EXPECT_EQ(Read("2m"), 2min);
  EXPECT_EQ(Read("1h"), 1h);
  EXPECT_EQ(Read("0s"), 0s);
  EXPECT_EQ(Read("007s"), 7s);
}

TEST(DurationTest, NumberWithoutAUnitIsRefused) {
  EXPECT_THAT(ParseDuration("5"), IsRefusedFor("'5' needs a unit, such as 5s"));
  EXPECT_THAT(ParseDuration("99999999999999999999"), IsRefusedFor("needs a unit"));
}

TEST(DurationTest, AnythingElseIsRefused) {
  for (const std::string text : {"", "s", "-1s", "+1s", " 1s", "1 s", "1.5s", "1d", "1S", "1sec",
                                 "1s ", "1s500ms", "/s", ":s", "ms", "\x1b"}) {
    EXPECT_THAT(ParseDuration(text), IsRefusedFor("is not a duration such as 500ms")) << text;
  }
  EXPECT_THAT(ParseDuration("1\x1b"), IsRefusedFor("'1\\x1b'"));
}

TEST(DurationTest, IsNotLongerThanAYear) {
  EXPECT_EQ(Read("8760h"), 8760h);
  for (const std::string text : {"8761h", "31536000001ms", "9223372036854775807ms",
                                 "9223372036854775807h", "99999999999999999999s"}) {
    EXPECT_THAT(ParseDuration(text), IsRefusedFor("is longer than a year")) << text;
  }
}

}  // namespace
}  // namespace holdfast::core
