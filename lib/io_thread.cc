#include "io_thread.h"

#include <exception>
#include <string>

#include "net/loss_watch.h"

namespace holdfast::detail {

absl::StatusOr<std::shared_ptr<IoThread>> IoThread::Start() {
  try {
    return std::make_shared<IoThread>()->NewHandle();
  } catch (const std::exception& error) {
    return absl::ResourceExhaustedError(std::string("no thread for the client: ") + error.what());
  }
}

IoThread::IoThread() : thread_(std::make_unique<std::thread>([loop = loop_] { loop->Run(); })) {}

IoThread::~IoThread() {
  if (loop_->forked()) {
    // The thread was not forked with us, and the epoll set is the parent's: leave both alone.
    static_cast<void>(thread_.release());
    static_cast<void>(new std::shared_ptr<IoLoop>(std::move(loop_)));
    return;
  }
  loop_->End();
  // The last lock may go in a callback on the thread itself, which then ends on its own.
  if (thread_->get_id() == std::this_thread::get_id()) {
    thread_->detach();
  } else {
    thread_->join();
  }
}

std::shared_ptr<IoThread> IoThread::NewHandle() {
  return {this, [self = shared_from_this()](IoThread* thread) { thread->Nudge(); }};
}

absl::Status IoThread::CheckCaller() const {
  if (loop_->forked()) {
    return absl::FailedPreconditionError(
        "this client was made before fork(2); the child needs one of its own");
  }
  if (loop_->io().get_executor().running_in_this_thread() || net::LossWatch::IsThisThread()) {
    return absl::FailedPreconditionError("a callback must not wait for its own thread");
  }
  return absl::OkStatus();
}

}  // namespace holdfast::detail
