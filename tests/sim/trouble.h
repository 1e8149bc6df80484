// What goes wrong in a run.
#ifndef HOLDFAST_TESTS_SIM_TROUBLE_H_
#define HOLDFAST_TESTS_SIM_TROUBLE_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "model_client.h"
#include "model_node.h"
#include "stage.h"

namespace holdfast::core {

using ModelClients = std::vector<std::unique_ptr<ModelClient>>;

class Trouble {
 public:
  Trouble(Stage& stage, ModelClients& clients, std::function<void()> add_client)
      : stage_(stage), world_(stage.world), clients_(clients), add_client_(std::move(add_client)) {
    Repeat(milliseconds(150), [this] { TroubleAClient(); });
    Repeat(stage_.max_ttl * (1 + world_.Below(6)), [this] { TroubleANode(); });
    Repeat(milliseconds(world_.Chance(50) ? 100 : 1'000),
           [this] { stage_.nodes[AnyNode()]->Save(); });
    if (!stage_.clocks_step || world_.Chance(50)) return;
    Repeat(milliseconds(20), [this] { DeleteALock(); });
  }

 private:
  void Repeat(milliseconds longest, std::function<void()> what) {
    world_.After(world_.Between(milliseconds(0), longest), [this, longest, what] {
      if (world_.healed()) return;
      what();
      Repeat(longest, what);
    });
  }

  int AnyNode() { return world_.Below(static_cast<int>(stage_.nodes.size())); }

  void TroubleAClient() {
    ModelClient& client = *clients_[world_.Below(static_cast<int>(clients_.size()))];
    if (client.dead()) return;
    const int kind = world_.Below(100);
    if (kind < 50) return client.link(AnyNode()).Break({Vote::kDown, "Connection reset by peer"});
    if (kind < 75) {
      return client.Sleep(
          world_.Between(milliseconds(0), milliseconds(world_.Chance(70) ? 100 : 900)));
    }
    if (kind < 85) return client.StepWallClock(milliseconds(world_.Below(10'000) - 5'000));
    if (kind < 93) return stage_.nodes[AnyNode()]->ForgetScripts();
    client.Die();
    add_client_();
  }

  void TroubleANode() {
    const int node = AnyNode();
    if (!stage_.nodes[node]->up()) return;
    if (stage_.clocks_step) return UpsetClock(node);
    if (stage_.node_timeout.count() > 0 && world_.Chance(60)) return Move(node);
    if (world_.Chance(25)) return CutOff(node);
    if (world_.Chance(35)) return FlushSoon(node);
    RestartSoon(node);
  }

  // Locks end at any time, but nobody forgets a counter.
  void DeleteALock() {
    stage_.nodes[AnyNode()]->DeleteLock(world_.Chance(85) ? "lock:a" : "lock:b");
  }

  void UpsetClock(int index) {
    ModelNode& node = *stage_.nodes[index];
    if (world_.Chance(30)) return Restart(index, milliseconds(300));
    if (world_.Chance(50))
      return node.StepClock(-world_.Between(milliseconds(0), milliseconds(500)));
    node.StepClock(world_.Chance(80) ? world_.Between(milliseconds(0), milliseconds(2'000))
                                     : std::chrono::hours(24 * 10));
  }

  void Move(int index) {
    ++stage_.happenings.moved;
    if (world_.Chance(70)) return FailOver(index);
    stage_.nodes[index]->Migrate();
    BreakStale(index);
  }

  // Some clients notice, others go on with the old server while it does. What it grants until then
  // is forgotten, too.
  void FailOver(int index) {
    stage_.nodes[index]->FailOver();
    stage_.happenings.forgot += 1;
    for (const auto& client : clients_) {
      if (world_.Chance(50)) client->link(index).Break({Vote::kDown, "its slot moved"});
    }
    LookAtHistory();
    // Clocks that run apart are not made up for in this time, as they are in a ttl: a replica waits
    // for it, too, before it takes over.
    const milliseconds longest = stage_.node_timeout * 98 / 100;
    const milliseconds least = world_.Chance(50) ? longest : milliseconds(0);
    world_.After(world_.Between(least, longest), [this, index] {
      stage_.nodes[index]->EndOld();
      BreakStale(index);
      LookAtHistory();
    });
  }

  void BreakStale(int index) {
    for (const auto& client : clients_) {
      if (client->link(index).IsStale()) client->link(index).Break({Vote::kDown, "it moved"});
    }
  }

  void CutOff(int index) {
    ModelNode& node = *stage_.nodes[index];
    node.CutOff(true);
    BreakAll(index, "timed out");
    world_.After(world_.Between(milliseconds(0), 2 * stage_.max_ttl),
                 [&node] { node.CutOff(false); });
  }

  void BreakAll(int node, const char* why) {
    for (const auto& client : clients_) client->link(node).Break({Vote::kDown, why});
  }

  // Perhaps just after a new client has asked whether the node was ever flushed.
  void FlushSoon(int node) {
    if (world_.Chance(40)) add_client_();
    world_.After(world_.Between(milliseconds(0), milliseconds(40)), [this, node] { Flush(node); });
  }

  void Flush(int node) {
    stage_.nodes[node]->Flush();
    ++stage_.happenings.forgot;
    LookAtHistory();
  }

  // Perhaps just before a full second: then it soon seems to be up for one.
  void RestartSoon(int node) {
    if (world_.Chance(50)) return Restart(node, milliseconds(300));
    const nanoseconds left = stage_.nodes[node]->RestOfSecond();
    const nanoseconds pause = left - world_.Between(milliseconds(0), milliseconds(100));
    world_.After(std::max(pause, nanoseconds(0)), [this, node] {
      if (stage_.nodes[node]->up()) Restart(node, milliseconds(1));
    });
  }

  void Restart(int index, milliseconds longest) {
    ModelNode& node = *stage_.nodes[index];
    const bool keeps = node.durable() || stage_.clocks_step;
    // Whoever comes first after such a start would have to know what was before it.
    if (node.durable() && !node.has_guard()) return;
    const auto forgets =
        world_.Chance(50) ? ModelNode::Loss::kSinceSave : ModelNode::Loss::kEverything;
    node.Stop(keeps ? ModelNode::Loss::kNothing : forgets);
    BreakAll(index, "Connection reset by peer");
    stage_.happenings.forgot += keeps ? 0 : 1;
    LookAtHistory();
    world_.After(world_.Between(milliseconds(0), longest), [&node] { node.Start(); });
  }

  void LookAtHistory() {
    for (const auto& [name, token] : stage_.tokens.largest()) {
      if (IsKnown(stage_, name, token)) continue;
      ++stage_.happenings.histories_lost;
      return stage_.tokens.Forget();
    }
  }

  Stage& stage_;
  World& world_;
  ModelClients& clients_;
  std::function<void()> add_client_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_TROUBLE_H_
