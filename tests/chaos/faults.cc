#include "chaos/faults.h"

#include <algorithm>

#include "chaos/ledger.h"

namespace holdfast::testing {

Faults::Faults(Nodes& nodes, std::uint64_t seed)
    : nodes_(nodes), random_(seed), states_(nodes.size()) {}

void Faults::Step() {
  const std::int64_t now = BootTime();
  for (int node = 0; node < static_cast<int>(states_.size()); ++node) {
    if (states_[node].state != State::kWell && now >= states_[node].until) Return(node);
  }
  if (now < next_ || Away() >= minority()) return;
  const int node = static_cast<int>(random_() % nodes_.size());
  if (states_[node].state != State::kWell) return;
  Strike(node);
  next_ = After(0, 300);
}

int Faults::Away() const {
  return static_cast<int>(std::count_if(
      states_.begin(), states_.end(), [](const Node& node) { return node.state != State::kWell; }));
}

std::int64_t Faults::After(int min_ms, int max_ms) {
  std::uniform_int_distribution<std::int64_t> pause(min_ms, max_ms);
  return BootTime() + pause(random_) * 1'000'000;
}

void Faults::Strike(int node) {
  switch (random_() % 4) {
    case 0:
    case 1:
      nodes_[node].Kill();
      states_[node] = {State::kKilled, After(0, 500)};
      ++counts_["killed and restarted empty"];
      return;
    case 2:
      nodes_[node].Stop();
      states_[node] = {State::kStopped, After(10, 1500)};
      ++counts_["stopped for a while"];
      return;
    default:
      nodes_[node].Command({"FLUSHALL"});
      states_[node] = {State::kReturning, BootTime()};
      ++counts_["flushed while it ran"];
  }
}

void Faults::Return(int node) {
  const State was = states_[node].state;
  if (was == State::kKilled) nodes_[node].RestartEmpty();
  if (was == State::kStopped) nodes_[node].Continue();
  states_[node].state = State::kReturning;
  if (Votes(node)) states_[node].state = State::kWell;
}

// The workers' clients open it, when it may be opened.
bool Faults::Votes(int node) {
  const std::string pass = nodes_[node].Command({"HGET", "holdfast:guard", "pass"});
  return !pass.empty() && pass != "(nil)" && pass[0] != '-';
}

void Faults::Heal() {
  for (int node = 0; node < static_cast<int>(states_.size()); ++node) {
    if (states_[node].state != State::kWell) Return(node);
  }
}

}  // namespace holdfast::testing
