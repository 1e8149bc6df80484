// Which seats of a cluster vote, as a client sees it that only looks.
#ifndef HOLDFAST_TESTS_CHAOS_SEAT_WATCH_H_
#define HOLDFAST_TESTS_CHAOS_SEAT_WATCH_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "chaos/ledger.h"
#include "holdfast/blocking.h"

namespace holdfast::testing {

// A time for which a seat did not vote.
struct Silence {
  std::string seat = {};
  bool quarantined = false;  // It had a server that might not vote yet; else it had none.
  std::int64_t from = 0;     // BootTime
  std::int64_t until = 0;
};

// Looks all the time, on a thread of its own.
class SeatWatch {
 public:
  explicit SeatWatch(const ClientOptions& options);
  ~SeatWatch();
  SeatWatch(const SeatWatch&) = delete;
  SeatWatch& operator=(const SeatWatch&) = delete;

  // Whether all seats voted when it was looked last, which was after `since`.
  bool AllVoteSince(std::int64_t since) const;

  // What was seen, those that last still included.
  std::vector<Silence> silences() const;

  // Why seats do not vote, in words.
  std::string Reasons() const;

 private:
  void Look();
  void Note(std::int64_t now, const NodeStatus& seat);

  BlockingClient client_;
  mutable std::mutex mutex_;
  std::int64_t looked_ = 0;
  std::map<std::string, Silence> open_;
  std::map<std::string, std::string> reasons_;
  std::vector<Silence> past_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_SEAT_WATCH_H_
