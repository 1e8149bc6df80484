// The client processes of a run: they are replaced when they end, and can be paused and killed.
#ifndef HOLDFAST_TESTS_CHAOS_CREW_H_
#define HOLDFAST_TESTS_CHAOS_CREW_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "chaos/ledger.h"

namespace holdfast::testing {

class Crew {
 public:
  using Start = std::function<pid_t()>;
  explicit Crew(const Ledger& ledger) : ledger_(ledger) {}

  // One that goes on until the run is over, and then ends well.
  void AddWorker(Start start) { Add({std::move(start), false}); }

  // One that ends soon, in one of the ways that a run of the program may.
  void AddRun(Start start) { Add({std::move(start), true}); }

  // Replaces those that have ended.
  void Step();

  int size() const { return static_cast<int>(members_.size()); }
  bool paused(int member) const { return members_[member].paused; }
  void Pause(int member);
  void Continue(int member);
  void Kill(int member);

  // Until all have ended, when the run is over.
  void Join();

  // Of those that did not end as they should, in words.
  const std::vector<std::string>& failures() const { return failures_; }

  // How often runs of the program ended with which status.
  const std::map<int, int>& statuses() const { return statuses_; }

 private:
  struct Member {
    Start start;
    bool short_lived;
    pid_t pid = 0;  // 0: has ended.
    bool paused = false;
    bool killed = false;
    std::int64_t since = 0;  // It was started, or went on, at that time.
  };

  void Add(Member member);
  void Begin(Member& member);
  void LookAfter(Member& member);
  void NoteEnd(Member& member, int status);
  bool AllEnded() const;

  const Ledger& ledger_;
  std::vector<Member> members_;
  std::vector<std::string> failures_;
  std::map<int, int> statuses_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CREW_H_
