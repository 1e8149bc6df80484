#include "shape.h"

#include "core/quorum.h"

namespace holdfast::core {
namespace {

// Mostly short: many beginnings find more than a few long lives.
milliseconds DrawLength(Random& random) {
  if (random.Chance(90)) return milliseconds(80 + random.Below(300));
  if (random.Chance(80)) return milliseconds(400 + random.Below(900));
  return milliseconds(1'500 + random.Below(2'500));
}

}  // namespace

Shape DrawShape(Random& random) {
  Shape shape;
  shape.seats = random.Chance(25);
  shape.clocks_step = !shape.seats && random.Chance(30);
  shape.nodes = random.Chance(65) ? 3 : 1 + random.Below(5);
  shape.quorum = QuorumSize(shape.nodes, 0);
  shape.max_ttl = milliseconds(500 + random.Below(random.Chance(70) ? 500 : 2'000));
  if (shape.seats) shape.node_timeout = milliseconds(100 + random.Below(1'400));
  shape.installed = random.Chance(80);
  shape.durable_percent = shape.seats || random.Chance(50) ? 0 : random.Below(101);
  shape.quiet = random.Chance(30);
  shape.patient = random.Chance(5);
  shape.wrong_wall_clocks = random.Chance(70);
  shape.clients = 2 + random.Below(2);
  shape.users = random.Chance(75) ? 1 : 2;
  shape.trouble = DrawLength(random);
  shape.stranger = !shape.seats && !shape.clocks_step && shape.nodes > 1 && random.Chance(3);
  if (shape.stranger) shape.installed = true;
  shape.no_hints = random.Chance(20);
  if (random.Chance(20)) shape.retention = milliseconds(20 + random.Below(400));
  if (!shape.stranger) SetScene(DrawScene(random), random, shape);
  return shape;
}

void DrawStep(std::uint64_t seed, Shape& shape) {
  if (shape.scene != Scene::kNone || !Random(~seed).Chance(15)) return;
  shape.in_step = true;
  shape.users = 3;
}

}  // namespace holdfast::core
