// From a run with a finding to a smaller one.
#ifndef HOLDFAST_TESTS_SIM_SHRINK_H_
#define HOLDFAST_TESTS_SIM_SHRINK_H_

#include <functional>
#include <string>

#include "run.h"
#include "shape.h"

namespace holdfast::core {

// Takes faults and time away as long as `run` still finds anything: the same finding or another,
// since one cause has many faces.
Plan Shrink(Plan plan, const std::function<Outcome(const Plan&)>& run);

// The options of the program that repeat it: "--seed 7 --length 812 --without 1-4,6".
std::string OptionsOf(const Plan& plan);

// The numbers of such a list; false if it is none.
bool ReadNumbers(const std::string& text, std::set<int>& numbers);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_SHRINK_H_
