#include "contestant.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asio/io_context.hpp"
#include "die.h"
#include "holdfast/blocking.h"
#include "holdfast/client.h"

namespace holdfast::bench {
namespace {

void MustBeOk(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

class Async final : public Contestant {
 public:
  explicit Async(const std::vector<std::string>& urls)
      : client_(Client::Create(io_.get_executor(), {.nodes = urls, .new_installation = true})) {
    MustBeOk(client_.status());
  }

  void RunPairs(int in_flight, int pairs, Durations& durations) override {
    durations_ = &durations;
    to_start_ = to_finish_ = pairs;
    while (static_cast<int>(slots_.size()) < in_flight) {
      slots_.push_back({"async:" + std::to_string(slots_.size()), {}, {}});
    }
    for (int i = 0; i < in_flight; ++i) Start(i);
    while (to_finish_ > 0) io_.run_one();
    AwaitSlowest();
  }

 private:
  struct Slot {
    std::string name;
    Clock::time_point start;
    std::optional<Lock> lock;
  };

  void Start(int i) {
    if (to_start_ == 0) return;
    --to_start_;
    slots_[i].start = Clock::now();
    client_->Acquire(slots_[i].name, {}, [this, i](absl::StatusOr<Lock> lock) {
      MustBeOk(lock.status());
      Release(i, *std::move(lock));
    });
  }

  void Release(int i, Lock lock) {
    slots_[i].lock.emplace(std::move(lock)).Release([this, i](const absl::Status& status) {
      MustBeOk(status);
      durations_->push_back(Clock::now() - slots_[i].start);
      --to_finish_;
      Start(i);
    });
  }

  // Every node answers this behind all that it was sent before.
  void AwaitSlowest() {
    bool answered = false;
    client_->Inspect("async:0", [&answered](const absl::StatusOr<Inspection>& inspection) {
      MustBeOk(inspection.status());
      answered = true;
    });
    while (!answered) io_.run_one();
  }

  asio::io_context io_{1};
  absl::StatusOr<Client> client_;
  std::vector<Slot> slots_;
  Durations* durations_ = nullptr;
  int to_start_ = 0;
  int to_finish_ = 0;
};

class Blocking final : public Contestant {
 public:
  explicit Blocking(const std::vector<std::string>& urls)
      : client_(BlockingClient::Create({.nodes = urls, .new_installation = true})) {
    MustBeOk(client_.status());
  }

  void RunPairs(int /*in_flight*/, int pairs, Durations& durations) override {
    for (int i = 0; i < pairs; ++i) {
      const Clock::time_point start = Clock::now();
      absl::StatusOr<BlockingLock> lock = client_->Acquire("blocking");
      MustBeOk(lock.status());
      MustBeOk(lock->Release());
      durations.push_back(Clock::now() - start);
    }
    MustBeOk(client_->Inspect("blocking").status());  // Behind all that was sent before.
  }

 private:
  absl::StatusOr<BlockingClient> client_;
};

}  // namespace

std::unique_ptr<Contestant> MakeAsync(const std::vector<std::string>& urls) {
  return std::make_unique<Async>(urls);
}

std::unique_ptr<Contestant> MakeBlocking(const std::vector<std::string>& urls) {
  return std::make_unique<Blocking>(urls);
}

}  // namespace holdfast::bench
