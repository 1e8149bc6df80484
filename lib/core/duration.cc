#include "core/duration.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>

#include "core/text.h"
#include "holdfast/options.h"

namespace holdfast::core {
namespace {

std::optional<std::int64_t> UnitInMs(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  return std::nullopt;
}

absl::Status Malformed(std::string_view text) {
  return InvalidArgument("'" + Printable(text) +
                         "' is not a duration such as 500ms, 10s, 2m or 1h");
}

absl::Status TooLong(std::string_view text) {
  return InvalidArgument("'" + Printable(text) + "' is longer than a year");
}

}  // namespace

absl::StatusOr<milliseconds> ParseDuration(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return Malformed(text);
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (rest == end) {
    return InvalidArgument("'" + Printable(text) + "' needs a unit, such as 5s");
  }
  const auto unit = UnitInMs({rest, static_cast<std::size_t>(end - rest)});
  if (!unit.has_value()) return Malformed(text);
  std::int64_t total = 0;
  if (error != std::errc() || __builtin_mul_overflow(count, *unit, &total)) return TooLong(text);
  if (milliseconds(total) > kWaitForever) return TooLong(text);
  return milliseconds(total);
}

}  // namespace holdfast::core
