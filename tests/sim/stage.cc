#include "stage.h"

#include "model_node.h"

namespace holdfast::core {

bool IsKnown(const Stage& stage, std::string_view name, std::int64_t token) {
  bool known = false;
  int new_ones = 0;
  for (const auto& node : stage.nodes) {
    const bool knows = node->Knows(name) >= token;
    known = known || knows;
    new_ones += !knows && node->is_new() ? 1 : 0;
  }
  return known && new_ones < stage.quorum;
}

}  // namespace holdfast::core
