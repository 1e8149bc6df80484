// Packing states into two words, and printing them.
#include "token_state.h"

#include <algorithm>
#include <cstdlib>
#include <type_traits>
#include <utility>

namespace holdfast::model {
namespace {

// Writes fields of some bits each, none across the end of a word.
class Writer {
 public:
  void operator()(std::uint8_t value, int bits) {
    if (value >> bits != 0) std::abort();  // The model has counted further than it was made for.
    if (at_ < 64 && at_ + bits > 64) at_ = 64;
    if (at_ + bits > 128) std::abort();
    (at_ < 64 ? words_.low : words_.high) |= std::uint64_t{value} << (at_ & 63);
    at_ += bits;
  }

  const Words& words() const { return words_; }

 private:
  Words words_;
  int at_ = 0;
};

class Reader {
 public:
  explicit Reader(const Words& words) : words_(words) {}

  void operator()(std::uint8_t& value, int bits) {
    if (at_ < 64 && at_ + bits > 64) at_ = 64;
    const std::uint64_t word = at_ < 64 ? words_.low : words_.high;
    value = static_cast<std::uint8_t>(word >> (at_ & 63) & ((1U << bits) - 1));
    at_ += bits;
  }

 private:
  const Words words_;
  int at_ = 0;
};

constexpr int kCountBits = 4;

template <typename Bits, typename NodeT>
void PackNode(Bits& bits, NodeT& node, const TokenParts& parts) {
  bits(node.counter, kCountBits);
  bits(node.owner, 2);
  bits(node.c, kCountBits);
  if (!parts.marks) return;
  bits(node.mark, kCountBits);
  bits(node.expired, 1);
}

template <typename Bits, typename AttemptT>
void PackAttempt(Bits& bits, AttemptT& attempt, const TokenParts& parts) {
  auto phase = static_cast<std::uint8_t>(attempt.phase);
  bits(phase, 3);
  if constexpr (!std::is_const_v<AttemptT>) attempt.phase = static_cast<Phase>(phase);
  bits(attempt.token, kCountBits);
  for (int n = 0; n < kNodes; ++n) {
    bits(attempt.answer[n], kCountBits);
    bits(attempt.grants[n], 2);
  }
  bits(attempt.pending, 2);
  bits(attempt.after, parts.attempts);
}

// One description of the layout for both directions.
template <typename Bits, typename StateT>
void PackState(Bits& bits, StateT& state, const TokenParts& parts) {
  for (auto& node : state.nodes) PackNode(bits, node, parts);
  for (int a = 0; a < parts.attempts; ++a) PackAttempt(bits, state.attempts[a], parts);
  if (!parts.restart) return;
  bits(state.restart.node, 2);
  bits(state.restart.waited, 1);
  bits(state.restart.read, kNodes);
}

// All counters and tokens of a state.
template <typename Visitor>
void ForEachCount(TokenState* state, Visitor visit) {
  for (Node& node : state->nodes) {
    visit(node.counter);
    visit(node.c);
  }
  for (Attempt& attempt : state->attempts) {
    visit(attempt.token);
    for (Count& c : attempt.answer) visit(c);
  }
}

std::uint8_t SwapBits(std::uint8_t bits, int one, int other) {
  const bool differ = ((bits >> one ^ bits >> other) & 1) != 0;
  return differ ? bits ^ (1 << one | 1 << other) : bits;
}

std::string Text(const Attempt& attempt) {
  switch (attempt.phase) {
    case Phase::kIdle:
      return "idle";
    case Phase::kAsked:
      return "asked";
    case Phase::kFinalising:
      return "finalising " + std::to_string(attempt.token);
    case Phase::kFinal:
      return "final " + std::to_string(attempt.token);
    case Phase::kGone:
      return "gone";
  }
  return "";
}

}  // namespace

Words Pack(const TokenState& state, const TokenParts& parts) {
  Writer writer;
  PackState(writer, state, parts);
  return writer.words();
}

TokenState Unpack(const Words& words, const TokenParts& parts) {
  TokenState state;
  Reader reader(words);
  PackState(reader, state, parts);
  return state;
}

void Renumber(TokenState* state, int factor) {
  std::array<Count, 64> numbers = {};
  ForEachCount(state, [&](Count count) { numbers[count] = 1; });
  Count next = 0;
  numbers[0] = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    if (numbers[i] != 0) numbers[i] = static_cast<Count>(++next * factor);
  }
  ForEachCount(state, [&](Count& count) { count = numbers[count]; });
}

Count LargestIn(const TokenState& state) {
  TokenState copy = state;
  Count largest = 0;
  ForEachCount(&copy, [&](Count count) { largest = std::max(largest, count); });
  return largest;
}

void SwapNodes(TokenState* state, int one, int other) {
  const auto renamed = [&](int node) { return node == one ? other : node == other ? one : node; };
  std::swap(state->nodes[one], state->nodes[other]);
  for (Attempt& attempt : state->attempts) {
    std::swap(attempt.answer[one], attempt.answer[other]);
    std::swap(attempt.grants[one], attempt.grants[other]);
    if (attempt.phase == Phase::kFinalising) attempt.pending = renamed(attempt.pending);
  }
  Restart& restart = state->restart;
  if (restart.node != 0) restart.node = renamed(restart.node - 1) + 1;
  restart.read = SwapBits(restart.read, one, other);
}

void SwapAttempts(TokenState* state, int one, int other) {
  std::swap(state->attempts[one], state->attempts[other]);
  for (Attempt& attempt : state->attempts) attempt.after = SwapBits(attempt.after, one, other);
  for (Node& node : state->nodes) {
    if (node.owner == one + 1) {
      node.owner = other + 1;
    } else if (node.owner == other + 1) {
      node.owner = one + 1;
    }
  }
}

std::string Text(const TokenState& state, const TokenParts& parts) {
  std::string text = "counters";
  for (const Node& node : state.nodes) {
    text += ' ' + std::to_string(node.base()) + (node.expired != 0 ? "*" : "");
  }
  text += "  keys";
  for (const Node& node : state.nodes) {
    text += ' ';
    text += node.owner == 0 ? "-"
                            : std::string(1, static_cast<char>('@' + node.owner)) + ':' +
                                  std::to_string(node.c);
  }
  for (int a = 0; a < parts.attempts; ++a) {
    text += std::string("  ") + static_cast<char>('A' + a) + ' ' + Text(state.attempts[a]);
  }
  return text;
}

}  // namespace holdfast::model
