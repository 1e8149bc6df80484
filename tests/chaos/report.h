// What a chaos run has to say of its locks.
#ifndef HOLDFAST_TESTS_CHAOS_REPORT_H_
#define HOLDFAST_TESTS_CHAOS_REPORT_H_

#include <string>
#include <vector>

#include "chaos/ledger.h"

namespace holdfast::testing {

// How many locks were taken, and how their tokens came about.
void PrintAcquisitions(Ledger& ledger, double seconds);

// The first of them, and on the last line how many there are.
void PrintViolations(const std::vector<std::string>& violations);

// A text without its line ends.
std::vector<std::string> Lines(const std::string& text);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_REPORT_H_
