// How a run is set up, drawn from its seed; and what of it somebody may have taken away.
#ifndef HOLDFAST_TESTS_SIM_SHAPE_H_
#define HOLDFAST_TESTS_SIM_SHAPE_H_

#include <cstdint>
#include <optional>
#include <set>

#include "core/time.h"
#include "mistakes.h"
#include "random.h"
#include "scene.h"

namespace holdfast::core {

struct Shape {
  bool seats = false;  // The nodes are the seats of one cluster, whichever server has them.
  int nodes = 0;
  int quorum = 0;
  milliseconds max_ttl{0};
  // Of seats: how long an old server may go on after a fail-over.
  milliseconds node_timeout{0};
  // Of nodes and holders. Where they may step, a lock can be held twice, but tokens still tell.
  bool clocks_step = false;
  bool wrong_wall_clocks = false;  // Of clients.
  bool no_hints = false;           // Their clocks say nothing: tokens come from counters alone.
  milliseconds retention{0};       // Of counters that nobody raises; 0: a week.
  bool installed = false;          // Somebody was there before, and said that all were new.
  int durable_percent = 0;         // Of the nodes.
  // Locks are rarely wanted, and often left to expire: then few nodes know of a token.
  bool quiet = false;
  // Locks that are extended automatically are held on for some seconds after the trouble, when
  // nothing may keep them from being extended.
  bool patient = false;
  // A request may be carried out twice, as no connection would, but some proxy might.
  bool duplicates = false;
  // One client is set up in another way than the others, so that it must not get anything.
  bool stranger = false;
  Scene scene = Scene::kNone;
  milliseconds next_max_ttl{0};  // Of the clients that take over; 0: none do.
  int clients = 0;
  int users = 0;            // Of each client, at most.
  bool in_step = false;     // They act at the same instants, so that their requests are joined.
  milliseconds trouble{0};  // How long things go wrong, before there is time to come to rest.

  // Whether locks are excluded by time alone, with clocks that can be relied on.
  bool steady() const { return !seats && !clocks_step; }
  // Whether every client gets what it is entitled to, once nothing goes wrong any more.
  bool fair() const { return !stranger && scene != Scene::kReconfigured; }
};

Shape DrawShape(Random& random);

// Some runs become such in which requests are joined. By a stream of its own: the others stay what
// they were under their seeds.
void DrawStep(std::uint64_t seed, Shape& shape);

// One run. Whoever looks for the cause of a finding takes things away as long as it stays.
struct Plan {
  std::uint64_t seed = 0;
  std::set<int> without = {};               // Faults that do not happen, by number.
  std::optional<milliseconds> length = {};  // Of the trouble, instead of the one drawn.
  Mistake mistake = Mistake::kNone;
  bool quick_network = false;  // No message is slow, no connection fails to come.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_SHAPE_H_
