#include "holdfast/blocking.h"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "net/clock.h"

namespace holdfast {
namespace detail {

// A thread that runs the handlers. Ends when the client's connections are closed, which its last
// handle sees to; whoever destroys this waits for that.
class IoThread {
 public:
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

  // Runs `start(handler)` on the thread and waits for what `handler` is called with. An error where
  // nobody would ever answer: in a forked child, and on the thread itself.
  template <class Result, class Start>
  Result Await(Start start) {
    if (net::ForkGeneration() != fork_generation_) {
      return absl::FailedPreconditionError(
          "this client was made before fork(2); the child needs one of its own");
    }
    if (thread_->get_id() == std::this_thread::get_id()) {
      return absl::FailedPreconditionError("a callback must not wait for its own thread");
    }
    auto promise = std::make_shared<std::promise<Result>>();
    std::future<Result> result = promise->get_future();
    asio::post(io(), [start = std::move(start), promise]() mutable {
      start([promise](Result value) { promise->set_value(std::move(value)); });
    });
    return result.get();
  }

 private:
  struct Parts {
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  };

  std::shared_ptr<Parts> parts_;
  const int fork_generation_;
  std::unique_ptr<std::thread> thread_;
};

}  // namespace detail

absl::Status BlockingLock::Extend(std::chrono::milliseconds ttl) {
  return thread_->Await<absl::Status>(
      [this, ttl](auto handler) { lock_.Extend(ttl, std::move(handler)); });
}

absl::Status BlockingLock::Release() {
  return thread_->Await<absl::Status>([this](auto handler) { lock_.Release(std::move(handler)); });
}

absl::StatusOr<BlockingClient> BlockingClient::Create(ClientOptions options) {
  std::shared_ptr<detail::IoThread> thread;
  try {
    thread = std::make_shared<detail::IoThread>();
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(std::string("no thread for the client: ") + error.what());
  }
  auto client = Client::Create(thread->io().get_executor(), std::move(options));
  if (!client.ok()) return client.status();
  return BlockingClient(std::move(thread), *std::move(client));
}

absl::StatusOr<BlockingLock> BlockingClient::Acquire(const Names& names, AcquireOptions options,
                                                     std::stop_token cancel) const {
  const auto signal = std::make_shared<asio::cancellation_signal>();
  auto emit = [this, signal] {
    // Signals are not thread-safe: only ever on the thread.
    asio::post(thread_->io(), [signal] { signal->emit(asio::cancellation_type::terminal); });
  };
  // Registered once the call has started; a stop request from before is noticed then.
  std::optional<std::stop_callback<decltype(emit)>> on_cancel;
  auto lock = thread_->Await<absl::StatusOr<Lock>>([&](auto handler) {
    client_.Acquire(names, options, asio::bind_cancellation_slot(signal->slot(), handler));
    on_cancel.emplace(cancel, emit);
  });
  if (!lock.ok()) return lock.status();
  Recheck(lock);
  if (!lock.ok()) return lock.status();
  return BlockingLock(thread_, *std::move(lock));
}

absl::StatusOr<BlockingLock> BlockingClient::Attach(const Names& names,
                                                    std::string_view token) const {
  auto lock = client_.Attach(names, token);
  if (!lock.ok()) return lock.status();
  return BlockingLock(thread_, *std::move(lock));
}

absl::StatusOr<Inspection> BlockingClient::Inspect(std::string_view name) const {
  return thread_->Await<absl::StatusOr<Inspection>>(
      [&](auto handler) { client_.Inspect(name, std::move(handler)); });
}

absl::StatusOr<std::vector<NodeStatus>> BlockingClient::Nodes() const {
  return thread_->Await<absl::StatusOr<std::vector<NodeStatus>>>(
      [&](auto handler) { client_.Nodes(std::move(handler)); });
}

absl::StatusOr<Stats> BlockingClient::GetStats() const {
  return thread_->Await<absl::StatusOr<Stats>>(
      [&](auto handler) { client_.GetStats(std::move(handler)); });
}

absl::StatusOr<std::vector<NodeStatus>> BlockingClient::Reconfigure() const {
  return thread_->Await<absl::StatusOr<std::vector<NodeStatus>>>(
      [&](auto handler) { client_.Reconfigure(std::move(handler)); });
}

}  // namespace holdfast
