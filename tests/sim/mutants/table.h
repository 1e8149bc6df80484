// What mutate writes beside the mutated files.
#ifndef HOLDFAST_TESTS_SIM_MUTANTS_TABLE_H_
#define HOLDFAST_TESTS_SIM_MUTANTS_TABLE_H_

#include <span>

#include "core/scripts.h"
#include "sim/mutants.h"

namespace holdfast::mutants {

struct MutatedScript {
  int mutant;
  core::Script script;  // Under a SHA-1 of its own, which is none, but no other script's.
};

extern const std::span<const Mutant> kMutants;
extern const std::span<const MutatedScript> kMutatedScripts;

}  // namespace holdfast::mutants

#endif  // HOLDFAST_TESTS_SIM_MUTANTS_TABLE_H_
