// What a YAML or JSON text says, with the line of everything.
#ifndef HOLDFAST_CONFIG_TREE_H_
#define HOLDFAST_CONFIG_TREE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace holdfast::detail {

struct ConfigValue {
  enum class Kind { kNull, kText, kList, kMap };

  Kind kind = Kind::kNull;
  int line = 0;          // From 1; of the key, where there is one.
  std::string key = {};  // Where this is an entry of a map.
  std::string text = {};
  bool quoted = false;                     // A text, whatever it looks like.
  std::vector<ConfigValue> children = {};  // Of a list, or of a map, whose keys are all different.

  // The entry of this map, or null.
  const ConfigValue* Find(std::string_view wanted) const;
  bool Has(std::string_view wanted) const { return Find(wanted) != nullptr; }
};

// "name:line: message", as kInvalidArgument.
absl::Status ConfigError(const std::string& name, int line, const std::string& message);

// The one document in `text`, which is not empty.
absl::StatusOr<ConfigValue> ParseConfigTree(std::string_view text, const std::string& name);

// `key` for a message: as far as it looks like one. Behind that may be a value that lost its space.
std::string ShownKey(std::string_view key);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_TREE_H_
