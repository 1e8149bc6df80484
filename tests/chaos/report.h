// What a chaos run has to say of its locks.
#ifndef HOLDFAST_TESTS_CHAOS_REPORT_H_
#define HOLDFAST_TESTS_CHAOS_REPORT_H_

#include "chaos/ledger.h"

namespace holdfast::testing {

// How many locks were taken, and how their tokens came about.
void PrintAcquisitions(Ledger& ledger, double seconds);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_REPORT_H_
