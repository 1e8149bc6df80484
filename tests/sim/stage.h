// What all parts of one run share.
#ifndef HOLDFAST_TESTS_SIM_STAGE_H_
#define HOLDFAST_TESTS_SIM_STAGE_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "beliefs.h"
#include "core/quorum.h"
#include "core/time.h"
#include "tokens.h"
#include "world.h"

namespace holdfast::core {

class ModelNode;

// What happened in all runs, so that a test can see that it tested something.
struct Happenings {
  int acquired = 0;
  int several = 0;  // Names at once.
  int refused = 0;
  int extended = 0;
  int kept = 0;  // Extended automatically.
  int finalised = 0;
  int not_finalised = 0;
  int lost = 0;
  int released = 0;
  int forgot = 0;    // Nodes.
  int moved = 0;     // Seats, from server to server.
  int compared = 0;  // Tokens that had to be larger than those before,
  int unknown = 0;   // or that the nodes could forget.
  int histories_lost = 0;
};

struct Stage {
  World& world;
  Happenings& happenings;
  // Of nodes and holders. Where they may step, a lock can be held twice, but tokens still tell.
  bool clocks_step = false;
  // Locks are rarely wanted, and often left to expire: then few nodes know of a token.
  bool quiet = false;
  int quorum = 0;
  milliseconds max_ttl{0};
  // Of seats of one cluster: how long an old server may go on after a fail-over. 0: they are none.
  milliseconds node_timeout{0};
  std::vector<std::unique_ptr<ModelNode>> nodes = {};
  Beliefs beliefs = Beliefs(!clocks_step);
  Tokens tokens = {};
};

// Whether the nodes make sure that no later token for `name` is as small as this one. Not where
// nobody knows it any more. And where a quorum of nodes are new at one time, and none of these
// knows it, they may be opened on each other's word, as at a first start (PROTOCOL.md, Admission).
bool IsKnown(const Stage& stage, std::string_view name, std::int64_t token);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_STAGE_H_
