#include "trouble.h"

#include <algorithm>
#include <utility>

namespace holdfast::core {

Trouble::Trouble(Stage& stage, ModelClients& clients, const std::set<int>& without,
                 std::function<void()> add_client)
    : stage_(stage),
      world_(stage.world),
      clients_(clients),
      without_(without),
      add_client_(std::move(add_client)),
      random_(world_.NewStream()) {
  const Scene scene = stage_.shape.scene;
  const bool calm = scene == Scene::kQuorumFailsOver || scene == Scene::kTokenForgotten;
  Repeat(milliseconds(calm ? 800 : 150), [this] { TroubleAClient(); });
  const bool has_scene = PlayScene();
  const int pause = 1 + random_.Below(4);
  if (!has_scene) Repeat(stage_.shape.max_ttl * pause, [this] { TroubleANode(); });
  const bool often = random_.Chance(50);
  if (!has_scene) Repeat(milliseconds(often ? 100 : 1'000), [this] { NodeAt(AnyNode()).Save(); });
  if (!stage_.shape.clocks_step || random_.Chance(50)) return;
  Repeat(milliseconds(20), [this] { DeleteALock(); });
}

void Trouble::Repeat(nanoseconds longest, std::function<void()> what) {
  world_.After(UpTo(longest), [this, longest, what = std::move(what)] {
    if (world_.healed()) return;
    what();
    Repeat(longest, what);
  });
}

// To be asked once all that is drawn for the fault has been drawn: what comes later must not
// change.
bool Trouble::Strikes(Fault fault, const std::string& whom) {
  const int number = ++number_;
  if (without_.contains(number)) return false;
  ++stage_.happenings.faults[fault];
  if (stage_.trace.on()) {
    stage_.trace.Say("fault " + std::to_string(number), std::string(NameOf(fault)) + ": " + whom);
  }
  return true;
}

// --- Clients ----------------------------------------------------------------------------------

void Trouble::TroubleAClient() {
  ModelClient& client = *clients_[random_.Below(static_cast<int>(clients_.size()))];
  const int kind = random_.Below(100);
  if (client.dead()) return;
  if (kind < 50) return BreakConnection(client);
  if (kind < 75) return SleepAWhile(client);
  if (kind < 85) return StepWallClock(client);
  if (kind < 91) return ForgetScripts();
  if (kind < 93) return AnswerErrors(AnyNode());
  Kill(client);
}

void Trouble::BreakConnection(ModelClient& client) {
  const int node = AnyNode();
  if (!Strikes(Fault::kBrokenConnection, client.name() + " to " + NodeAt(node).name())) return;
  client.link(node).Break({Vote::kDown, "Connection reset by peer"});
}

void Trouble::SleepAWhile(ModelClient& client) {
  const nanoseconds pause = UpTo(milliseconds(random_.Chance(70) ? 100 : 900));
  if (!Strikes(Fault::kSleepingClient, client.name())) return;
  client.Sleep(pause);
}

void Trouble::StepWallClock(ModelClient& client) {
  const milliseconds step(random_.Below(10'000) - 5'000);
  if (Strikes(Fault::kSteppedWallClock, client.name())) client.StepWallClock(step);
}

void Trouble::ForgetScripts() {
  ModelNode& node = NodeAt(AnyNode());
  if (Strikes(Fault::kForgottenScripts, node.name())) node.ForgetScripts();
}

void Trouble::Kill(ModelClient& client) {
  if (!Strikes(Fault::kDeadClient, client.name())) return;
  client.Die();
  add_client_();
}

// --- Nodes ------------------------------------------------------------------------------------

void Trouble::TroubleANode() {
  const int node = AnyNode();
  const int kind = random_.Below(100);
  if (!NodeAt(node).up()) return;
  if (stage_.shape.clocks_step) return UpsetClock(node);
  // It needs nodes that do not forget.
  if (stage_.shape.stranger) return CutOff(node);
  if (stage_.shape.seats && kind < 60) return Move(node);
  if (kind < 20) return CutOff(node);
  if (kind < 45) return FlushSoon(node);
  if (kind < 51) return BecomeReplica(node);
  if (kind < 55) return FallBack(node);
  RestartSoon(node);
}

// Locks end at any time, but nobody forgets a counter.
void Trouble::DeleteALock() {
  ModelNode& node = NodeAt(AnyNode());
  const bool hot = random_.Chance(85);
  if (Strikes(Fault::kDeletedLock, node.name())) node.DeleteLock(hot ? "lock:a" : "lock:b");
}

void Trouble::UpsetClock(int index) {
  ModelNode& node = NodeAt(index);
  if (random_.Chance(30)) return Restart(index, milliseconds(300));
  const bool back = random_.Chance(50);
  const bool little = random_.Chance(80);
  const nanoseconds step = back     ? -UpTo(milliseconds(500))
                           : little ? UpTo(milliseconds(2'000))
                                    : nanoseconds(std::chrono::hours(24 * 10));
  if (Strikes(Fault::kSteppedNodeClock, node.name())) node.StepClock(step);
}

void Trouble::Move(int index) {
  if (random_.Chance(70)) return FailOver(index);
  if (!Strikes(Fault::kMovedSlot, NodeAt(index).name())) return;
  NodeAt(index).Migrate();
  BreakStale(index);
}

// Some clients notice, others go on with the old server while it does. What it grants until then
// is forgotten, too.
void Trouble::FailOver(int index) {
  // Clocks that run apart are not made up for in this time, as they are in a ttl: a replica waits
  // for it, too, before it takes over.
  const milliseconds longest = stage_.shape.node_timeout * 98 / 100;
  const milliseconds least = random_.Chance(50) ? longest : milliseconds(0);
  const nanoseconds goes_on = random_.Between(least, longest);
  if (!Strikes(Fault::kFailOver, NodeAt(index).name())) return;
  NodeAt(index).FailOver();
  for (const auto& client : clients_) {
    if (random_.Chance(50)) client->link(index).Break({Vote::kDown, "its slot moved"});
  }
  stage_.LookAtTokens();
  world_.After(goes_on, [this, index] { EndOldServer(index); });
}

void Trouble::EndOldServer(int index) {
  NodeAt(index).EndOld();
  BreakStale(index);
  stage_.LookAtTokens();
}

void Trouble::BreakStale(int index) {
  for (const auto& client : clients_) {
    if (client->link(index).IsStale()) client->link(index).Break({Vote::kDown, "it moved"});
  }
}

void Trouble::CutOff(int index) {
  ModelNode& node = NodeAt(index);
  const nanoseconds pause = UpTo(2 * stage_.shape.max_ttl);
  if (Strikes(Fault::kCutOffNode, node.name())) CutOffFor(index, pause);
}

void Trouble::CutOffFor(int index, nanoseconds pause) {
  ModelNode& node = NodeAt(index);
  node.CutOff(true);
  BreakAll(index, "timed out");
  world_.After(pause, [&node] { node.CutOff(false); });
}

// By somebody's mistake. What was written to it meanwhile is gone when it has its master's data.
void Trouble::BecomeReplica(int index) {
  const int master = (index + 1) % static_cast<int>(stage_.nodes.size());
  const nanoseconds pause = UpTo(stage_.shape.max_ttl);
  ModelNode& node = NodeAt(index);
  if (stage_.shape.seats || node.durable() || master == index) return;
  if (!Strikes(Fault::kReplica, node.name() + ", of " + NodeAt(master).name())) return;
  node.Follow(NodeAt(master));
  BreakAll(index, "it follows a master");
  stage_.LookAtTokens();
  world_.After(pause, [this, index, master] {
    NodeAt(index).BeMaster(NodeAt(master));
    BreakAll(index, "it is a master");
    stage_.LookAtTokens();
  });
}

// Its replica was promoted, without the last of its data, and it again before anybody had asked:
// then only its own account of its past tells of that.
void Trouble::FallBack(int index) {
  ModelNode& node = NodeAt(index);
  if (stage_.shape.seats || node.durable()) return;
  if (!Strikes(Fault::kFallBack, node.name())) return;
  node.FallBack();
  BreakAll(index, "it follows a master");
  stage_.LookAtTokens();
}

void Trouble::AnswerErrors(int index) {
  ModelNode& node = NodeAt(index);
  const nanoseconds pause = milliseconds(100) + UpTo(milliseconds(900));
  const int kind = random_.Below(3);
  if (!Strikes(Fault::kErrors, node.name())) return;
  constexpr const char* kErrors[] = {"LOADING Redis is loading the dataset in memory",
                                     "READONLY You can't write against a read only replica.",
                                     "BUSY Redis is busy running a script."};
  node.AnswerErrors(kErrors[kind], pause);
}

void Trouble::BreakAll(int node, const char* why) {
  for (const auto& client : clients_) client->link(node).Break({Vote::kDown, why});
}

// Perhaps just after a new client has asked whether the node was ever flushed.
void Trouble::FlushSoon(int node) {
  const bool newcomer = random_.Chance(40);
  const nanoseconds pause = UpTo(milliseconds(40));
  if (!Strikes(Fault::kFlush, NodeAt(node).name())) return;
  if (newcomer) add_client_();
  world_.After(pause, [this, node] { Flush(node); });
}

void Trouble::Flush(int node) {
  NodeAt(node).Flush();
  stage_.LookAtTokens();
}

// Perhaps just before a full second: then it soon seems to be up for one.
void Trouble::RestartSoon(int node) {
  const nanoseconds early = UpTo(milliseconds(100));
  if (random_.Chance(50)) return Restart(node, milliseconds(300));
  const nanoseconds pause = NodeAt(node).RestOfSecond() - early;
  world_.After(std::max(pause, nanoseconds(0)), [this, node] {
    if (NodeAt(node).up() && !world_.healed()) Restart(node, milliseconds(1));
  });
}

void Trouble::Restart(int index, milliseconds longest) {
  ModelNode& node = NodeAt(index);
  const bool keeps = node.durable() || stage_.shape.clocks_step;
  const auto forgets =
      random_.Chance(50) ? ModelNode::Loss::kSinceSave : ModelNode::Loss::kEverything;
  const nanoseconds pause = UpTo(longest);
  // Whoever comes first after such a start would have to know what was before it.
  if (node.durable() && !node.has_guard()) return;
  if (!Strikes(keeps ? Fault::kRestart : Fault::kRestartWithLoss, node.name())) return;
  StopFor(index, keeps ? ModelNode::Loss::kNothing : forgets, pause);
}

void Trouble::StopFor(int index, ModelNode::Loss loss, nanoseconds pause) {
  ModelNode& node = NodeAt(index);
  node.Stop(loss);
  BreakAll(index, "Connection reset by peer");
  stage_.LookAtTokens();
  world_.After(pause, [&node] { node.Start(); });
}

}  // namespace holdfast::core
