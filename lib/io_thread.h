// The thread of the blocking clients.
#ifndef HOLDFAST_IO_THREAD_H_
#define HOLDFAST_IO_THREAD_H_

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "io_loop.h"

namespace holdfast::detail {

// A loop, and the thread that runs the handlers while no caller does. Ends when the client's
// connections are closed, which its last handle sees to; whoever destroys this waits for that.
class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  // kResourceExhausted: no thread to be had.
  static absl::StatusOr<std::shared_ptr<IoThread>> Start();

  // Use Start().
  IoThread();
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  // For what does something in the background when its last copy goes: that is then seen to.
  std::shared_ptr<IoThread> NewHandle();

  asio::io_context& io() { return loop_->io(); }

  // See IoLoop.
  void Nudge() noexcept { loop_->Nudge(); }
  void Stay() noexcept { loop_->Stay(); }

  // Not OK where nobody would ever answer: in a forked child, and inside the loop; nor where all
  // who are to be told of a loss would have to wait.
  absl::Status CheckCaller() const;

  // Runs `start(handler)` in the loop and waits for what `handler` is called with.
  template <class Result, class Start>
  Result Await(Start start) {
    // A handler may let the client go while this thread runs it.
    const std::shared_ptr<IoThread> self = shared_from_this();
    if (absl::Status status = CheckCaller(); !status.ok()) return Failed<Result>(status);
    Waiting<Result> waiting;
    asio::post(io(), [this, &waiting, start = std::move(start)]() mutable {
      start([this, &waiting](Result result) {
        waiting.result.emplace(std::move(result));
        loop_->Answer(waiting.call);
      });
    });
    loop_->AwaitAnswer(waiting.call);
    if (loop_->forked()) return Failed<Result>(CheckCaller());
    return *std::move(waiting.result);
  }

 private:
  template <class Result>
  struct Waiting {
    std::optional<Result> result;
    IoLoop::Call call;
  };

  // A result for each of several commands: their number is not known here.
  template <class Result>
  static Result Failed(const absl::Status& status) {
    if constexpr (std::is_constructible_v<Result, const absl::Status&>) {
      return Result(status);
    } else {
      return Result(1, status);
    }
  }

  std::shared_ptr<IoLoop> loop_ = std::make_shared<IoLoop>();
  std::unique_ptr<std::thread> thread_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_IO_THREAD_H_
