#include "chaos/network_faults.h"

#include <algorithm>
#include <utility>

namespace holdfast::testing {
namespace {

constexpr std::size_t kMostAtOnce = 4;

}  // namespace

NetworkFaults::NetworkFaults(Site& site, std::uint64_t seed) : Mischief(seed), site_(site) {
  Heal();
}

void NetworkFaults::Step() {
  const std::int64_t now = BootTime();
  std::erase_if(faults_, [&](const Fault& fault) {
    if (now < fault.until) return false;
    Mend(fault.pairs);
    return true;
  });
  if (now < next_ || faults_.size() == kMostAtOnce) return;
  const std::vector<Pair> pairs = DrawPairs();
  if (pairs.empty()) return;
  Count(Spoil(pairs));
  faults_.push_back({After(50, 2000), pairs});
  next_ = After(0, 1000);
}

void NetworkFaults::Heal() {
  faults_.clear();
  for (int client = 0; client < kClientHosts; ++client) {
    for (int node = 0; node < site_.size(); ++node) Mend({{site_.ClientHost(client), node}});
  }
}

// At times one client host loses all nodes, or all client hosts one node.
std::vector<NetworkFaults::Pair> NetworkFaults::DrawPairs() {
  const int one_client = site_.ClientHost(Draw(0, kClientHosts - 1));
  const int one_node = Draw(0, site_.size() - 1);
  const int extent = Draw(0, 9);
  std::vector<Pair> pairs;
  for (int client = 0; client < kClientHosts; ++client) {
    for (int node = 0; node < site_.size(); ++node) {
      const Pair pair = {site_.ClientHost(client), node};
      const bool is_one = pair.client == one_client && node == one_node;
      const bool meant =
          is_one || (extent == 0 && pair.client == one_client) || (extent == 1 && node == one_node);
      if (meant && !Taken(pair)) pairs.push_back(pair);
    }
  }
  return pairs;
}

bool NetworkFaults::Taken(const Pair& pair) const {
  const auto same = [&](const Pair& other) {
    return other.client == pair.client && other.node == pair.node;
  };
  return std::any_of(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return std::any_of(fault.pairs.begin(), fault.pairs.end(), same);
  });
}

std::string NetworkFaults::Spoil(const std::vector<Pair>& pairs) {
  const int kind = Draw(0, 5);
  const int loss = Draw(5, 50);
  const int delay = Draw(5'000, 100'000);
  for (const auto& [client, node] : pairs) {
    Way& there = site_.network().way(client, node);
    Way& back = site_.network().way(node, client);
    if (kind == 0 || kind == 1) there.cut = true;
    if (kind == 0 || kind == 2) back.cut = true;
    for (Way* way : {&there, &back}) {
      if (kind == 3) way->loss_percent = loss;
      if (kind == 4) way->delay_us = delay;
      if (kind == 4 || kind == 5) way->jitter_us = delay;
      if (kind == 5) way->mixed = true;
    }
  }
  static constexpr const char* kKinds[] = {
      "ways cut",       "ways to nodes cut", "ways from nodes cut",
      "ways with loss", "slow ways",         "ways that mix up packets"};
  return kKinds[kind];
}

void NetworkFaults::Mend(const std::vector<Pair>& pairs) {
  for (const auto& [client, node] : pairs) {
    Quicken(site_.network().way(client, node));
    Quicken(site_.network().way(node, client));
  }
}

// As two machines in one room have it.
void NetworkFaults::Quicken(Way& way) {
  way.cut = false;
  way.loss_percent = 0;
  way.delay_us = 50;
  way.jitter_us = 100;
  way.mixed = false;
}

}  // namespace holdfast::testing
