#include "cli/duration.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "holdfast/options.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

std::optional<std::int64_t> UnitInMs(const std::string& unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return std::nullopt;
}

absl::Status Malformed(const std::string& text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", text, "' is not a duration such as 500ms, 10s, 2m or 1h"));
}

absl::Status TooLong(const std::string& text) {
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is longer than a year"));
}

std::string Fixed(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

absl::StatusOr<milliseconds> ParseDuration(const std::string& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return Malformed(text);
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (rest == end) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' needs a unit, such as 5s"));
  }
  const auto unit = UnitInMs(std::string(rest, end));
  if (!unit.has_value()) return Malformed(text);
  std::int64_t total = 0;
  if (error != std::errc() || __builtin_mul_overflow(count, *unit, &total)) return TooLong(text);
  if (milliseconds(total) > kWaitForever) return TooLong(text);
  return milliseconds(total);
}

std::string FormatDuration(milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms < 1'000) return absl::StrCat(ms, " ms");
  // "%g" leaves out a zero behind the point.
  if (ms < 60'000) return absl::StrCat(Fixed("%g", static_cast<double>(ms / 100) / 10), " s");
  const std::int64_t seconds = ms / 1'000;
  if (seconds < 3'600) return absl::StrCat(seconds / 60, " min ", seconds % 60, " s");
  return absl::StrCat(seconds / 3'600, " h ", seconds % 3'600 / 60, " min");
}

std::string FormatExactly(milliseconds duration) {
  return absl::StrCat(Fixed("%.3f", static_cast<double>(duration.count()) / 1e3), " s");
}

}  // namespace holdfast::cli
