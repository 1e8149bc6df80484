// Whether what the ledger says is what a lock promises.
#ifndef HOLDFAST_TESTS_CHAOS_JUDGE_H_
#define HOLDFAST_TESTS_CHAOS_JUDGE_H_

#include <string>
#include <vector>

#include "chaos/ledger.h"

namespace holdfast::testing {

// What may be expected: where the clocks of nodes step, two may well hold one lock at once, but
// tokens are still unique and grow.
enum class Promise { kExclusive, kTokens };

// For each name: no two holds at the same time, tokens strictly increasing in the order of the
// holds, a counter that lost nothing, and a fenced value that never went back. In words; when
// nobody adds to the ledger any more.
std::vector<std::string> Violations(Ledger& ledger, Promise promise = Promise::kExclusive);

// Of all keys on a node, long after the last client has ended: those that it should not have.
std::vector<std::string> LeftBehind(const std::vector<std::string>& keys);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_JUDGE_H_
