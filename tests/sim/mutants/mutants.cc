#include "sim/mutants.h"

#include <algorithm>

#include "table.h"

namespace holdfast::mutants {

int selected = kNone;

std::span<const Mutant> All() { return kMutants; }

bool Select(std::string_view name) {
  const auto found = std::find_if(kMutants.begin(), kMutants.end(),
                                  [name](const Mutant& mutant) { return mutant.name == name; });
  const bool known = found != kMutants.end();
  selected = known ? static_cast<int>(found - kMutants.begin()) : kNone;
  return known || name.empty();
}

const core::Script& ScriptOf(const core::Script& script) {
  for (const MutatedScript& mutated : kMutatedScripts) {
    if (On(mutated.mutant) && mutated.script.name == script.name) return mutated.script;
  }
  return script;
}

}  // namespace holdfast::mutants
