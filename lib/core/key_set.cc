#include "core/key_set.h"

namespace holdfast::core {
namespace {

constexpr std::string_view kCounterPrefix = "holdfast:fence:";

}  // namespace

std::string GuardKeyOf(std::string_view tag) { return std::string(tag).append(kGuardKey); }

void KeySet::Assign(std::span<const std::string> names, std::string_view prefix,
                    std::span<const std::string> tags) {
  text_.clear();
  pairs_.clear();
  names_ = names.size();
  tagged_ = !tags.empty();
  name_start_ = prefix.size() + (tagged_ ? tags.front().size() : 0);
  const std::string_view none;
  for (std::size_t node = 0; node < (tagged_ ? tags.size() : 1); ++node) {
    const std::string_view tag = tagged_ ? tags[node] : none;
    for (const std::string& name : names) Append(tag, prefix, name);
  }
}

void KeySet::Append(std::string_view tag, std::string_view prefix, std::string_view name) {
  const std::size_t lock_size = tag.size() + prefix.size() + name.size();
  const Place counter = {text_.size(), kCounterPrefix.size() + lock_size};
  text_.append(tag).append(kCounterPrefix).append(prefix).append(name);
  // Without a tag the lock's key is the end of the counter's.
  if (!tag.empty()) text_.append(tag).append(prefix).append(name);
  pairs_.push_back({.lock = {text_.size() - lock_size, lock_size}, .counter = counter});
}

std::string KeySet::Text() const {
  std::string text;
  for (std::size_t i = 0; i < size(); ++i) {
    if (i > 0) text += ", ";
    text += name(i);
  }
  return text;
}

}  // namespace holdfast::core
