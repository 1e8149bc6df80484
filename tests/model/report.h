// Runs variants of a model, each of which has to hold or to be broken in a known way, and prints
// what came out: the main function of the programs of this folder.
#ifndef HOLDFAST_TESTS_MODEL_REPORT_H_
#define HOLDFAST_TESTS_MODEL_REPORT_H_

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "search.h"

namespace holdfast::model {

// With these a search takes less than 3 GiB.
inline constexpr std::size_t kMaxStates = 60'000'000;

template <typename Options>
struct Variant {
  std::string_view name;
  std::string_view what;
  std::string_view broken;  // The invariant that it breaks; "": it holds.
  Options options;
  bool small = true;  // Takes a second at most, also with sanitizers.
};

template <typename Model>
void PrintTrace(const Model& model, const Outcome<typename Model::Step>& outcome) {
  std::printf("     0. %s\n", model.Describe(outcome.start).c_str());
  Words from = outcome.start;
  int number = 0;
  for (const auto& move : outcome.trace) {
    std::printf("    %2d. %s\n        %s\n", ++number, model.Describe(from, move).c_str(),
                model.Describe(move.to).c_str());
    from = move.to;
  }
}

template <typename Step>
std::string ResultText(const Outcome<Step>& outcome) {
  if (!outcome.broken.empty()) return "breaks " + std::string(outcome.broken);
  if (!outcome.exhausted) return "NOT ALL SEARCHED";
  return outcome.goals == 0 ? "NOTHING HAPPENED" : "holds";
}

// Whether the variant did what it has to.
template <typename Model, typename Options>
bool RunVariant(const Variant<Options>& variant) {
  const std::clock_t start = std::clock();
  const Model model(variant.options);
  const auto outcome = Search<Model>(model, kMaxStates).Run();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const std::string wanted =
      variant.broken.empty() ? "holds" : "breaks " + std::string(variant.broken);
  const std::string result = ResultText(outcome);
  std::printf("%-26s %10zu states  depth %2d  %6.2f s  %s%s\n", variant.name.data(), outcome.states,
              outcome.depth, seconds, result.c_str(),
              result == wanted ? "" : ("; FAILED: " + wanted + " was expected").c_str());
  if (!outcome.broken.empty()) PrintTrace(model, outcome);
  std::fflush(stdout);
  return result == wanted;
}

template <typename Options>
void List(const std::vector<Variant<Options>>& variants) {
  for (const Variant<Options>& variant : variants) {
    std::printf("%-26s %s; %s%s\n", variant.name.data(), variant.what.data(),
                variant.broken.empty() ? "holds" : "breaks ", variant.broken.data());
  }
}

// Those that the words on the command line ask for.
template <typename Options>
std::vector<Variant<Options>> Chosen(const std::vector<Variant<Options>>& variants,
                                     const std::vector<std::string_view>& words) {
  std::vector<Variant<Options>> chosen;
  for (const Variant<Options>& variant : variants) {
    const std::string_view size = variant.small ? "--small" : "--large";
    const bool wanted = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return word == variant.name || word == size;
    });
    if (words.empty() || wanted) chosen.push_back(variant);
  }
  return chosen;
}

// [--list | --small | --large | NAME...]
template <typename Model, typename Options>
int Main(int argc, char** argv, const std::vector<Variant<Options>>& variants) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words == std::vector<std::string_view>{"--list"}) {
    List(variants);
    return EXIT_SUCCESS;
  }
  const auto chosen = Chosen(variants, words);
  if (chosen.empty() || chosen.size() < words.size()) {
    std::fprintf(stderr, "usage: %s [--list | --small | --large | NAME...]\n", argv[0]);
    return 64;
  }
  const auto failed = std::count_if(chosen.begin(), chosen.end(), [](const auto& variant) {
    return !RunVariant<Model>(variant);
  });
  std::printf("%zu variants, %td not as expected\n", chosen.size(), failed);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_REPORT_H_
