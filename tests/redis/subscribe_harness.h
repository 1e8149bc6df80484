// A Redis client on a thread of its own, and what its subscriptions hear.
#ifndef HOLDFAST_TESTS_REDIS_SUBSCRIBE_HARNESS_H_
#define HOLDFAST_TESTS_REDIS_SUBSCRIBE_HARNESS_H_

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/redis.h"
#include "support/eventually.h"
#include "support/redis_server.h"

namespace holdfast::testing {

// Aborts the program when it does not come.
template <class Result>
Result Await(std::future<Result> future) {
  if (future.wait_for(kPatience) == std::future_status::ready) return future.get();
  std::cerr << "an operation has not ended\n";
  std::abort();
}

// Subscriptions must go before it does: its destructor waits until nothing is under way.
class RedisOnThread {
 public:
  explicit RedisOnThread(RedisOptions options) {
    auto redis = Redis::Create(io_.get_executor(), std::move(options));
    if (!redis.ok()) {
      std::cerr << redis.status() << "\n";
      std::abort();
    }
    redis_.emplace(*std::move(redis));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RedisOnThread() {
    redis_.reset();
    work_.reset();
    thread_.join();
  }
  RedisOnThread(const RedisOnThread&) = delete;
  RedisOnThread& operator=(const RedisOnThread&) = delete;

  Redis& operator*() { return *redis_; }
  Redis* operator->() { return &*redis_; }
  void LetGo() { redis_.reset(); }

  std::future<absl::StatusOr<Subscription>> StartSubscribe(Channels channels,
                                                           SubscriptionHandler handler) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<Subscription>>>();
    redis_->Subscribe(std::move(channels), std::move(handler),
                      [promise](absl::StatusOr<Subscription> subscription) {
                        promise->set_value(std::move(subscription));
                      });
    return promise->get_future();
  }
  absl::StatusOr<Subscription> Subscribe(Channels channels, SubscriptionHandler handler) {
    return Await(StartSubscribe(std::move(channels), std::move(handler)));
  }

  absl::StatusOr<Reply> Execute(Command command) {
    std::promise<absl::StatusOr<Reply>> promise;
    auto future = promise.get_future();
    redis_->Execute(std::move(command),
                    [&](absl::StatusOr<Reply> reply) { promise.set_value(std::move(reply)); });
    return Await(std::move(future));
  }

  // Runs on the thread, and is waited for.
  template <class Action>
  void OnThread(Action action) {
    std::promise<void> promise;
    asio::post(io_, [&] {
      action();
      promise.set_value();
    });
    Await(promise.get_future());
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::optional<Redis> redis_;
  std::thread thread_;
};

// Writes down what it hears. Copies share it. Thread-safe.
class Ear {
 public:
  SubscriptionHandler handler() const {
    return SubscriptionHandler([ear = *this](const Message& message) { ear.Add(message); },
                               [ear = *this] { ear.AddGap(); },
                               [ear = *this](const absl::Status& why) { ear.AddEnd(why); });
  }

  // "channel payload", or "pattern channel payload".
  std::vector<std::string> heard() const { return Locked().heard; }
  std::size_t count() const { return Locked().heard.size(); }
  int gaps() const { return Locked().gaps; }
  std::vector<absl::Status> ends() const { return Locked().ends; }

  bool AwaitCount(std::size_t count) const {
    return Eventually([&] { return this->count() >= count; });
  }
  bool AwaitGaps(int gaps) const {
    return Eventually([&] { return this->gaps() >= gaps; });
  }
  bool AwaitEnd() const {
    return Eventually([&] { return !ends().empty(); });
  }

 private:
  struct Notes {
    std::vector<std::string> heard;
    int gaps = 0;
    std::vector<absl::Status> ends;
  };

  Notes Locked() const {
    const std::lock_guard lock(*mutex_);
    return *notes_;
  }
  void Add(const Message& message) const {
    const std::lock_guard lock(*mutex_);
    const std::string pattern = message.pattern.empty() ? "" : message.pattern + " ";
    notes_->heard.push_back(pattern + message.channel + " " + message.payload);
  }
  void AddGap() const {
    const std::lock_guard lock(*mutex_);
    ++notes_->gaps;
  }
  void AddEnd(const absl::Status& why) const {
    const std::lock_guard lock(*mutex_);
    notes_->ends.push_back(why);
  }

  std::shared_ptr<std::mutex> mutex_ = std::make_shared<std::mutex>();
  std::shared_ptr<Notes> notes_ = std::make_shared<Notes>();
};

// How many connections `server` has that are subscribed to something.
inline int Subscribers(RedisServer& server) {
  const std::string list = server.Command({"CLIENT", "LIST", "TYPE", "pubsub"});
  int lines = 0;
  for (std::size_t at = list.find("id="); at != std::string::npos; at = list.find("id=", at + 1)) {
    const bool at_start = at == 0 || list[at - 1] == '\n';
    if (at_start) ++lines;
  }
  return lines;
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_SUBSCRIBE_HARNESS_H_
