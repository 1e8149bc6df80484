#include "cli/duration.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

std::string Fixed(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

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
