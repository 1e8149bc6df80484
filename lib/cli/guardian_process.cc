#include "cli/guardian_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "cli/boot_clock.h"
#include "cli/pidfd.h"

namespace holdfast::cli {
namespace {

using std::chrono::nanoseconds;

class GuardianProcess {
 public:
  explicit GuardianProcess(int socket)
      : socket_(socket), timer_(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC)) {}

  [[noreturn]] void Run() {
    for (;;) {
      Arm();
      pollfd ready[] = {{socket_, POLLIN, 0}, {timer_, POLLIN, 0}};
      poll(ready, 2, -1);
      // Deadlines first: an order that arrives too late must not undo one that has passed.
      ActOnDeadlines();
      if (ready[0].revents != 0) TakeOrder();
    }
  }

 private:
  void TakeOrder() {
    GuardianOrder order;
    const ssize_t size = recv(socket_, &order, sizeof order, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size != sizeof order) OnOrphaned();
    if (order.kind == GuardianOrder::Kind::kGoodbye) _exit(0);
    if (group_ == 0) Adopt(order.group);
    deadlines_.term_at = order.deadlines.term_at;
    // Once told to end, the command gets no more time, only less.
    deadlines_.kill_at =
        termed_ ? std::min(deadlines_.kill_at, order.deadlines.kill_at) : order.deadlines.kill_at;
  }

  void Adopt(pid_t group) {
    group_ = group;
    command_ = PidfdOpen(group);
  }

  [[noreturn]] void OnOrphaned() {
    Signal(SIGKILL);
    _exit(1);
  }

  void ActOnDeadlines() {
    const nanoseconds now = BootNow();
    if (!killed_ && now >= deadlines_.kill_at) return Kill();
    if (!termed_ && now >= deadlines_.term_at) Term();
  }

  void Term() {
    termed_ = true;
    Tell(GuardianAct::kTerm);
    Signal(SIGTERM);
    Signal(SIGCONT);  // A stopped process takes no SIGTERM.
  }

  void Kill() {
    termed_ = killed_ = true;
    Tell(GuardianAct::kKill);
    Signal(SIGKILL);
  }

  // Said before the act, so that the wrapper knows it when it sees the command's end.
  void Tell(GuardianAct act) const {
    if (CommandRuns()) send(socket_, &act, sizeof act, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  bool CommandRuns() const {
    pollfd ended{command_, POLLIN, 0};
    return poll(&ended, 1, 0) == 0;
  }

  void Signal(int signal) const {
    if (group_ > 0) kill(-group_, signal);
  }

  nanoseconds NextDeadline() const {
    if (killed_) return nanoseconds::max();
    return termed_ ? deadlines_.kill_at : std::min(deadlines_.term_at, deadlines_.kill_at);
  }

  void Arm() const {
    const nanoseconds next = NextDeadline();
    itimerspec spec{};  // All zero disarms.
    if (next != nanoseconds::max()) {
      const nanoseconds at = std::max(next, nanoseconds(1));
      const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
      spec.it_value.tv_sec = seconds.count();
      spec.it_value.tv_nsec = (at - seconds).count();
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);
  }

  const int socket_;
  const int timer_;
  int command_ = -1;  // pidfd of the group's first process.
  pid_t group_ = 0;
  Deadlines deadlines_;
  bool termed_ = false;
  bool killed_ = false;
};

// Out of reach of the terminal, of signals to the wrapper's group and of those that a service
// manager sends to all: it ends by its socket alone.
void Isolate() {
  setsid();
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  prctl(PR_SET_NAME, "holdfast-guard");
  if (chdir("/") != 0) _exit(1);
}

// Keeps no pipe of the wrapper's open: whoever reads its output must see its end.
int KeepOnly(int fd) {
  if (fd != 0) dup2(fd, 0);
  close_range(1, ~0U, 0);
  return 0;
}

}  // namespace

void BeGuardian(int socket) {
  Isolate();
  GuardianProcess(KeepOnly(socket)).Run();
}

}  // namespace holdfast::cli
