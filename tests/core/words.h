// Commands in tests, written as one line.
#ifndef HOLDFAST_TESTS_CORE_WORDS_H_
#define HOLDFAST_TESTS_CORE_WORDS_H_

#include <string_view>
#include <vector>

namespace holdfast::core {

// The words between single spaces; two spaces have an empty word between them. Views of `line`.
inline std::vector<std::string_view> WordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t end = line.find(' ');
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end + 1);
  }
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_WORDS_H_
