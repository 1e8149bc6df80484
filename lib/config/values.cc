#include "config/values.h"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

#include "core/duration.h"
#include "core/text.h"

namespace holdfast::detail {

using core::ParseNumber;
using Kind = ConfigValue::Kind;
using std::chrono::milliseconds;

std::optional<milliseconds> AsDuration(const ConfigValue& value) {
  if (value.kind != Kind::kText) return std::nullopt;
  if (const auto number = ParseNumber<std::int64_t>(value.text)) return milliseconds(*number);
  const auto duration = core::ParseDuration(value.text);
  return duration.ok() ? std::optional(*duration) : std::nullopt;
}

std::optional<double> AsReal(const ConfigValue& value) {
  double number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [rest, error] = std::from_chars(value.text.data(), end, number);
  if (value.kind != Kind::kText || error != std::errc() || rest != end) return std::nullopt;
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

bool ReadText(const ConfigValue& value, std::string& target, ConfigProblems& problems) {
  if (value.kind != Kind::kText) {
    problems.AddTo(value, value.kind == Kind::kNull ? "has no value" : "must be a text");
    return false;
  }
  target = value.text;
  return true;
}

bool ReadTexts(const ConfigValue& value, std::vector<std::string>& target,
               ConfigProblems& problems) {
  std::vector<std::string> texts;
  if (value.kind != Kind::kList) {
    if (!ReadText(value, texts.emplace_back(), problems)) return false;
  } else {
    for (const ConfigValue& item : value.children) {
      if (!ReadText(item, texts.emplace_back(), problems)) return false;
    }
  }
  target = std::move(texts);
  return true;
}

}  // namespace holdfast::detail
