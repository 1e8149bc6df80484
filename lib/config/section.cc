#include "config/section.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "config/distance.h"
#include "config/values.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

using core::ParseNumber;
using Kind = ConfigValue::Kind;
using std::chrono::milliseconds;

std::string Shown(milliseconds duration) {
  const auto count = duration.count();
  if (count != 0 && count % 3'600'000 == 0) return std::to_string(count / 3'600'000) + "h";
  if (count != 0 && count % 1'000 == 0) return std::to_string(count / 1'000) + "s";
  return std::to_string(count) + "ms";
}

std::string Shown(double number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

}  // namespace

ConfigSection::ConfigSection(const ConfigValue& value, std::string what, ConfigProblems& problems)
    : value_(value), what_(std::move(what)), problems_(problems) {
  if (value.kind != Kind::kMap) problems_.AddTo(value, "must be a map of keys and values");
}

const ConfigValue* ConfigSection::Find(std::string_view key) {
  known_.emplace_back(key);
  return value_.Find(key);
}

bool ConfigSection::Text(std::string_view key, std::string& target) {
  const ConfigValue* const value = Find(key);
  return value != nullptr && ReadText(*value, target, problems_);
}

bool ConfigSection::Line(std::string_view key, std::string& target, std::size_t limit) {
  std::string text;
  if (!Text(key, text)) return false;
  if (text.size() <= limit && std::none_of(text.begin(), text.end(), IsControl)) {
    target = std::move(text);
    return true;
  }
  problems_.AddTo(*value_.Find(key), "must be a text of at most " + std::to_string(limit) +
                                         " bytes without control characters");
  return false;
}

bool ConfigSection::Flag(std::string_view key, bool& target) {
  const ConfigValue* const value = Find(key);
  if (value == nullptr) return false;
  const bool yes = value->text == "true";
  if (value->kind != Kind::kText || value->quoted || (!yes && value->text != "false")) {
    problems_.AddTo(*value, "must be true or false");
    return false;
  }
  target = yes;
  return true;
}

bool ConfigSection::Real(std::string_view key, double& target, double low, double high) {
  const ConfigValue* const value = Find(key);
  if (value == nullptr) return false;
  const auto number = AsReal(*value);
  if (!number || *number < low || *number > high) {
    problems_.AddTo(*value, "must be a number from " + Shown(low) + " to " + Shown(high));
    return false;
  }
  target = *number;
  return true;
}

bool ConfigSection::Duration(std::string_view key, milliseconds& target, milliseconds low,
                             milliseconds high) {
  const ConfigValue* const value = Find(key);
  if (value == nullptr) return false;
  const auto duration = AsDuration(*value);
  if (!duration || *duration < low || *duration > high) {
    problems_.AddTo(*value, "must be a duration from " + Shown(low) + " to " + Shown(high) +
                                ": a number of milliseconds, or a text such as 500ms, 10s, 2m");
    return false;
  }
  target = *duration;
  return true;
}

bool ConfigSection::WideInteger(std::string_view key, std::int64_t& target, std::int64_t low,
                                std::int64_t high) {
  const ConfigValue* const value = Find(key);
  if (value == nullptr) return false;
  const auto number = ParseNumber<std::int64_t>(value->text);
  if (value->kind != Kind::kText || !number || *number < low || *number > high) {
    problems_.AddTo(*value, "must be a whole number from " + std::to_string(low) + " to " +
                                std::to_string(high));
    return false;
  }
  target = *number;
  return true;
}

void ConfigSection::Refuse(std::string_view key, const std::string& why) {
  const ConfigValue* const value = Find(key);
  if (value != nullptr) problems_.AddTo(*value, why);
}

void ConfigSection::RefuseUnless(std::string_view key, std::string_view accepted,
                                 const std::string& why) {
  const ConfigValue* const value = Find(key);
  if (value == nullptr || (value->kind == Kind::kText && value->text == accepted)) return;
  problems_.AddTo(*value, why);
}

void ConfigSection::Finish() {
  const auto is_unknown = [this](const ConfigValue& entry) {
    return std::find(known_.begin(), known_.end(), entry.key) == known_.end();
  };
  const auto entry = std::find_if(value_.children.begin(), value_.children.end(), is_unknown);
  if (value_.kind != Kind::kMap || entry == value_.children.end()) return;
  const std::string nearest = NearestWord(entry->key, known_);
  problems_.Add(entry->line,
                "unknown key '" + ShownKey(entry->key) + "'" +
                    (nearest.empty() ? " in " + what_ : " (did you mean '" + nearest + "'?)"));
}

}  // namespace holdfast::detail
