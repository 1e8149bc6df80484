#include "cli/guardian.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "cli/pidfd.h"
#include "cli/system_error.h"

namespace holdfast::cli {
namespace {

// It answers a goodbye in microseconds, unless it is stopped or the machine is very busy.
constexpr int kGoodbyeMs = 1'000;

void WaitForExit(pid_t pid) {
  const net::UniqueFd process(PidfdOpen(pid));
  pollfd ended{process.get(), POLLIN, 0};
  if (poll(&ended, 1, kGoodbyeMs) <= 0) kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<Guardian> Guardian::Start() {
  int ends[2];
  // SEQPACKET: an order arrives whole or not at all, and both sides see the other's end.
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return SystemError("cannot make a socket for the guardian process");
  }
  net::UniqueFd ours(ends[0]), theirs(ends[1]);
  const pid_t pid = fork();
  if (pid < 0) return SystemError("cannot start the guardian process");
  if (pid == 0) BeGuardian(theirs.get());
  return Guardian(pid, std::move(ours));
}

Guardian::Guardian(Guardian&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), socket_(std::move(other.socket_)), gone_(other.gone_) {}

bool Guardian::Send(const GuardianOrder& order) const {
  return send(socket_.get(), &order, sizeof order, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof order;
}

bool Guardian::Watch(pid_t group, const Deadlines& deadlines) {
  return Send({GuardianOrder::Kind::kWatch, group, deadlines});
}

std::optional<GuardianAct> Guardian::ReadAct() {
  char act = 0;
  const ssize_t size = recv(socket_.get(), &act, sizeof act, MSG_DONTWAIT);
  if (size == sizeof act) return static_cast<GuardianAct>(act);
  if (size == 0 || (errno != EAGAIN && errno != EINTR)) gone_ = true;
  return std::nullopt;
}

void Guardian::Dismiss() {
  if (pid_ <= 0) return;
  Send({GuardianOrder::Kind::kGoodbye, 0, {}});
  WaitForExit(pid_);
  pid_ = 0;
}

}  // namespace holdfast::cli
