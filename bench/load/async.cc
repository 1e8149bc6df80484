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
    RunUntilStopped();
  }

  // Every node answers this behind all that it was sent before.
  void Drain() override {
    client_->Inspect(NameOf(0), [this](const absl::StatusOr<Inspection>& inspection) {
      MustBeOk(inspection.status());
      io_.stop();
    });
    RunUntilStopped();
  }

 private:
  struct Slot {
    std::string name;
    Clock::time_point start;
    Clock::time_point acquired;
    std::optional<Lock> lock;
  };

  // As a program does that has nothing else to do; Asio keeps memory from handler to handler only
  // within one run().
  void RunUntilStopped() {
    io_.restart();
    io_.run();
  }

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
      if (--to_finish_ == 0) return io_.stop();
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
