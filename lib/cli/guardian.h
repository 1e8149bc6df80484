// The wrapper's side of the guardian process.
#ifndef HOLDFAST_CLI_GUARDIAN_H_
#define HOLDFAST_CLI_GUARDIAN_H_

#include <sys/types.h>

#include <optional>

#include "absl/status/statusor.h"
#include "cli/guardian_process.h"
#include "net/unique_fd.h"

namespace holdfast::cli {

// Owns the guardian process; destruction dismisses it.
class Guardian {
 public:
  // Forks it. To be called before the process has a second thread.
  static absl::StatusOr<Guardian> Start();

  Guardian(Guardian&& other) noexcept;
  Guardian& operator=(Guardian&&) = delete;
  ~Guardian() { Dismiss(); }

  // Readable when there is something for `ReadAct`.
  int fd() const { return socket_.get(); }

  // Makes it end the process group by these deadlines, which replace the earlier ones. False if
  // the guardian is gone.
  bool Watch(pid_t group, const Deadlines& deadlines);

  // What it did since the last call; nullopt if nothing.
  std::optional<GuardianAct> ReadAct();

  // True once `ReadAct` has found that the guardian ended by itself.
  bool gone() const { return gone_; }

  // Waits until it has ended. After that nobody signals the group any more, so its first process
  // may be reaped and its number be used again.
  void Dismiss();

 private:
  Guardian(pid_t pid, net::UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}
  bool Send(const GuardianOrder& order) const;

  pid_t pid_;
  net::UniqueFd socket_;
  bool gone_ = false;
};

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_GUARDIAN_H_
