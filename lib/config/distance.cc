#include "config/distance.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace holdfast::detail {
namespace {

constexpr std::size_t kMaxWord = 40;  // Comparing takes time by the product of the lengths.

std::string Bare(std::string_view word) {
  std::string bare;
  for (const char c : word) {
    if (c == '_' || c == '-') continue;
    bare.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return bare;
}

// How many letters must be put in, taken out, changed, or swapped with their neighbour.
std::size_t Distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        steps[i][j] = i + j;
        continue;
      }
      const std::size_t changed = steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string NearestWord(std::string_view unknown, const std::vector<std::string>& words) {
  if (unknown.size() > kMaxWord) return "";
  const std::string bare = Bare(unknown);
  std::string nearest;
  std::size_t least = std::max<std::size_t>(1, bare.size() / 3) + 1;
  for (const std::string& word : words) {
    const std::size_t distance = Distance(bare, Bare(word));
    // A word that shares no letter is not near, however short.
    if (distance >= least || distance >= word.size()) continue;
    least = distance;
    nearest = word;
  }
  return nearest;
}

}  // namespace holdfast::detail
