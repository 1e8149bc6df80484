// What goes wrong in the rare scenes (scene.h).
#include <algorithm>

#include "trouble.h"

namespace holdfast::core {

// Whether this run is one, in which nothing else happens to the nodes.
bool Trouble::PlayScene() {
  switch (stage_.shape.scene) {
    case Scene::kQuorumFailsOver:
      world_.After(UpTo(milliseconds(500)), [this] { FailOverAQuorum(); });
      return true;
    case Scene::kPowerCut:
      CutPowerAfter("");
      return true;
    case Scene::kReconfigured:
      world_.After(milliseconds(500) + UpTo(milliseconds(150)),
                   [this] { RestartTwice(AnyNode()); });
      return true;
    case Scene::kLateOpening:
      world_.After(UpTo(milliseconds(100)), [this] { FlushTwice(AnyNode()); });
      return true;
    case Scene::kTokenForgotten:
      ForgetAToken(AnyNode());
      return true;
    case Scene::kCarriedOutTwice:
      Repeat(milliseconds(10), [this] { DeleteALock(); });
      return true;
    case Scene::kOneServerTwice:
      Repeat(milliseconds(300), [this] { MoveAName(); });
      Repeat(milliseconds(300), [this] { RestartADoubledNode(); });
      world_.After(UpTo(milliseconds(800)), [this] { CutOff(2); });
      return true;
    case Scene::kNone:
      return false;
  }
  return false;
}

// Each client moves to all of the new servers, or to none before the old ones end.
void Trouble::FailOverAQuorum() {
  const int first = AnyNode();
  std::vector<bool> saved;
  for (int i = 0; i < stage_.shape.quorum; ++i) saved.push_back(random_.Chance(80));
  if (!Strikes(Fault::kFailOver, "most seats")) return;
  const nanoseconds goes_on = stage_.shape.node_timeout * 98 / 100;
  for (int i = 0; i < stage_.shape.quorum; ++i) {
    const int index = (first + i) % static_cast<int>(stage_.nodes.size());
    if (saved[i]) NodeAt(index).Save();
    NodeAt(index).FailOver();
    world_.After(goes_on, [this, index] { EndOldServer(index); });
  }
  stage_.LookAtTokens();
  for (const auto& client : clients_) {
    if (random_.Chance(50)) continue;
    for (std::size_t i = 0; i < stage_.nodes.size(); ++i) {
      client->link(static_cast<int>(i)).Break({Vote::kDown, "its slot moved"});
    }
  }
  add_client_();
}

void Trouble::MoveAName() {
  ModelClient& client = *clients_[random_.Below(static_cast<int>(clients_.size()))];
  const bool first = random_.Chance(50);
  const bool home = random_.Chance(50);
  if (Strikes(Fault::kMovedName, client.name())) client.MoveName(first, home);
}

// It is back at once, so that who has not noticed yet still has answers from before.
void Trouble::RestartADoubledNode() {
  const int node = random_.Below(2);
  if (NodeAt(node).up()) Restart(node, milliseconds(20));
}

// No user reaches the second node after it, so that only this one and the first after it know of
// tokens. Then it forgets, the clients are replaced, and the new ones do not reach the other that
// knows: before the node is open again, or after. The idle client reaches all, and can open it.
void Trouble::ForgetAToken(int index) {
  const int count = static_cast<int>(stage_.nodes.size());
  const int knows = (index + 1) % count;
  // Later than the nodes are young, which together may forget.
  const nanoseconds forgets = stage_.shape.max_ttl + milliseconds(50) + UpTo(milliseconds(200));
  const bool open = random_.Chance(60);
  const nanoseconds pause = open
                                ? stage_.shape.max_ttl + milliseconds(300) + UpTo(milliseconds(500))
                                : UpTo(milliseconds(100));
  idle_ = clients_.back().get();
  BlockAll((index + 2) % count, forgets + pause);
  world_.After(forgets, [this, index] {
    if (!Strikes(Fault::kFlush, NodeAt(index).name())) return;
    Flush(index);
    BreakAll(index, "timed out");
  });
  world_.After(forgets + pause, [this, knows] { ReplaceClients(knows); });
}

void Trouble::ReplaceClients(int node) {
  if (!Strikes(Fault::kDeadClient, "all")) return;
  const std::size_t old = clients_.size();
  for (std::size_t i = 0; i < old; ++i) {
    if (clients_[i]->dead() || IsIdle(*clients_[i])) continue;
    clients_[i]->Die();
    add_client_();
  }
  BlockAll(node, 2 * stage_.shape.max_ttl);
}

void Trouble::BlockAll(int node, nanoseconds pause) {
  if (!Strikes(Fault::kBlockedConnection, "all to " + NodeAt(node).name())) return;
  for (const auto& client : clients_) {
    if (!IsIdle(*client)) client->link(node).Block(pause);
  }
}

// Soon after another lock than `before` was released. What was saved when that began is there again
// on all of them.
void Trouble::CutPowerAfter(const std::string& before) {
  const nanoseconds soon = UpTo(milliseconds(40));
  world_.After(soon, [this, before] {
    if (world_.healed()) return;
    const std::string& released = stage_.released_nonce;
    if (released != before) CutPower();
    CutPowerAfter(released);
  });
}

void Trouble::CutPower() {
  std::vector<nanoseconds> pauses;
  for (std::size_t i = 0; i < stage_.nodes.size(); ++i) pauses.push_back(UpTo(milliseconds(60)));
  if (!Strikes(Fault::kPowerCut, "all nodes")) return;
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    StopFor(static_cast<int>(i), ModelNode::Loss::kSinceSave, pauses[i]);
  }
}

// It and another one, before they are given another configuration, and after that.
void Trouble::RestartTwice(int index) {
  const int other = (index + 1) % static_cast<int>(stage_.nodes.size());
  const nanoseconds again = milliseconds(500) + UpTo(milliseconds(200));
  for (const int node : {index, other}) RestartSaved(node);
  world_.After(again, [this, index, other] {
    for (const int node : {index, other}) RestartSaved(node);
  });
}

void Trouble::RestartSaved(int index) {
  const nanoseconds pause = UpTo(milliseconds(50));
  if (!NodeAt(index).up() || world_.healed()) return;
  if (!Strikes(Fault::kRestartWithLoss, NodeAt(index).name())) return;
  StopFor(index, ModelNode::Loss::kSinceSave, pause);
}

// The first time everybody may open it again, and the first to do so is held up. The second time
// nobody does, since nobody can connect.
void Trouble::FlushTwice(int index) {
  const nanoseconds noticed = milliseconds(20) + UpTo(milliseconds(100));
  if (!Strikes(Fault::kFlush, NodeAt(index).name() + ", twice")) return;
  Flush(index);
  AfterAHeldUpOpening([this, noticed] {
    const int again = *stage_.held_up_node;
    Flush(again);
    world_.After(noticed, [this, again] { CutOffFor(again, milliseconds(1'500)); });
  });
}

void Trouble::AfterAHeldUpOpening(const std::function<void()>& what) {
  const nanoseconds pause = UpTo(milliseconds(60));
  world_.After(pause, [this, what] {
    if (world_.healed()) return;
    stage_.held_up_node ? what() : AfterAHeldUpOpening(what);
  });
}

}  // namespace holdfast::core
