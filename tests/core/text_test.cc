// Small conversions between text and what it means.
#include "core/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

TEST(ParseNumberTest, ReadsWholeDecimalNumbersOnly) {
  EXPECT_EQ(ParseNumber<int>("0"), 0);
  EXPECT_EQ(ParseNumber<int>("-12"), -12);
  EXPECT_EQ(ParseNumber<int>("007"), 7);
  for (const std::string_view bad : {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3"}) {
    EXPECT_EQ(ParseNumber<int>(bad), std::nullopt) << bad;
  }
}

TEST(ParseNumberTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(ParseNumber<std::uint8_t>("255"), 255);
  EXPECT_EQ(ParseNumber<std::uint8_t>("256"), std::nullopt);
  EXPECT_EQ(ParseNumber<std::uint32_t>("-1"), std::nullopt);
  EXPECT_EQ(ParseNumber<std::int64_t>("-9223372036854775808"),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseNumber<std::int64_t>("9223372036854775808"), std::nullopt);
}

TEST(DigitsTest, WritesEveryNumber) {
  EXPECT_EQ(Digits(0).view(), "0");
  EXPECT_EQ(Digits(-1).view(), "-1");
  EXPECT_EQ(Digits(std::numeric_limits<std::int64_t>::min()).view(), "-9223372036854775808");
  EXPECT_EQ(Digits(std::numeric_limits<std::int64_t>::max()).view(), "9223372036854775807");
}

TEST(PrintableTest, EscapesAllButPrintableAscii) {
  EXPECT_EQ(Printable("a b~"), "a b~");
  EXPECT_EQ(Printable(std::string_view("\0\n\x1b\x7f\xc3\xbc", 6)),
            "\\x00\\x0a\\x1b\\x7f\\xc3\\xbc");
  EXPECT_EQ(Printable(""), "");
}

TEST(PrintableTest, CutsAtItsLimit) {
  EXPECT_EQ(Printable("abc", 3), "abc");
  EXPECT_EQ(Printable("abcd", 3), "abc...");
  EXPECT_EQ(Printable(std::string(121, 'x')), std::string(120, 'x') + "...");
}

TEST(HumanDurationTest, ChoosesItsUnit) {
  EXPECT_EQ(HumanDuration(0ms), "0 ms");
  EXPECT_EQ(HumanDuration(850ms), "850 ms");
  EXPECT_EQ(HumanDuration(1s), "1 s");
  EXPECT_EQ(HumanDuration(8200ms), "8.2 s");
  EXPECT_EQ(HumanDuration(119s), "119 s");
  EXPECT_EQ(HumanDuration(3min), "3 min");
  EXPECT_EQ(HumanDuration(24h), "1440 min");
}

TEST(AbslViewTest, ConvertsBothWays) {
  EXPECT_EQ(ToStd(ToAbsl("a")), "a");
  EXPECT_EQ(ToStd(ToAbsl(std::string_view("a\0b", 3))).size(), 3U);
}

}  // namespace
}  // namespace holdfast::core
