// What goes wrong in a run. Each fault has a number, so that a run can be repeated without it.
#ifndef HOLDFAST_TESTS_SIM_TROUBLE_H_
#define HOLDFAST_TESTS_SIM_TROUBLE_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model_client.h"
#include "model_node.h"
#include "stage.h"

namespace holdfast::core {

using ModelClients = std::vector<std::unique_ptr<ModelClient>>;

class Trouble {
 public:
  // `without`: numbers of faults that do not happen.
  Trouble(Stage& stage, ModelClients& clients, const std::set<int>& without,
          std::function<void()> add_client);

  // How many faults there were, or would have been.
  int faults() const { return number_; }

 private:
  void Repeat(nanoseconds longest, std::function<void()> what);
  bool Strikes(Fault fault, const std::string& whom);

  int AnyNode() { return random_.Below(static_cast<int>(stage_.nodes.size())); }
  nanoseconds UpTo(nanoseconds longest) { return random_.Between(nanoseconds(0), longest); }
  ModelNode& NodeAt(int index) { return *stage_.nodes[index]; }

  void TroubleAClient();
  void BreakConnection(ModelClient& client);
  void SleepAWhile(ModelClient& client);
  void StepWallClock(ModelClient& client);
  void ForgetScripts();
  void Kill(ModelClient& client);

  void TroubleANode();
  void DeleteALock();
  void UpsetClock(int node);
  void Move(int node);
  void FailOver(int node);
  void EndOldServer(int node);
  void BreakStale(int node);
  void CutOff(int node);
  void CutOffFor(int node, nanoseconds pause);
  void BecomeReplica(int node);
  void FallBack(int node);
  void AnswerErrors(int node);
  void BreakAll(int node, const char* why);
  void FlushSoon(int node);
  void Flush(int node);
  void RestartSoon(int node);
  void Restart(int node, milliseconds longest);
  void StopFor(int node, ModelNode::Loss loss, nanoseconds pause);

  // scene_trouble.cc
  bool PlayScene();
  void FailOverAQuorum();
  void MoveAName();
  void RestartADoubledNode();
  bool IsIdle(const ModelClient& client) const { return &client == idle_; }
  void BlockAll(int node, nanoseconds pause);
  void ForgetAToken(int node);
  void ReplaceClients(int node);
  void CutPowerAfter(const std::string& before);
  void CutPower();
  void RestartTwice(int node);
  void RestartSaved(int node);
  void FlushTwice(int node);
  void AfterAHeldUpOpening(const std::function<void()>& what);

  Stage& stage_;
  World& world_;
  ModelClients& clients_;
  const std::set<int>& without_;
  std::function<void()> add_client_;
  Random random_;
  const ModelClient* idle_ = nullptr;  // One without users, if there is any.
  int number_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_TROUBLE_H_
