#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asio/io_context.hpp"
#include "holdfast/client.h"
#include "load/contestant.h"
#include "load/die.h"

namespace holdfast::bench {
namespace {

class Async final : public Contestant {
 public:
  explicit Async(const Setup& setup)
      : client_(Client::Create(io_.get_executor(), OptionsFor(setup))) {
    MustBeOk(client_.status());
  }

  void RunPairs(int in_flight, int pairs, Times& times) override {
    times_ = &times;
    to_start_ = to_finish_ = pairs;
    while (static_cast<int>(slots_.size()) < in_flight) {
      slots_.push_back({NameOf(static_cast<int>(slots_.size())), {}, {}, {}});
    }
    for (int i = 0; i < in_flight; ++i) Start(i);
    while (to_finish_ > 0) io_.run_one();
  }

  // Every node answers this behind all that it was sent before.
  void Drain() override {
    bool answered = false;
    client_->Inspect(NameOf(0), [&answered](const absl::StatusOr<Inspection>& inspection) {
      MustBeOk(inspection.status());
      answered = true;
    });
    while (!answered) io_.run_one();
  }

 private:
  struct Slot {
    std::string name;
    Clock::time_point start;
    Clock::time_point acquired;
    std::optional<Lock> lock;
  };

  void Start(int i) {
    if (to_start_ == 0) return;
    --to_start_;
    slots_[i].start = Clock::now();
    client_->Acquire(slots_[i].name, {}, [this, i](absl::StatusOr<Lock> lock) {
      MustBeOk(lock.status());
      slots_[i].acquired = Clock::now();
      Release(i, *std::move(lock));
    });
  }

  void Release(int i, Lock lock) {
    slots_[i].lock.emplace(std::move(lock)).Release([this, i](const absl::Status& status) {
      MustBeOk(status);
      times_->Add(slots_[i].start, slots_[i].acquired, Clock::now());
      --to_finish_;
      Start(i);
    });
  }

  asio::io_context io_{1};
  absl::StatusOr<Client> client_;
  std::vector<Slot> slots_;
  Times* times_ = nullptr;
  int to_start_ = 0;
  int to_finish_ = 0;
};

}  // namespace

std::unique_ptr<Contestant> MakeAsync(const Setup& setup) { return std::make_unique<Async>(setup); }

}  // namespace holdfast::bench
