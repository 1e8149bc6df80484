#include "stage.h"

#include <algorithm>
#include <string>

#include "model_node.h"

namespace holdfast::core {

nanoseconds Stage::Delay() {
  Random& random = world.random();
  const bool quick = random.Chance(shape.duplicates ? 40 : 80);
  const bool late = random.Chance(shape.duplicates ? 5 : 25);
  const nanoseconds quick_way = random.Between(milliseconds(0), milliseconds(3));
  if (quick || quick_network || world.healed()) return quick_way;
  ++happenings.faults[Fault::kSlowMessage];
  return late ? random.Between(milliseconds(30), milliseconds(400))
              : random.Between(milliseconds(3), milliseconds(30));
}

bool Stage::CanConnect() {
  if (world.random().Chance(80) || quick_network || world.healed()) return true;
  ++happenings.faults[Fault::kFailedConnect];
  return false;
}

bool Stage::IsKnown(std::string_view name, std::int64_t token) const {
  bool known = false;
  int new_ones = 0;
  for (const auto& node : nodes) {
    const bool knows = node->Knows(name) >= token;
    known = known || knows;
    new_ones += !knows && node->is_new() ? 1 : 0;
  }
  return known && new_ones < shape.quorum;
}

void Stage::LookAtTokens() {
  for (const auto& [name, token] : tokens.largest()) {
    if (IsKnown(name, token)) continue;
    ++happenings.histories_lost;
    history_broken = true;
    store.Forget();
    if (trace.on()) trace.Say("nodes", "know too little of the tokens, which begin anew");
    return tokens.Forget();
  }
}

void Stage::CheckHeldOnQuorum(std::string_view name, std::string_view nonce) {
  // Of a seat there may be two servers; and locks are deleted where clocks step.
  if (shape.seats || shape.clocks_step) return;
  ++happenings.judged_on_nodes;
  const auto keeps = std::count_if(nodes.begin(), nodes.end(), [&](const auto& node) {
    return node->is_shut() || node->Holds(name, nonce);
  });
  if (keeps >= shape.quorum) return;
  findings.Add(Checker::kHeldOnQuorum, std::string(name) + " is held, and only " +
                                           std::to_string(keeps) + " nodes keep others from it");
}

}  // namespace holdfast::core
