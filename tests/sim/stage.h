// What all parts of one run share.
#ifndef HOLDFAST_TESTS_SIM_STAGE_H_
#define HOLDFAST_TESTS_SIM_STAGE_H_

#include <memory>
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
  int forgot = 0;   // Nodes.
  int all_new = 0;  // A quorum of nodes without a history at one time.
};

struct Stage {
  World& world;
  Happenings& happenings;
  // Of nodes and holders. Where they may step, a lock can be held twice, but tokens still tell.
  bool clocks_step = false;
  int quorum = 0;
  milliseconds max_ttl{0};
  std::vector<std::unique_ptr<ModelNode>> nodes = {};
  Beliefs beliefs = Beliefs(!clocks_step);
  Tokens tokens = {};
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_STAGE_H_
