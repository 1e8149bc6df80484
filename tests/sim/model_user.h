// One after the other takes a lock, extends it a few times, and gives it up; in every way there is.
// Meanwhile it writes to the store, also when it should not.
#ifndef HOLDFAST_TESTS_SIM_MODEL_USER_H_
#define HOLDFAST_TESTS_SIM_MODEL_USER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "model_client.h"
#include "stage.h"

namespace holdfast::core {

class ModelUser final : public LeaseObserver {
 public:
  explicit ModelUser(ModelClient& client);

 private:
  // The name that most want.
  static constexpr std::string_view kHot = "a";

  // When, after the last trouble, all nodes have said what they still have, and nothing keeps a
  // lock from being extended.
  static constexpr milliseconds kCalm{3'000};

  Engine& engine() { return client_.engine(); }
  nanoseconds UpTo(int most_ms) { return random_.Between(milliseconds(0), milliseconds(most_ms)); }

  // Nodes without which there is a quorum.
  int Spare() const { return stage_.shape.nodes - stage_.shape.quorum; }

  // Whether locks are held for long.
  bool Persists() const {
    const Scene scene = stage_.shape.scene;
    return scene == Scene::kQuorumFailsOver || scene == Scene::kReconfigured;
  }

  void After(nanoseconds pause, void (ModelUser::*act)());
  void Pause(int most_ms);
  milliseconds Ttl();
  std::vector<std::string> Names();
  AcquireOptions Options();

  void Acquire();
  void ReleaseAnExtendingLock();
  void TakeOverAReleasedLock();
  void TakeOverAgain();
  void CancelLater(std::uint64_t ticket);
  void Inspect();

  void Hold(LeaseId id);
  void CheckTokens();
  void OpenStore(std::int64_t token);
  void WriteToStore();
  void Continue();
  void NextStep();
  bool Calm(milliseconds more) const;
  void Extend();
  void StopWhileExtending();
  void CheckKept();
  void Release();
  void SaveNodes();
  void Forget();
  void Believe();
  void CheckNodes();
  void EndBelief();

  bool OnValidity(TimePoint valid_until, TimePoint lost_at) override;
  void OnLost() override;

  void Expect(bool good, Checker checker, const char* otherwise) {
    stage_.findings.Expect(good, checker, otherwise);
  }
  void Say(const std::string& what) const;

  ModelClient& client_;
  Stage& stage_;
  World& world_;
  Happenings& happenings_;
  Random random_;
  std::vector<std::string> names_;
  AcquireOptions options_;
  LeaseId id_;
  TimePoint asked_;
  TimePoint acquired_;
  TimePoint valid_until_;
  TimePoint lost_at_ = kNever;
  bool lost_ = false;
  bool believes_ = false;
  bool extended_ = false;             // Or it was tried.
  std::optional<std::size_t> hold_;   // In the history.
  std::optional<std::int64_t> seen_;  // In the store.
  std::int64_t token_ = 0;            // For the store.
  std::uint64_t tokens_history_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_USER_H_
