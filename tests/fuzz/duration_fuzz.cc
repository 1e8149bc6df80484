// Durations as people write and read them: exactly the documented form is taken, for exactly what
// it says; what is printed says no more than is true.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "cli/duration.h"
#include "core/text.h"
#include "fuzz/check.h"
#include "holdfast/options.h"

namespace holdfast::fuzz {
namespace {

using std::chrono::milliseconds;

// Milliseconds in the unit that `text` ends with, which is taken off; 0 if it is none.
std::int64_t TakeUnit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    std::int64_t ms;
  };
  // "ms" is asked for first, as it ends with an s as well.
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    return unit.ms;
  }
  return 0;
}

// What the documentation says, read another way than the library does. Counts no further than a
// little beyond a year, so that nothing overflows.
std::optional<milliseconds> Expected(std::string_view text) {
  const std::int64_t unit = TakeUnit(text);
  if (unit == 0 || text.empty()) return std::nullopt;
  std::int64_t total = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    total = std::min(total * 10 + (c - '0') * unit, 2 * kWaitForever.count());
  }
  if (milliseconds(total) > kWaitForever) return std::nullopt;
  return milliseconds(total);
}

void CheckParse(std::string_view text) {
  const auto parsed = core::ParseDuration(text);
  const auto expected = Expected(text);
  Check(parsed.ok() == expected.has_value(), "digits and a unit, up to a year, and nothing else",
        text);
  if (parsed.ok()) return Check(*parsed == *expected, "a duration is what it says", text);
  Check(parsed.status().code() == absl::StatusCode::kInvalidArgument, "the argument is wrong");
  CheckMessage(parsed.status());
}

double Number(std::string_view& text) {
  double value = -1;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// Milliseconds of "2 min 5 s"; `step` is what the last of the units is.
double Sum(std::string_view text, double& step) {
  struct Unit {
    std::string_view name;
    double ms;
    double step;
  };
  // Of seconds with a point, tenths are shown.
  constexpr Unit kUnits[] = {
      {" ms", 1, 1}, {" min", 60'000, 60'000}, {" s", 1'000, 1'000}, {" h", 3'600'000, 3'600'000}};
  double sum = 0;
  const bool mixed = text.find(' ') != text.rfind(' ');
  while (!text.empty()) {
    const double number = Number(text);
    Check(number >= 0, "a number in front of each unit");
    bool known = false;
    for (const Unit& unit : kUnits) {
      if (known || !text.starts_with(unit.name)) continue;
      text.remove_prefix(unit.name.size());
      sum += number * unit.ms;
      step = unit.name == " s" && !mixed ? 100 : unit.step;
      known = true;
    }
    Check(known, "only known units");
    if (text.starts_with(' ')) text.remove_prefix(1);
  }
  return sum;
}

// The program shows what is left of a lease: it may be cut, but never says that there is more.
void CheckFormat(milliseconds duration) {
  const std::string text = cli::FormatDuration(duration);
  const std::string exact = cli::FormatExactly(duration);
  Check(IsPrintable(text) && text.size() < 40, "a short text", text);
  Check(exact.ends_with(" s") && exact.size() < 40, "seconds", exact);
  if (duration.count() < 0 || duration > kWaitForever) return;
  const auto ms = static_cast<double>(duration.count());
  double step = 0;
  const double shown = Sum(text, step);
  Check(shown < ms + 0.001 && ms < shown + step + 0.001, "cut at its last unit", text);
  std::string_view digits = exact;
  Check(std::abs(Number(digits) * 1'000 - ms) < 0.001, "exact to the millisecond", exact);
}

void CheckHuman(core::nanoseconds duration) {
  const std::string text = core::HumanDuration(duration);
  Check(IsPrintable(text) && text.size() < 32 && text.find(' ') != std::string::npos,
        "a number and a unit", text);
}

void Run(std::string_view input) {
  CheckParse(input);
  std::int64_t number = 0;
  // An empty input may have no address.
  if (!input.empty()) {
    std::memcpy(&number, input.data(), std::min(input.size(), sizeof number));
  }
  // Random numbers are large; those of interest are not.
  const std::int64_t small = number % (2 * kWaitForever.count());
  for (const std::int64_t ms : {number, small, small % 100'000}) {
    CheckFormat(milliseconds(ms));
    CheckHuman(core::nanoseconds(ms));
  }
  if (small < 0) return;
  for (const char* const unit : {"ms", "s", "m", "h"}) CheckParse(std::to_string(small) + unit);
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
