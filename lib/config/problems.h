// What is wrong with a file of configuration.
#ifndef HOLDFAST_CONFIG_PROBLEMS_H_
#define HOLDFAST_CONFIG_PROBLEMS_H_

#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "config/tree.h"

namespace holdfast::detail {

// Of what is wrong with a file, the first by its line.
class ConfigProblems {
 public:
  explicit ConfigProblems(std::string name) : name_(std::move(name)) {}

  void Add(int line, const std::string& message);
  // "key: why" at the line of `value`, which is not shown: it may be a secret.
  void AddTo(const ConfigValue& value, const std::string& why);

  const std::string& name() const { return name_; }
  const absl::Status& status() const { return status_; }

 private:
  std::string name_;
  int line_ = std::numeric_limits<int>::max();
  absl::Status status_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_PROBLEMS_H_
