// What fuzz targets share: claims that end the process where they fail, and taking inputs apart.
#ifndef HOLDFAST_TESTS_FUZZ_CHECK_H_
#define HOLDFAST_TESTS_FUZZ_CHECK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "absl/status/status.h"

namespace holdfast::fuzz {

// A signal, and no exit: what finds the input that broke the claim is whoever runs the target.
inline void Check(bool holds, const char* claim, std::string_view found = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", claim);
  if (!found.empty()) {
    std::fprintf(stderr, "found: %.*s\n", static_cast<int>(found.size()), found.data());
  }
  __builtin_trap();
}

inline std::string_view AsText(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the first byte off; 0 if there is none.
inline unsigned char TakeByte(std::string_view& text) {
  if (text.empty()) return 0;
  const auto byte = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  return byte;
}

// Takes what stands in front of the next `end` off, and that as well; all where there is none.
inline std::string_view TakeUntil(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

inline bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

inline std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// Whatever came from outside, an error is one readable line of bounded length.
inline void CheckMessage(const absl::Status& status) {
  const std::string_view message = MessageOf(status);
  Check(!message.empty(), "an error says what is wrong");
  Check(IsPrintable(message), "an error is one line of printable text", message);
  Check(message.size() < 4096, "an error is short", message);
}

}  // namespace holdfast::fuzz

#endif  // HOLDFAST_TESTS_FUZZ_CHECK_H_
