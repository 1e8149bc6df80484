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
    case Scene::kNone:
    case Scene::kOneServerTwice:
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
