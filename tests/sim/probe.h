// Takes a lock that nobody else wants, to see whether a client can.
#ifndef HOLDFAST_TESTS_SIM_PROBE_H_
#define HOLDFAST_TESTS_SIM_PROBE_H_

#include <string>
#include <vector>

#include "core/engine.h"
#include "model_client.h"
#include "stage.h"

namespace holdfast::core {

// It may yet have to learn that nodes were flushed since it asked them for anything, so it may try
// more than once.
inline void Probe(ModelClient& client, bool must_succeed) {
  Stage& stage = client.stage();
  const auto release = [&client, &stage, must_succeed](Engine& engine, absl::StatusOr<LeaseId> id) {
    if (id.ok()) return engine.Release(*id, nullptr, client.now());
    if (!must_succeed) return;
    stage.findings.Add(Checker::kLiveness, "a free lock cannot be had: " + id.status().ToString());
  };
  client.Do([&client, &stage, release] {
    const std::vector<std::string> names = {"of " + client.name()};
    client.engine().Acquire(
        0, names, {.ttl = milliseconds(400), .wait = stage.shape.max_ttl + milliseconds(1'800)},
        release, client.now());
  });
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_PROBE_H_
