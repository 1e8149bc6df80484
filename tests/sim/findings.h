// What a run showed to be wrong.
#ifndef HOLDFAST_TESTS_SIM_FINDINGS_H_
#define HOLDFAST_TESTS_SIM_FINDINGS_H_

#include <string>
#include <string_view>
#include <utility>

#include "world.h"

namespace holdfast::core {

enum class Checker {
  kExclusion,     // Nobody believes to hold what another one holds.
  kTokens,        // Fencing tokens are unique, and grow from holder to holder.
  kStore,         // A store that checks tokens never goes back, and loses no update.
  kHistory,       // There is an order in which a simple lock would have done the same.
  kLiveness,      // Calls end in time, losses are told, and free locks can be had.
  kNothingLeft,   // No key outlives what it was for, and nothing is left in the client.
  kHeldOnQuorum,  // What is believed to be held, a quorum of nodes keeps from others.
  kProtocol,      // What no node should ever see.
};

constexpr std::string_view NameOf(Checker checker) {
  constexpr std::string_view kNames[] = {"exclusion", "tokens",       "store",          "history",
                                         "liveness",  "nothing left", "held on quorum", "protocol"};
  return kNames[static_cast<int>(checker)];
}

// The first one ends the run: what comes after it may be its consequence.
class Findings {
 public:
  explicit Findings(World& world) : world_(world) {}

  void Add(Checker checker, std::string text) {
    if (!empty()) return;
    checker_ = checker;
    text_ = std::move(text);
    when_ = world_.now();
    world_.Stop();
  }
  void Expect(bool good, Checker checker, const char* otherwise) {
    if (!good) Add(checker, otherwise);
  }

  bool empty() const { return text_.empty(); }
  // Of the first.
  Checker checker() const { return checker_; }
  const std::string& text() const { return text_; }
  TimePoint when() const { return when_; }

 private:
  World& world_;
  Checker checker_ = Checker::kProtocol;
  std::string text_;
  TimePoint when_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_FINDINGS_H_
