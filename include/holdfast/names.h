// The names that one lock is on.
#ifndef HOLDFAST_NAMES_H_
#define HOLDFAST_NAMES_H_

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {

// One name or several, sorted and each once, so that {"a", "b"} and {"b", "a", "b"} are the same.
// Made from what is given where a function takes Names: `Acquire("order:42", …)`,
// `Acquire({"account:1", "account:2"}, …)`. A class with constructors of its own on purpose: gcc 12
// cannot keep a braced list of strings in the same expression as a `co_await`.
class Names {
 public:
  template <std::convertible_to<std::string_view> First,
            std::convertible_to<std::string_view>... More>
  Names(const First& first, const More&... more)  // NOLINT(google-explicit-constructor)
      : names_{std::string(std::string_view(first)), std::string(std::string_view(more))...} {
    Normalize();
  }

  Names(std::vector<std::string> names)  // NOLINT(google-explicit-constructor)
      : names_(std::move(names)) {
    Normalize();
  }

  const std::vector<std::string>& list() const { return names_; }

 private:
  void Normalize() {
    if (names_.size() < 2) return;
    std::sort(names_.begin(), names_.end());
    names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  }

  std::vector<std::string> names_;
};

}  // namespace holdfast

#endif  // HOLDFAST_NAMES_H_
