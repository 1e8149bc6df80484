// Takes a lock that nobody else wants, to see whether a client can.
#ifndef HOLDFAST_TESTS_SIM_PROBE_H_
#define HOLDFAST_TESTS_SIM_PROBE_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/engine.h"
#include "model_client.h"
#include "stage.h"

namespace holdfast::core {

// The first time, it may yet have to learn that nodes were flushed since it asked them for
// anything, or that their clocks stepped.
inline void Probe(ModelClient& client, bool must_succeed) {
  World& world = client.stage().world;
  const auto release = [&world, must_succeed](Engine& engine, absl::StatusOr<LeaseId> id) {
    EXPECT_TRUE(id.ok() || !must_succeed) << id.status();
    if (id.ok()) engine.Release(*id, nullptr, world.now());
  };
  client.Do([&client, &world, release] {
    const std::vector<std::string> names = {"of " + client.name()};
    client.engine().Acquire(0, names, {.ttl = milliseconds(400)}, release, world.now());
  });
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_PROBE_H_
