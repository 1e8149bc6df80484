// What the model of fencing tokens remembers: three nodes, and the attempts to take one lock.
#ifndef HOLDFAST_TESTS_MODEL_TOKEN_STATE_H_
#define HOLDFAST_TESTS_MODEL_TOKEN_STATE_H_

#include <array>
#include <cstdint>
#include <string>

#include "state_set.h"

namespace holdfast::model {

inline constexpr int kNodes = 3;
inline constexpr int kQuorum = 2;
inline constexpr int kMaxAttempts = 3;

// A counter; of a grant or token, 0 is none.
using Count = std::uint8_t;

struct Node {
  Count counter = 0;
  std::uint8_t owner =
      0;           // Whose nonce the lock's key has: 1 + the attempt, 0 where there is none.
  Count c = 0;     // The grant's counter in that key.
  Count mark = 0;  // The node's high-water mark, in models where counters expire onto it.
  std::uint8_t expired = 0;  // The counter is absent; `counter` is 0 then.

  // Where the next grant counts from.
  Count base() const { return expired != 0 ? mark : counter; }
};

enum class Phase : std::uint8_t {
  kIdle,        // Has sent nothing yet.
  kAsked,       // Has asked all nodes to grant.
  kFinalising,  // Has told a node of its quorum to finalise the token.
  kFinal,       // Has been acquired; the token was handed out.
  kGone,        // Has failed after it had a token in mind.
};

struct Attempt {
  Phase phase = Phase::kIdle;
  Count token = 0;
  // By node: c of the answer that its client gets, or has got. Of a node outside the quorum it is
  // forgotten once there is one.
  std::array<Count, kNodes> answer = {};
  std::array<std::uint8_t, kNodes> grants = {};  // How often the acquire has been granted there.
  std::uint8_t pending = 0;                      // The node that has to finalise.
  std::uint8_t after = 0;  // Which attempts were final before this one sent anything: bits.
};

// What became of the node that may lose its data.
struct Restart {
  std::uint8_t node = 0;    // 1 + the node; 0: it has not happened.
  std::uint8_t waited = 0;  // max_ttl has passed since.
  std::uint8_t read = 0;    // Whose counters its floor has been raised to: bits.
};

struct TokenState {
  std::array<Node, kNodes> nodes;
  std::array<Attempt, kMaxAttempts> attempts;
  Restart restart;
};

// Which parts of a state a model has. Those that it has not take no room.
struct TokenParts {
  int attempts = 2;
  bool marks = false;
  bool restart = false;
};

Words Pack(const TokenState& state, const TokenParts& parts);
TokenState Unpack(const Words& words, const TokenParts& parts);

// Numbers all counters and tokens anew, from 1 on in their order (0 stays 0), times `factor`.
void Renumber(TokenState* state, int factor);
// After Renumber: the largest of them.
Count LargestIn(const TokenState& state);

// Exchanges two nodes, or attempts.
void SwapNodes(TokenState* state, int one, int other);
void SwapAttempts(TokenState* state, int one, int other);

std::string Text(const TokenState& state, const TokenParts& parts);

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_TOKEN_STATE_H_
