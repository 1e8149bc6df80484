// Whether what the ledger says is what a lock promises.
#ifndef HOLDFAST_TESTS_CHAOS_JUDGE_H_
#define HOLDFAST_TESTS_CHAOS_JUDGE_H_

#include "chaos/ledger.h"

namespace holdfast::testing {

// For each name: no two holds at the same time, tokens strictly increasing in the order of the
// holds, and a counter that lost nothing. Prints what is violated; returns how often.
int Violations(Ledger& ledger);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_JUDGE_H_
