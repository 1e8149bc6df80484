#include "keeper.h"

#include <time.h>

#include <utility>

#include "asio/io_context.hpp"
#include "contestant.h"
#include "die.h"
#include "holdfast/client.h"

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
  Holder(const std::vector<std::string>& urls, int locks)
      : client_(Client::Create(io_.get_executor(), {.nodes = urls, .new_installation = true})),
        to_start_(locks) {
    if (!client_.ok()) Die(client_.status().ToString());
    for (int i = 0; i < kInFlight; ++i) AcquireNext();
    while (static_cast<int>(locks_.size()) < locks) io_.run_one();
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
    const std::string name = "held:" + std::to_string(to_start_--);
    client_->Acquire(name, {.auto_extend = true}, [this](absl::StatusOr<Lock> lock) {
      if (!lock.ok()) Die(lock.status().ToString());
      locks_.push_back(*std::move(lock));
      AcquireNext();
    });
  }

  asio::io_context io_{1};
  absl::StatusOr<Client> client_;
  std::vector<Lock> locks_;
  int to_start_;
};

}  // namespace

KeeperLoad HoldMany(const std::vector<std::string>& urls, int locks, std::chrono::seconds span) {
  Holder holder(urls, locks);
  KeeperLoad load;
  load.cpu_share = holder.CpuShareOver(span);
  load.lost = holder.lost();
  return load;
}

}  // namespace holdfast::bench
