#include "load/holder.h"

#include <time.h>

#include <string>
#include <utility>
#include <vector>

#include "asio/io_context.hpp"
#include "holdfast/client.h"
#include "load/allocations.h"
#include "load/die.h"

namespace holdfast::bench {
namespace {

constexpr int kInFlight = 64;

double ThreadCpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Holder {
 public:
  Holder(const Setup& setup, std::string prefix)
      : client_(Client::Create(io_.get_executor(), OptionsFor(setup))), prefix_(std::move(prefix)) {
    MustBeOk(client_.status());
  }

  // More locks than those that are held already.
  void Acquire(int locks, const AcquireOptions& options) {
    options_ = options;
    to_start_ = locks;
    const std::size_t wanted = locks_.size() + static_cast<std::size_t>(locks);
    locks_.reserve(wanted);
    for (int i = 0; i < kInFlight; ++i) AcquireNext();
    while (locks_.size() < wanted) io_.run_one();
  }

  // Calls for locks that somebody else holds, of which each has been refused at least once.
  void Wait(int waiters) {
    const AcquireOptions patient{.wait = std::chrono::seconds(60)};
    for (int i = 1; i <= waiters; ++i) {
      client_->Acquire(prefix_ + std::to_string(i), patient, [](const absl::StatusOr<Lock>&) {});
    }
    io_.run_for(std::chrono::milliseconds(500));
  }

  double CpuShareOver(std::chrono::seconds span) {
    const double before = ThreadCpuSeconds();
    io_.run_for(span);
    return (ThreadCpuSeconds() - before) / std::chrono::duration<double>(span).count();
  }

  int lost() const {
    int lost = 0;
    for (const Lock& lock : locks_) lost += lock.lost().stop_requested() ? 1 : 0;
    return lost;
  }

 private:
  void AcquireNext() {
    if (to_start_ == 0) return;
    --to_start_;
    client_->Acquire(prefix_ + std::to_string(++started_), options_,
                     [this](absl::StatusOr<Lock> lock) {
                       MustBeOk(lock.status());
                       locks_.push_back(*std::move(lock));
                       AcquireNext();
                     });
  }

  asio::io_context io_{1};
  absl::StatusOr<Client> client_;
  const std::string prefix_;  // Of the locks' names.
  std::vector<Lock> locks_;
  AcquireOptions options_;
  int to_start_ = 0;
  int started_ = 0;
};

}  // namespace

HoldingLoad HoldMany(const Setup& setup, int locks, std::chrono::seconds span) {
  Holder holder(setup, "held:");
  holder.Acquire(1, {.auto_extend = true});  // Connects.
  const std::size_t before = AllocatedBytes();
  holder.Acquire(locks, {.auto_extend = true});
  HoldingLoad load;
  load.bytes_per_lock = (AllocatedBytes() - before) / static_cast<std::size_t>(locks);
  load.cpu_share = holder.CpuShareOver(span);
  load.lost = holder.lost();
  return load;
}

std::size_t BytesPerWaiter(const Setup& setup, int waiters) {
  const std::string prefix = "awaited:";
  Holder holder(setup, prefix);
  holder.Acquire(waiters, {.ttl = std::chrono::seconds(30)});
  Holder waiting(setup, prefix);
  waiting.Wait(1);
  const std::size_t before = AllocatedBytes();
  waiting.Wait(waiters);
  return (AllocatedBytes() - before) / static_cast<std::size_t>(waiters);
}

}  // namespace holdfast::bench
