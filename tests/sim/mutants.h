// Deliberate faults, one for each rule of lib/core/PROTOCOL.md, that can be switched on at run time
// in a program that links holdfast_core_mutants: what is to notice them shows that it can.
#ifndef HOLDFAST_TESTS_SIM_MUTANTS_H_
#define HOLDFAST_TESTS_SIM_MUTANTS_H_

#include <span>
#include <string_view>

#include "core/scripts.h"

namespace holdfast::mutants {

struct Mutant {
  std::string_view name;
  std::string_view description;  // Which rule it breaks, and how.
  // Its fault is not in lib/ but in what lib/core is told of the world: the simulator has it.
  bool environment = false;
};

std::span<const Mutant> All();

inline constexpr int kNone = -1;
extern int selected;  // Position in All(), or kNone.
inline bool On(int index) { return selected == index; }

// Switches this one on and all others off; with "", all. False if there is no such mutant.
bool Select(std::string_view name);

// The text in force: the script itself, or what the mutant that is on makes of it.
const core::Script& ScriptOf(const core::Script& script);

}  // namespace holdfast::mutants

#endif  // HOLDFAST_TESTS_SIM_MUTANTS_H_
