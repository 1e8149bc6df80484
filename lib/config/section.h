// Reads the entries of a map into options, and complains about all that is not understood.
#ifndef HOLDFAST_CONFIG_SECTION_H_
#define HOLDFAST_CONFIG_SECTION_H_

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.h"
#include "config/tree.h"

namespace holdfast::detail {

// Each call makes its key known. Those that read return whether the key is there and right, and
// leave the target alone otherwise.
class ConfigSection {
 public:
  // That `value` is no map is a problem; then it counts as empty. `what` is for messages, as in
  // "unknown key 'x' in a LoopBack data source".
  ConfigSection(const ConfigValue& value, std::string what, ConfigProblems& problems);

  const ConfigValue* Find(std::string_view key);

  bool Text(std::string_view key, std::string& target);
  // Of at most `limit` bytes, without control characters.
  bool Line(std::string_view key, std::string& target, std::size_t limit);
  bool Flag(std::string_view key, bool& target);
  bool Real(std::string_view key, double& target, double low, double high);
  bool Duration(std::string_view key, std::chrono::milliseconds& target,
                std::chrono::milliseconds low, std::chrono::milliseconds high);

  template <std::integral Number>
  bool Integer(std::string_view key, Number& target, std::int64_t low, std::int64_t high) {
    std::int64_t number = 0;
    if (!WideInteger(key, number, low, high)) return false;
    target = static_cast<Number>(number);
    return true;
  }

  // For what cannot be had here.
  void Refuse(std::string_view key, const std::string& why);
  // The same, but for the one value that says what is the case anyway.
  void RefuseUnless(std::string_view key, std::string_view value, const std::string& why);

  // Complains about the first key that nobody asked for.
  void Finish();

  int line() const { return value_.line; }
  bool Has(std::string_view key) const { return value_.Has(key); }
  ConfigProblems& problems() { return problems_; }

 private:
  bool WideInteger(std::string_view key, std::int64_t& target, std::int64_t low, std::int64_t high);

  const ConfigValue& value_;
  const std::string what_;
  ConfigProblems& problems_;
  std::vector<std::string> known_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_SECTION_H_
