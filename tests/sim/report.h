// What many runs showed, for people.
#ifndef HOLDFAST_TESTS_SIM_REPORT_H_
#define HOLDFAST_TESTS_SIM_REPORT_H_

#include "explore.h"

namespace holdfast::core {

// Ends in a line with the number of findings.
void Print(const Goal& goal, const Explored& explored);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_REPORT_H_
