#include "holdfast/blocking.h"

#include <string>

#include "absl/status/statusor.h"
#include "load/contestant.h"
#include "load/die.h"

namespace holdfast::bench {
namespace {

class Blocking final : public Contestant {
 public:
  explicit Blocking(const Setup& setup) : client_(BlockingClient::Create(OptionsFor(setup))) {
    MustBeOk(client_.status());
  }

  void RunPairs(int /*in_flight*/, int pairs, Times& times) override {
    const std::string name = NameOf(0);
    for (int i = 0; i < pairs; ++i) {
      const Clock::time_point start = Clock::now();
      absl::StatusOr<BlockingLock> lock = client_->Acquire(name);
      MustBeOk(lock.status());
      const Clock::time_point acquired = Clock::now();
      MustBeOk(lock->Release());
      times.Add(start, acquired, Clock::now());
    }
  }

  // Behind all that was sent before.
  void Drain() override { MustBeOk(client_->Inspect(NameOf(0)).status()); }

 private:
  absl::StatusOr<BlockingClient> client_;
};

}  // namespace

std::unique_ptr<Contestant> MakeBlocking(const Setup& setup) {
  return std::make_unique<Blocking>(setup);
}

}  // namespace holdfast::bench
