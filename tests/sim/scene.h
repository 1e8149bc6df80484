// What a few runs are set up for: things that would come together by chance alone too rarely.
#ifndef HOLDFAST_TESTS_SIM_SCENE_H_
#define HOLDFAST_TESTS_SIM_SCENE_H_

#include "random.h"

namespace holdfast::core {

struct Shape;

enum class Scene {
  kNone,
  kQuorumFailsOver,  // Most seats get new servers at one time, and the old ones go on.
  kPowerCut,         // All nodes start again from what they had saved.
  kOneServerTwice,   // Clients are given the same server under two names.
  kReconfigured,     // Clients with another max_ttl take over.
  kTokenForgotten,  // Of the two nodes that know a token one forgets it, and nobody asks the other.
  kCarriedOutTwice,  // Requests, and locks vanish, as EVAL behind a careless proxy might do it.
  kLateOpening,      // A node that was opened, and forgot again, gets an open from before that.
};

Scene DrawScene(Random& random);

// Makes `shape` one in which the scene can be.
void SetScene(Scene scene, Random& random, Shape& shape);

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_SCENE_H_
