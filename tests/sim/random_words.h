// Words for random commands.
#ifndef HOLDFAST_TESTS_SIM_RANDOM_WORDS_H_
#define HOLDFAST_TESTS_SIM_RANDOM_WORDS_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace holdfast::core {

using Texts = std::vector<std::string>;

class RandomWords {
 public:
  explicit RandomWords(std::uint32_t seed) : random_(seed) {}

  unsigned Below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
  bool OneIn(unsigned n) { return Below(n) == 0; }
  template <class T>
  const T& Of(const std::vector<T>& choices) {
    return choices[random_() % choices.size()];
  }

 private:
  std::mt19937 random_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_RANDOM_WORDS_H_
