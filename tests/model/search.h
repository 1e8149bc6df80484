// An exhaustive search through all states that a model can reach, breadth first: what it finds
// broken, it shows by a shortest way.
//
// A model has
//   Step                        what happens, small; printed by Describe
//   void Start(Moves*)          the states in which it may begin
//   void Next(Words, Moves*)    all that may happen in a state
//   Words Canonical(Words)      one state for all those that differ in nothing that matters
//   bool IsGoal(Words)          whether what the model is about has happened (see Outcome::goals)
#ifndef HOLDFAST_TESTS_MODEL_SEARCH_H_
#define HOLDFAST_TESTS_MODEL_SEARCH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "state_set.h"

namespace holdfast::model {

// One step, where it leads to, and the invariant that it breaks ("": none).
template <typename Step>
struct Move {
  Step step;
  Words to;
  std::string_view broken;
};

template <typename Step>
struct Outcome {
  std::size_t states = 0;
  // States in which what the model is about has happened. Without any, that nothing is broken says
  // nothing.
  std::size_t goals = 0;
  int depth = 0;            // Steps to the state that is farthest from the start.
  bool exhausted = false;   // No state was left out.
  std::string_view broken;  // The invariant that does not hold, or "".
  Words start;              // Where the way to that begins, and its steps.
  std::vector<Move<Step>> trace;
};

template <typename Model>
class Search {
 public:
  using Step = typename Model::Step;
  using Moves = std::vector<Move<Step>>;

  Search(const Model& model, std::size_t max_states) : model_(model), max_states_(max_states) {}

  // Ends with the first broken invariant, and where there are more than max_states.
  Outcome<Step> Run() {
    model_.Start(&moves_);
    for (const Move<Step>& move : moves_) Add(model_.Canonical(move.to), kNone);
    std::size_t level = set_.size();  // The first state that takes one step more.
    for (std::size_t from = 0; from < set_.size(); ++from) {
      if (set_.size() > max_states_) return Ended();
      if (from == level) {
        ++outcome_.depth;
        level = set_.size();
      }
      if (!Expand(static_cast<std::uint32_t>(from))) return Ended();
    }
    outcome_.exhausted = true;
    return Ended();
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  static bool IsBroken(const Move<Step>& move) { return !move.broken.empty(); }

  void Add(const Words& state, std::uint32_t from) {
    if (!set_.Insert(state)) return;
    parents_.push_back(from);
    if (model_.IsGoal(state)) ++outcome_.goals;
  }

  // False when a step breaks an invariant.
  bool Expand(std::uint32_t from) {
    moves_.clear();
    model_.Next(set_[from], &moves_);
    const auto broken = std::find_if(moves_.begin(), moves_.end(), IsBroken);
    if (broken != moves_.end()) {
      outcome_.broken = broken->broken;
      Trace(from);
      return false;
    }
    for (const Move<Step>& move : moves_) {
      Add(model_.Canonical(move.to), from);
    }
    return true;
  }

  // Which steps led here was not kept, and the states are canonical ones, in which nodes may have
  // changed their names: the way is gone once more.
  void Trace(std::uint32_t last) {
    std::vector<std::uint32_t> path;
    for (std::uint32_t at = last; at != kNone; at = parents_[at]) path.push_back(at);
    Moves moves;
    model_.Start(&moves);
    Words at = outcome_.start = Towards(moves, path.back()).to;
    for (auto next = path.rbegin() + 1; next != path.rend(); ++next) {
      moves.clear();
      model_.Next(at, &moves);
      outcome_.trace.push_back(Towards(moves, *next));
      at = outcome_.trace.back().to;
    }
    moves.clear();
    model_.Next(at, &moves);
    outcome_.trace.push_back(*std::find_if(moves.begin(), moves.end(), IsBroken));
    outcome_.depth = static_cast<int>(outcome_.trace.size());
  }

  Move<Step> Towards(const Moves& moves, std::uint32_t to) const {
    return *std::find_if(moves.begin(), moves.end(), [&](const Move<Step>& move) {
      return model_.Canonical(move.to) == set_[to];
    });
  }

  Outcome<Step> Ended() {
    outcome_.states = set_.size();
    return std::move(outcome_);
  }

  const Model& model_;
  const std::size_t max_states_;
  StateSet set_;
  std::deque<std::uint32_t> parents_;  // By number: the state from which it was found.
  Moves moves_;
  Outcome<Step> outcome_;
};

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_SEARCH_H_
