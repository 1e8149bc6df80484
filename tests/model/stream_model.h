// Why each attempt has a nonce of its own, and each node one ordered stream of requests (rules 4
// and 5 of lib/core/PROTOCOL.md): a model to be searched. One client tries twice to take a lock,
// another one once, on three nodes with a quorum of two. No key ever expires here, and any attempt
// may be given up at any time.
//
// Invariants:
//   OneHolder   two clients do not hold the lock at the same time
//   NoKeyLeft   once all that was tried is over and all requests have arrived, there is no key
//
// Answers that are late or lost: an attempt need not take note of them.
#ifndef HOLDFAST_TESTS_MODEL_STREAM_MODEL_H_
#define HOLDFAST_TESTS_MODEL_STREAM_MODEL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "search.h"
#include "stream_state.h"

namespace holdfast::model {

inline constexpr std::string_view kOneHolder = "OneHolder";
inline constexpr std::string_view kNoKeyLeft = "NoKeyLeft";

enum class Order {
  kAny,         // Each request may overtake each other one.
  kStream,      // A node executes a client's requests in the order in which they were sent.
  kBreaksOnce,  // The same, but an acquire may be left in the buffer of a connection that broke;
                // then the release is executed on the next connection.
  kBreaks,      // The same, and the release is repeated until the acquire's deadline is over.
};

struct StreamOptions {
  Order order = Order::kStream;
  bool fresh_nonce = true;  // Else the second try has that of the first.
  bool keys_left = true;    // Whether NoKeyLeft is asked for.
};

struct StreamStep {
  enum class Kind : std::uint8_t {
    kStart,
    kAsk,
    kAcquire,
    kLose,
    kBreak,
    kWin,
    kGiveUp,
    kRelease,
    kExecuteRelease
  };
  Kind kind;
  std::uint8_t attempt = 0;
  std::uint8_t node = 0;
};

class StreamModel {
 public:
  using Step = StreamStep;
  using Moves = std::vector<Move<Step>>;

  explicit StreamModel(const StreamOptions& options) : options_(options) {}

  void Start(Moves* moves) const;
  void Next(const Words& words, Moves* moves) const;
  Words Canonical(const Words& words) const;
  // All three attempts are over.
  bool IsGoal(const Words& words) const;

  std::string Describe(const Words& words) const;
  std::string Describe(const Words& from, const Move<Step>& move) const;

 private:
  using Kind = StreamStep::Kind;

  void Ask(const StreamState& state, int t, Moves* moves) const;
  void Acquire(const StreamState& state, int t, int n, Moves* moves) const;
  void Lose(const StreamState& state, int t, int n, Moves* moves) const;
  void Break(const StreamState& state, int t, int n, Moves* moves) const;
  void Win(const StreamState& state, int t, Moves* moves) const;
  void End(const StreamState& state, int t, Moves* moves) const;
  void Release(const StreamState& state, int t, int n, Moves* moves) const;

  std::uint8_t NonceOf(int t) const;
  bool IsTurnOf(const StreamState& state, int t, int n) const;
  void Add(Kind kind, int t, int n, const StreamState& to, Moves* moves) const;

  StreamOptions options_;
};

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_STREAM_MODEL_H_
