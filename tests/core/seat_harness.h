// Three seats of one cluster, each with a master of its own.
#ifndef HOLDFAST_TESTS_CORE_SEAT_HARNESS_H_
#define HOLDFAST_TESTS_CORE_SEAT_HARNESS_H_

#include <gtest/gtest.h>

#include <string>

#include "admission_harness.h"
#include "core/fingerprint.h"

namespace holdfast::core {

inline const std::string kSeats = MakeClusterFingerprint(3, 1, 2, 30s, "cluster");
inline const std::string kFiveSeats = MakeClusterFingerprint(5, 1, 3, 30s, "cluster");

inline AdmissionOptions SeatOptions(Witnesses witnesses = Witnesses::kNone) {
  AdmissionOptions options = AdmissionHarness::OptionsFor(3, 2);
  options.nodes = options.tags = {"{54h}", "{fjl}", "{1x3}"};
  options.one_cluster = true;
  options.witnesses = witnesses;
  options.fingerprint = kSeats;
  return options;
}

inline Greeting SeatGreeting(int server) {
  return {.info = {.run_id = "run" + std::to_string(server), .uptime_s = 1000, .cluster = true},
          .server = "127.0.0.1:" + std::to_string(7000 + server)};
}

inline void AdmitSeat(AdmissionHarness& h, int node) {
  h.Connect(node, SeatGreeting(node));
  EXPECT_EQ(h.Next(node), Question::kAdmit);
  h.AnswerState(node);
}

// As `stored` says.
inline void RefuseSeat(AdmissionHarness& h, int node, const std::string& stored) {
  h.Connect(node, SeatGreeting(node));
  EXPECT_EQ(h.Next(node), Question::kAdmit);
  h.Answer(node, {"MISMATCH", stored});
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_SEAT_HARNESS_H_
