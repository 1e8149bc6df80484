// Where the nodes stand, in words.
#include <algorithm>
#include <string>

#include "core/admission.h"
#include "core/fingerprint.h"
#include "core/key_set.h"
#include "core/seats.h"
#include "core/text.h"

namespace holdfast::core {

// Why it must not vote, by what its connection showed.
std::string Admission::BarOf(int index) const {
  const Node& node = nodes_[index];
  if (!node.connected) return "";
  if (node.greeting.info.replica) return "it is a replica, and only masters can hold locks";
  if (IsSeat(index) && !node.greeting.info.cluster) {
    return "it is no node of a Redis Cluster: name it in `nodes`, not in "
           "`clusters`";
  }
  if (!IsSeat(index) && node.greeting.info.cluster) {
    return "it is a node of a Redis Cluster: name its cluster in `clusters`, "
           "not in `nodes`";
  }
  return WordsOfSharedVote(index);
}

std::string Admission::WordsOfSharedVote(int index) const {
  const Node& node = nodes_[index];
  if (!node.other_holder) return "";
  const std::string& other = options_.nodes[*node.other_holder];
  if (nodes_[*node.other_holder].run_id == node.run_id) {
    return "it is the same server as " + other + ", and has one vote only";
  }
  return "it was the same server as " + other + ", whose locks may still count its vote";
}

std::string Admission::RefusalOf(int index) const {
  if (!nodes_[index].connected) return "";
  if (WaitsForWitnesses() && !witnesses_.refusal.empty()) {
    return "by its witnesses, " + witnesses_.refusal;
  }
  return nodes_[index].other_setup;
}

std::string Admission::MismatchOf(int index, std::string_view stored) const {
  std::string difference = FingerprintDifference(stored, options_.fingerprint);
  if (!AreOfOtherSeats(stored, options_.fingerprint)) return difference;
  std::vector<std::string> guards;
  for (const std::string_view tag : kWitnessTags) guards.push_back(GuardKeyOf(tag));
  if (!std::count(guards.begin(), guards.end(), guard_keys_[index])) guards = {guard_keys_[index]};
  return difference + "; to change that, stop all clients and delete " + Joined(guards);
}

NodeProblem Admission::Problem(int index, TimePoint now) const {
  const Node& node = nodes_[index];
  if (!node.refusal.empty()) return {Vote::kRefused, node.refusal};
  if (WaitsForWitnesses()) {
    return {Vote::kQuarantined,
            "it waits for two of {54h}, {fjl} and {1x3} to "
            "say how its cluster is set up"};
  }
  if (!node.known && !node.problem.reason.empty()) return node.problem;
  if (!node.known) return {Vote::kQuarantined, "connected, but not admitted yet"};
  const auto left = VotesIn(index, now);
  if (!left) return {Vote::kQuarantined, "it waits for the other nodes, whose counters it needs"};
  return {Vote::kQuarantined, WhyShut(index, now) + ", votes in " + HumanDuration(*left)};
}

std::string Admission::WhyShut(int index, TimePoint now) const {
  const Node& node = nodes_[index];
  if (!node.change.empty()) return node.change;
  const ServerInfo& info = node.greeting.info;
  // Servers tell their age in whole seconds.
  const auto up = std::chrono::seconds(info.uptime_s) +
                  std::chrono::floor<std::chrono::seconds>(now - node.greeted);
  if (!info.promoted.empty()) return "it was a replica, and may lack locks";
  if (IsSeat(index)) return "it may have lost its locks";
  if (node.greeting.durable) return "it was set up anew, or lost its data";
  if (up > options_.max_ttl) return "it may have lost its locks";
  return "started " + (up.count() == 0 ? "less than 1 s" : HumanDuration(up)) +
         " ago without durable locks";
}

std::optional<milliseconds> Admission::VotesIn(int index, TimePoint now) const {
  const Node& node = nodes_[index];
  if (!IsShut(node) || node.till <= now) return std::nullopt;
  return std::chrono::ceil<milliseconds>(node.till - now);
}

std::string Admission::server(int index) const {
  const Node& node = nodes_[index];
  const std::string& server = node.connected ? node.greeting.server : std::string();
  return server.empty() && !IsSeat(index) ? options_.nodes[index] : server;
}

std::string Admission::Warning(int index) const {
  const std::string& policy = nodes_[index].greeting.info.maxmemory_policy;
  const std::string shared = SharedServer(index);
  if (policy.empty() || policy == "noeviction") return shared;
  return "its maxmemory-policy is " + Printable(policy) +
         ", under which it may evict locks: set it to noeviction" +
         (shared.empty() ? "" : "; " + shared);
}

std::string Admission::SharedServer(int index) const {
  const Node& node = nodes_[index];
  if (!options_.one_cluster || !node.connected) return "";
  std::vector<std::string> others;
  for (int i = 0; i < count(); ++i) {
    const Node& other = nodes_[i];
    if (i != index && other.connected && other.run_id == node.run_id) {
      others.push_back(options_.nodes[i]);
    }
  }
  if (others.empty()) return "";
  const std::string server = node.server.empty() ? "" : " " + Printable(node.server);
  return "it shares its master" + server + " with " + Joined(others);
}

}  // namespace holdfast::core
