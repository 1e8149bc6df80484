// The names that one lock is on.
#ifndef HOLDFAST_NAMES_H_
#define HOLDFAST_NAMES_H_

#include <algorithm>
#include <concepts>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"

namespace holdfast {

// One name or several, sorted and each once, so that {"a", "b"} and {"b", "a", "b"} are the same.
// Made from what is given where a function takes Names: `Acquire("order:42", …)`,
// `Acquire({"account:1", "account:2"}, …)`. A class with constructors of its own on purpose: gcc 12
// cannot keep a braced list of strings in the same expression as a `co_await`.
class Names {
 public:
  template <std::convertible_to<std::string_view> First,
            std::convertible_to<std::string_view>... More>
  Names(const First& first, const More&... more) {  // NOLINT(google-explicit-constructor)
    names_.reserve(1 + sizeof...(more));
    names_.emplace_back(std::string_view(first));
    (names_.emplace_back(std::string_view(more)), ...);
    Normalize();
  }

  Names(std::vector<std::string> names)  // NOLINT(google-explicit-constructor)
      : names_(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end())) {
    Normalize();
  }

  std::span<const std::string> list() const { return names_; }

 private:
  void Normalize() {
    if (names_.size() < 2) return;
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  }

  absl::InlinedVector<std::string, 1> names_;  // Mostly it is one.
};

}  // namespace holdfast

#endif  // HOLDFAST_NAMES_H_
