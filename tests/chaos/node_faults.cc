#include "chaos/node_faults.h"

#include <algorithm>

namespace holdfast::testing {
namespace {

// Nodes that are all new do not know enough of each other's counters for so long.
constexpr int kYouthMs = 1'500;

}  // namespace

NodeFaults::NodeFaults(Site& site, std::uint64_t seed, bool forget)
    : Mischief(seed),
      site_(site),
      forget_(forget),
      states_(static_cast<std::size_t>(site.size())),
      next_(After(kYouthMs, kYouthMs)) {}

void NodeFaults::Step() {
  const std::int64_t now = BootTime();
  for (int node = 0; node < site_.size(); ++node) {
    if (states_[node].state != State::kWell && now >= states_[node].until) Return(node);
  }
  if (now < next_) return;
  const int node = Draw(0, site_.size() - 1);
  if (states_[node].state != State::kWell) return;
  next_ = After(0, 2000);
  if (Away() >= minority() || Draw(0, 3) == 0) return Annoy(node);
  Strike(node);
}

int NodeFaults::Away() const {
  return static_cast<int>(std::count_if(
      states_.begin(), states_.end(), [](const Node& node) { return node.state != State::kWell; }));
}

void NodeFaults::Strike(int node) {
  const int kind = Draw(0, 3);
  if (kind == 0 && forget_) return Flush(node);
  if (kind == 1) return Stop(node);
  const bool durable = site_.node(node).setup().durability == Durability::kAlways;
  if (durable || forget_) Kill(node);
}

void NodeFaults::Kill(int node) {
  const bool durable = site_.node(node).setup().durability == Durability::kAlways;
  site_.node(node).Kill();
  states_[node] = {State::kKilled, After(0, 500)};
  Count(durable ? "nodes killed and restarted with all their data"
                : "nodes killed and restarted empty");
}

void NodeFaults::Stop(int node) {
  site_.node(node).Stop();
  states_[node] = {State::kStopped, After(10, 1500)};
  Count("nodes stopped for a while");
}

void NodeFaults::Flush(int node) {
  site_.Command(node, {"FLUSHALL"});
  states_[node] = {State::kReturning, BootTime()};
  Count("nodes flushed");
}

// What costs no vote for long.
void NodeFaults::Annoy(int node) {
  switch (Draw(0, 2)) {
    case 0:
      site_.Command(node, {"SCRIPT", "FLUSH"});
      return Count("nodes that lost their scripts");
    case 1:
      site_.Command(node, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
      return Count("nodes that closed their connections");
    default:
      site_.KillClients(node);
      return Count("nodes that closed their connections, subscribers' too");
  }
}

void NodeFaults::Return(int node) {
  const State was = states_[node].state;
  const bool durable = site_.node(node).setup().durability == Durability::kAlways;
  if (was == State::kKilled) durable ? site_.Restart(node) : site_.RestartEmpty(node);
  if (was == State::kStopped) site_.node(node).Continue();
  states_[node].state = State::kReturning;
  if (Votes(node)) states_[node].state = State::kWell;
}

// The workers' clients open it, when it may be opened.
bool NodeFaults::Votes(int node) {
  const std::string pass = site_.Command(node, {"HGET", "holdfast:guard", "pass"});
  return !pass.empty() && pass != "(nil)" && pass[0] != '-';
}

void NodeFaults::Heal() {
  for (int node = 0; node < site_.size(); ++node) {
    if (states_[node].state != State::kWell) Return(node);
  }
}

}  // namespace holdfast::testing
