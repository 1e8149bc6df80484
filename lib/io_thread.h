// The thread of the blocking clients.
#ifndef HOLDFAST_IO_THREAD_H_
#define HOLDFAST_IO_THREAD_H_

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/clock.h"

namespace holdfast::detail {

// A thread that runs the handlers. Ends when the client's connections are closed, which its last
// handle sees to; whoever destroys this waits for that.
class IoThread {
 public:
  // kResourceExhausted: no thread to be had.
  static absl::StatusOr<std::shared_ptr<IoThread>> Start() {
    try {
      return std::make_shared<IoThread>();
    } catch (const std::exception& error) {
      return absl::ResourceExhaustedError(std::string("no thread for the client: ") + error.what());
    }
  }

  // Use Start().
  IoThread() : parts_(std::make_shared<Parts>()), fork_generation_(net::ForkGeneration()) {
    thread_ = std::make_unique<std::thread>([parts = parts_] { parts->io.run(); });
  }

  ~IoThread() {
    if (net::ForkGeneration() != fork_generation_) {
      // The thread was not forked with us, and the epoll set is the parent's: leave both alone.
      static_cast<void>(thread_.release());
      static_cast<void>(new std::shared_ptr<Parts>(std::move(parts_)));
      return;
    }
    parts_->work.reset();
    // The last lock may go in a callback on the thread itself, which then ends on its own.
    if (thread_->get_id() == std::this_thread::get_id()) {
      thread_->detach();
    } else {
      thread_->join();
    }
  }

  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  asio::io_context& io() { return parts_->io; }

  // Not OK where nobody would ever answer: in a forked child, and on the thread itself.
  absl::Status CheckCaller() const {
    if (net::ForkGeneration() != fork_generation_) {
      return absl::FailedPreconditionError(
          "this client was made before fork(2); the child needs one of its own");
    }
    if (thread_->get_id() == std::this_thread::get_id()) {
      return absl::FailedPreconditionError("a callback must not wait for its own thread");
    }
    return absl::OkStatus();
  }

  // Runs `start(handler)` on the thread and waits for what `handler` is called with.
  template <class Result, class Start>
  Result Await(Start start) {
    if (absl::Status status = CheckCaller(); !status.ok()) return Failed<Result>(status);
    auto promise = std::make_shared<std::promise<Result>>();
    std::future<Result> result = promise->get_future();
    asio::post(io(), [start = std::move(start), promise]() mutable {
      start([promise](Result value) { promise->set_value(std::move(value)); });
    });
    return result.get();
  }

 private:
  // A result for each of several commands: their number is not known here.
  template <class Result>
  static Result Failed(const absl::Status& status) {
    if constexpr (std::is_constructible_v<Result, const absl::Status&>) {
      return Result(status);
    } else {
      return Result(1, status);
    }
  }

  struct Parts {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  };

  std::shared_ptr<Parts> parts_;
  const int fork_generation_;
  std::unique_ptr<std::thread> thread_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_IO_THREAD_H_
