// What the model of nonces and streams remembers.
#ifndef HOLDFAST_TESTS_MODEL_STREAM_STATE_H_
#define HOLDFAST_TESTS_MODEL_STREAM_STATE_H_

#include <array>
#include <cstdint>
#include <string>

#include "state_set.h"

namespace holdfast::model {

inline constexpr int kStreamNodes = 3;
inline constexpr int kStreamQuorum = 2;

// 0 and 1 are one client's, one after the other; 2 is the other client's.
inline constexpr int kTries = 3;

enum class TryPhase : std::uint8_t { kIdle, kAsked, kHolds, kOver };

enum class Request : std::uint8_t {
  kNotSent,
  kUnderWay,
  kLeft,  // In the buffer of a connection that is not there any more.
  kDone,  // Executed, lost or too late.
};

// Of one try on one node.
struct Exchange {
  Request acquire = Request::kNotSent;
  Request release = Request::kNotSent;
  bool granted = false;
};

struct Try {
  TryPhase phase = TryPhase::kIdle;
  std::array<Exchange, kStreamNodes> exchanges;
};

struct StreamState {
  std::array<std::uint8_t, kStreamNodes> keys = {};  // The nonce that is there; 0: none.
  std::array<Try, kTries> tries;
};

Words Pack(const StreamState& state);
StreamState UnpackStream(const Words& words);
// Under way: whatever may still be executed.
bool IsUnderWay(Request request);
bool IsQuiet(const StreamState& state);
std::string Text(const StreamState& state);

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_STREAM_STATE_H_
