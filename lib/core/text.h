// Small conversions between text and what it means.
#ifndef HOLDFAST_CORE_TEXT_H_
#define HOLDFAST_CORE_TEXT_H_

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "core/time.h"

namespace holdfast::core {

// Debian's absl::string_view is a type of its own.
inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

inline absl::Status InvalidArgument(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

// The whole of `text` as a decimal number.
template <class Integer>
std::optional<Integer> ParseNumber(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A number's decimal digits without an allocation.
class Digits {
 public:
  Digits() = default;  // Without a value, so that many cost nothing.
  explicit Digits(std::int64_t value)
      : size_(static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, value).ptr -
                                       digits_)) {}
  std::string_view view() const { return {digits_, size_}; }

 private:
  char digits_[24];
  std::size_t size_;
};

// For messages: bytes that are no printable ASCII as \xNN, and no more than `limit` of them.
std::string Printable(std::string_view bytes, std::size_t limit = 120);

// The texts with ", " between them.
std::string Joined(std::span<const std::string> texts);

// "850 ms", "8.2 s", "3 min".
std::string HumanDuration(nanoseconds duration);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_TEXT_H_
