#include "config/problems.h"

namespace holdfast::detail {

void ConfigProblems::Add(int line, const std::string& message) {
  if (line >= line_) return;
  line_ = line;
  status_ = ConfigError(name_, line, message);
}

void ConfigProblems::AddTo(const ConfigValue& value, const std::string& why) {
  Add(value.line, (value.key.empty() ? "" : ShownKey(value.key) + ": ") + why);
}

}  // namespace holdfast::detail
