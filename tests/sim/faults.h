// What can go wrong in a run, and how often it did.
#ifndef HOLDFAST_TESTS_SIM_FAULTS_H_
#define HOLDFAST_TESTS_SIM_FAULTS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace holdfast::core {

enum class Fault {
  kSlowMessage,
  kFailedConnect,
  kBrokenConnection,
  kBlockedConnection,
  kRepeatedRequest,
  kSleepingClient,
  kSteppedWallClock,
  kForgottenScripts,
  kDeadClient,
  kSteppedNodeClock,
  kDeletedLock,
  kRestart,
  kRestartWithLoss,
  kFlush,
  kCutOffNode,
  kReplica,
  kMovedSlot,
  kMovedName,
  kFailOver,
  kFallBack,
  kErrors,
  kPowerCut,
  kReconfiguration,
};
inline constexpr int kFaults = 23;

constexpr std::string_view NameOf(Fault fault) {
  constexpr std::string_view kNames[kFaults] = {"slow message",
                                                "failed connect",
                                                "broken connection",
                                                "blocked connection",
                                                "repeated request",
                                                "sleeping client",
                                                "stepped wall clock",
                                                "forgotten scripts",
                                                "dead client",
                                                "stepped node clock",
                                                "deleted lock",
                                                "restart",
                                                "restart with loss",
                                                "flush",
                                                "cut-off node",
                                                "node made a replica",
                                                "moved slot",
                                                "moved name",
                                                "fail-over",
                                                "fail-over and back",
                                                "node that answers errors",
                                                "power cut",
                                                "reconfiguration"};
  return kNames[static_cast<int>(fault)];
}

class FaultCounts {
 public:
  std::uint64_t& operator[](Fault fault) { return counts_[static_cast<int>(fault)]; }
  std::uint64_t operator[](Fault fault) const { return counts_[static_cast<int>(fault)]; }
  void Add(const FaultCounts& other) {
    for (int i = 0; i < kFaults; ++i) counts_[i] += other.counts_[i];
  }

 private:
  std::array<std::uint64_t, kFaults> counts_ = {};
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_FAULTS_H_
