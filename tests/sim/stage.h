// What all parts of one run share.
#ifndef HOLDFAST_TESTS_SIM_STAGE_H_
#define HOLDFAST_TESTS_SIM_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "beliefs.h"
#include "core/time.h"
#include "fenced_store.h"
#include "findings.h"
#include "happenings.h"
#include "history.h"
#include "shape.h"
#include "tokens.h"
#include "trace.h"
#include "world.h"

namespace holdfast::core {

class ModelNode;

struct Stage {
  World& world;
  const Shape& shape;
  Happenings& happenings;
  Findings findings;
  Trace trace;
  FencedStore store;
  std::vector<std::unique_ptr<ModelNode>> nodes = {};
  Beliefs beliefs = Beliefs();
  Tokens tokens = {};
  History history = {};         // Of the name that most want.
  bool history_broken = false;  // Nodes forgot tokens: the later ones do not follow the earlier.
  // The latest that a quorum of nodes confirmed to be released; "" if none was.
  std::vector<std::string> released_names = {};
  std::string released_nonce = {};
  // Nonces by which somebody else has tried to take over a lock since.
  std::set<std::string, std::less<>> taken_over = {};
  std::optional<int> held_up_node = {};  // An open for it is held up.
  bool quick_network = false;
  Mistake mistake = Mistake::kNone;

  // The way of a message: mostly quick, at times longer than anybody waits.
  nanoseconds Delay();
  bool CanConnect();

  // Whether the nodes make sure that no later token for `name` is as small as this one. Not where
  // nobody knows it any more. And where a quorum of nodes are new at one time, and none of these
  // knows it, they may be opened on each other's word, as at a first start (PROTOCOL.md,
  // Admission).
  bool IsKnown(std::string_view name, std::int64_t token) const;
  // After nodes forgot something: whether tokens have to begin anew.
  void LookAtTokens();

  // Somebody believes to hold this, under this nonce: so many nodes must keep it from all others
  // that no quorum is left for them.
  void CheckHeldOnQuorum(std::string_view name, std::string_view nonce);
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_STAGE_H_
