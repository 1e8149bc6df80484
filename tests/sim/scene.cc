#include "scene.h"

#include "core/quorum.h"
#include "shape.h"

namespace holdfast::core {
namespace {

// Three nodes that forget, and that somebody has used before.
void SetPlainNodes(Shape& shape) {
  shape.seats = shape.clocks_step = shape.duplicates = shape.quiet = shape.patient = false;
  shape.node_timeout = milliseconds(0);
  shape.nodes = 3;
  shape.quorum = QuorumSize(shape.nodes, 0);
  shape.max_ttl = milliseconds(500);
  shape.installed = true;
  shape.durable_percent = 0;
}

// The old servers go on for longer than any lock can last.
void SetSeats(Random& random, Shape& shape) {
  SetPlainNodes(shape);
  shape.seats = true;
  shape.node_timeout = shape.max_ttl + milliseconds(300 + random.Below(500));
  shape.trouble = shape.node_timeout + milliseconds(600);
}

void SetReconfigured(Random& random, Shape& shape) {
  SetPlainNodes(shape);
  shape.next_max_ttl = shape.max_ttl;
  shape.max_ttl = milliseconds(1'500 + random.Below(1'000));
  shape.trouble = shape.max_ttl + milliseconds(500);
}

// What a floor is for shows only where no clock keeps tokens growing.
void SetTokenForgotten(Random& random, Shape& shape) {
  SetPlainNodes(shape);
  shape.no_hints = true;
  shape.retention = milliseconds(0);
  shape.users = 1;
  shape.trouble = milliseconds(2'200 + random.Below(600));
}

void SetCarriedOutTwice(Shape& shape) {
  SetPlainNodes(shape);
  shape.clocks_step = shape.duplicates = shape.no_hints = true;
  shape.clients = 3;
  shape.trouble = milliseconds(900);
}

}  // namespace

Scene DrawScene(Random& random) {
  const int kind = random.Below(200);
  if (kind < 3) return Scene::kQuorumFailsOver;
  if (kind < 5) return Scene::kPowerCut;
  if (kind < 11) return Scene::kOneServerTwice;
  if (kind < 14) return Scene::kReconfigured;
  if (kind < 15) return Scene::kLateOpening;
  if (kind < 17) return Scene::kTokenForgotten;
  if (kind < 21) return Scene::kCarriedOutTwice;
  return Scene::kNone;
}

void SetScene(Scene scene, Random& random, Shape& shape) {
  shape.scene = scene;
  switch (scene) {
    case Scene::kNone:
      return;
    case Scene::kQuorumFailsOver:
      return SetSeats(random, shape);
    case Scene::kPowerCut:
      SetPlainNodes(shape);
      shape.trouble = milliseconds(1'000);
      return;
    case Scene::kOneServerTwice:
      SetPlainNodes(shape);
      shape.durable_percent = 80;
      shape.trouble = milliseconds(1'500);
      return;
    case Scene::kReconfigured:
      return SetReconfigured(random, shape);
    case Scene::kTokenForgotten:
      return SetTokenForgotten(random, shape);
    case Scene::kCarriedOutTwice:
      return SetCarriedOutTwice(shape);
    case Scene::kLateOpening:
      SetPlainNodes(shape);
      shape.trouble = milliseconds(2'500);
      return;
  }
}

}  // namespace holdfast::core
