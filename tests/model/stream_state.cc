// Packing states into a word, and printing them.
#include "stream_state.h"

#include <algorithm>

namespace holdfast::model {
namespace {

void Put(std::uint64_t* word, unsigned value, int bits) { *word = *word << bits | value; }

// The last that was put.
unsigned Take(std::uint64_t* word, int bits) {
  const auto value = static_cast<unsigned>(*word & ((1U << bits) - 1));
  *word >>= bits;
  return value;
}

}  // namespace

Words Pack(const StreamState& state) {
  std::uint64_t word = 0;
  for (const std::uint8_t key : state.keys) Put(&word, key, 2);
  for (const Try& one : state.tries) {
    for (const Exchange& exchange : one.exchanges) {
      Put(&word, static_cast<unsigned>(exchange.acquire), 2);
      Put(&word, static_cast<unsigned>(exchange.release), 2);
      Put(&word, exchange.granted ? 1 : 0, 1);
    }
    Put(&word, static_cast<unsigned>(one.phase), 2);
  }
  return {.low = word, .high = 0};
}

// In the reverse order.
StreamState UnpackStream(const Words& words) {
  std::uint64_t word = words.low;
  StreamState state;
  for (int t = kTries - 1; t >= 0; --t) {
    state.tries[t].phase = static_cast<TryPhase>(Take(&word, 2));
    for (int n = kStreamNodes - 1; n >= 0; --n) {
      Exchange& exchange = state.tries[t].exchanges[n];
      exchange.granted = Take(&word, 1) != 0;
      exchange.release = static_cast<Request>(Take(&word, 2));
      exchange.acquire = static_cast<Request>(Take(&word, 2));
    }
  }
  for (int n = kStreamNodes - 1; n >= 0; --n) {
    state.keys[n] = static_cast<std::uint8_t>(Take(&word, 2));
  }
  return state;
}

bool IsUnderWay(Request request) {
  return request == Request::kUnderWay || request == Request::kLeft;
}

bool IsQuiet(const StreamState& state) {
  return std::all_of(state.tries.begin(), state.tries.end(), [](const Try& one) {
    return (one.phase == TryPhase::kIdle || one.phase == TryPhase::kOver) &&
           std::none_of(one.exchanges.begin(), one.exchanges.end(), [](const Exchange& exchange) {
             return IsUnderWay(exchange.acquire) || IsUnderWay(exchange.release);
           });
  });
}

std::string Text(const StreamState& state) {
  static constexpr const char* kPhases[] = {"idle", "asked", "holds", "over"};
  static constexpr const char* kNames[] = {"A1", "A2", "B"};
  std::string text = "keys";
  for (const std::uint8_t key : state.keys)
    text += key == 0 ? " -" : std::string(" ") + kNames[key - 1];
  for (int t = 0; t < kTries; ++t) {
    text += std::string("  ") + kNames[t] + ' ' + kPhases[static_cast<int>(state.tries[t].phase)];
  }
  return text;
}

}  // namespace holdfast::model
