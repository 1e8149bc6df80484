// What single values of a file of configuration mean.
#ifndef HOLDFAST_CONFIG_VALUES_H_
#define HOLDFAST_CONFIG_VALUES_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/tree.h"

namespace holdfast::detail {

// A number of milliseconds, or a text for core::ParseDuration.
std::optional<std::chrono::milliseconds> AsDuration(const ConfigValue& value);

// A finite number.
std::optional<double> AsReal(const ConfigValue& value);

// The text of `value`, and whether it is one.
bool ReadText(const ConfigValue& value, std::string& target, ConfigProblems& problems);

// The texts of a list, or a single one; whether all are texts.
bool ReadTexts(const ConfigValue& value, std::vector<std::string>& target,
               ConfigProblems& problems);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_VALUES_H_
