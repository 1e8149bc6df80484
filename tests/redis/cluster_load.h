// Threads that count on a cluster, and what became of each count.
#ifndef HOLDFAST_TESTS_REDIS_CLUSTER_LOAD_H_
#define HOLDFAST_TESTS_REDIS_CLUSTER_LOAD_H_

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "holdfast/blocking_redis.h"
#include "holdfast/redis_errors.h"
#include "redis/cluster_client.h"

namespace holdfast::testing {

struct Tally {
  std::int64_t acknowledged = 0;
  std::int64_t not_executed = 0;
  std::int64_t unknown = 0;  // May have been executed.
  std::int64_t others = 0;
  std::string an_error = {};            // One of the others.
  std::chrono::milliseconds outage{0};  // The longest time between two acknowledgements.
};

// Each thread has keys of its own, and increments them in turn; with `in_pairs` two at once, in a
// transaction.
class ClusterLoad {
 public:
  ClusterLoad(const BlockingRedis& redis, std::vector<std::vector<std::string>> keys,
              bool in_pairs = false)
      : redis_(redis), keys_(std::move(keys)), in_pairs_(in_pairs) {
    for (const auto& mine : keys_) threads_.emplace_back([this, &mine] { Run(mine); });
  }
  ~ClusterLoad() { Finish(); }

  // Returns once nothing is under way.
  void Pause() {
    paused_ = true;
    while (busy_ > 0) Yield();
  }
  void Continue() { paused_ = false; }
  void Finish() {
    ending_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  // Of all keys together.
  Tally total() {
    Tally total;
    const std::lock_guard lock(mutex_);
    for (const auto& [key, tally] : tallies_) {
      total.acknowledged += tally.acknowledged;
      total.not_executed += tally.not_executed;
      total.unknown += tally.unknown;
      total.others += tally.others;
      total.outage = std::max(total.outage, tally.outage);
      if (!tally.an_error.empty()) total.an_error = tally.an_error;
    }
    return total;
  }
  std::map<std::string, Tally> tallies() {
    const std::lock_guard lock(mutex_);
    return tallies_;
  }
  std::int64_t acknowledged() { return total().acknowledged; }

  // For the test's log.
  void Show(const char* what) {
    const Tally sum = total();
    printf(
        "[ FIGURES  ] %s: %lld acknowledged, %lld may have been executed, %lld not executed, "
        "%lld other errors%s, longest outage of a key %lld ms\n",
        what, static_cast<long long>(sum.acknowledged), static_cast<long long>(sum.unknown),
        static_cast<long long>(sum.not_executed), static_cast<long long>(sum.others),
        sum.an_error.empty() ? "" : (" (" + sum.an_error + ")").c_str(),
        static_cast<long long>(sum.outage.count()));
  }

 private:
  using Clock = std::chrono::steady_clock;

  void Run(const std::vector<std::string>& keys) {
    std::vector<Clock::time_point> last(keys.size(), Clock::now());
    for (std::size_t i = 0; !ending_; i = (i + 1) % keys.size()) {
      ++busy_;
      if (paused_) {
        --busy_;
        Yield();
        std::fill(last.begin(), last.end(), Clock::now());
        continue;
      }
      const std::size_t next = (i + 1) % keys.size();
      const absl::Status status = Increment(keys[i], keys[next]);
      const Clock::time_point now = Clock::now();
      Count(keys[i], status, now - last[i]);
      if (in_pairs_) Count(keys[next], status, {});
      if (status.ok()) last[i] = now;
      --busy_;
    }
  }

  absl::Status Increment(const std::string& key, const std::string& other) {
    if (!in_pairs_) return redis_.Execute({"INCR", key}).status();
    return redis_.Transaction(Batch().Add({"INCR", key}).Add({"INCR", other})).status();
  }

  void Count(const std::string& key, const absl::Status& status, Clock::duration since) {
    const std::lock_guard lock(mutex_);
    Tally& tally = tallies_[key];
    if (status.ok()) {
      ++tally.acknowledged;
      tally.outage =
          std::max(tally.outage, std::chrono::duration_cast<std::chrono::milliseconds>(since));
    } else if (MayHaveBeenExecuted(status)) {
      ++tally.unknown;
    } else if (WasNotSent(status)) {
      ++tally.not_executed;
    } else {
      ++tally.others;
      tally.an_error = status.ToString();
    }
  }

  const BlockingRedis redis_;
  const std::vector<std::vector<std::string>> keys_;
  const bool in_pairs_;
  std::atomic<bool> ending_ = false;
  std::atomic<bool> paused_ = false;
  std::atomic<int> busy_ = 0;
  std::mutex mutex_;
  std::map<std::string, Tally> tallies_;  // Guarded by mutex_.
  std::vector<std::thread> threads_;      // Last: they use all of the above.
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_CLUSTER_LOAD_H_
