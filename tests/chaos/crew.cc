#include "chaos/crew.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <utility>

#include "chaos/program.h"
#include "support/eventually.h"

namespace holdfast::testing {
namespace {

// A run of the program waits for two seconds, and has its lock for three.
constexpr std::int64_t kRunEnds = 30'000'000'000;

}  // namespace

void Crew::Add(Member member) {
  Begin(member);
  members_.push_back(std::move(member));
}

void Crew::Begin(Member& member) {
  member.pid = member.start();
  member.paused = false;
  member.killed = false;
  member.since = BootTime();
}

void Crew::Step() {
  for (Member& member : members_) LookAfter(member);
}

void Crew::LookAfter(Member& member) {
  int status = 0;
  if (member.pid > 0 && waitpid(member.pid, &status, WNOHANG) == member.pid) {
    NoteEnd(member, status);
    member.pid = 0;
    if (!ledger_.over()) Begin(member);
    return;
  }
  const bool too_long = BootTime() - member.since > kRunEnds;
  if (member.pid == 0 || !member.short_lived || member.paused || !too_long) return;
  failures_.emplace_back("a run of the program does not end");
  kill(member.pid, SIGKILL);
  member.killed = true;
  member.since = BootTime();
}

void Crew::NoteEnd(Member& member, int status) {
  if (member.killed) return;
  const int exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  if (member.short_lived) {
    ++statuses_[exit_status];
    if (MayEndWith(exit_status)) return;
    failures_.push_back("a run of the program ended with " + std::to_string(exit_status));
  } else if (exit_status != 0 || !ledger_.over()) {
    failures_.push_back("a worker ended with " + std::to_string(exit_status));
  }
}

void Crew::Pause(int member) {
  if (members_[member].pid == 0) return;
  kill(members_[member].pid, SIGSTOP);
  members_[member].paused = true;
}

void Crew::Continue(int member) {
  if (!members_[member].paused) return;
  kill(members_[member].pid, SIGCONT);
  members_[member].paused = false;
  members_[member].since = BootTime();
}

void Crew::Kill(int member) {
  if (members_[member].pid == 0) return;
  kill(members_[member].pid, SIGKILL);
  members_[member].killed = true;
}

bool Crew::AllEnded() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.pid == 0; });
}

void Crew::Join() {
  const bool ended = Eventually(
      [this] {
        Step();
        return AllEnded();
      },
      2 * kPatience);
  if (ended) return;
  failures_.emplace_back("a client does not end");
  for (int member = 0; member < size(); ++member) Kill(member);
  Eventually([this] {
    Step();
    return AllEnded();
  });
}

}  // namespace holdfast::testing
