// Redis clients under test, and what they tell of their connections.
#ifndef HOLDFAST_TESTS_REDIS_REDIS_HARNESS_H_
#define HOLDFAST_TESTS_REDIS_REDIS_HARNESS_H_

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/blocking_redis.h"
#include "holdfast/redis.h"
#include "holdfast/redis_options.h"
#include "support/eventually.h"

namespace holdfast::testing {

// Writes down the events of connections. Copies share it. Thread-safe.
class Events {
 public:
  std::function<void(const ConnectionEvent&)> handler() const {
    return [notes = notes_](const ConnectionEvent& event) {
      const std::lock_guard lock(notes->mutex);
      notes->events.push_back(event);
    };
  }

  std::vector<ConnectionEvent> all() const {
    const std::lock_guard lock(notes_->mutex);
    return notes_->events;
  }
  // "connect", "ready", "error", …
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const ConnectionEvent& event : all()) names.emplace_back(EventName(event.kind));
    return names;
  }
  int Count(ConnectionEvent::Kind kind) const {
    int count = 0;
    for (const ConnectionEvent& event : all()) count += event.kind == kind ? 1 : 0;
    return count;
  }
  bool Await(ConnectionEvent::Kind kind, int count = 1) const {
    return Eventually([&] { return Count(kind) >= count; });
  }
  // The first event of that kind; when there is none, the test fails.
  ConnectionEvent First(ConnectionEvent::Kind kind) const {
    for (const ConnectionEvent& event : all()) {
      if (event.kind == kind) return event;
    }
    ADD_FAILURE() << "no event " << EventName(kind);
    return {};
  }

 private:
  struct Notes {
    std::mutex mutex;
    std::vector<ConnectionEvent> events;
  };
  std::shared_ptr<Notes> notes_ = std::make_shared<Notes>();
};

// Aborts the program when the options are refused.
inline BlockingRedis NewRedis(RedisOptions options) {
  auto redis = BlockingRedis::Create(std::move(options));
  if (redis.ok()) return *std::move(redis);
  std::cerr << redis.status() << "\n";
  std::abort();
}

inline BlockingRedis NewRedis(const std::string& url) { return NewRedis(RedisOptions{.url = url}); }

// One that tries again at once, so that tests do not wait.
inline RedisOptions Prompt(const std::string& url) {
  return {.url = url, .reconnect = ReconnectAfter(std::chrono::milliseconds(5))};
}

// A client whose loop runs only where a test says so.
class DrivenRedis {
 public:
  using Replies = std::vector<absl::StatusOr<Reply>>;

  explicit DrivenRedis(RedisOptions options) {
    if (!options.on_event) options.on_event = events_.handler();
    auto redis = Redis::Create(io_.get_executor(), std::move(options));
    if (!redis.ok()) {
      std::cerr << redis.status() << "\n";
      std::abort();
    }
    redis_.emplace(*std::move(redis));
  }
  // In order: handlers that were never run hold copies of the client.
  ~DrivenRedis() {
    redis_.reset();
    io_.restart();
    io_.run_for(kPatience);
  }
  DrivenRedis(const DrivenRedis&) = delete;
  DrivenRedis& operator=(const DrivenRedis&) = delete;

  Redis& operator*() { return *redis_; }
  Redis* operator->() { return &*redis_; }
  asio::io_context& io() { return io_; }
  const Events& events() const { return events_; }
  void LetGo() { redis_.reset(); }
  bool holds_client() const { return redis_.has_value(); }

  bool RunUntil(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (std::chrono::steady_clock::now() >= end) return false;
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  bool AwaitReady() {
    return RunUntil([this] { return redis_->is_ready(); });
  }
  bool AwaitEvent(ConnectionEvent::Kind kind, int count = 1) {
    return RunUntil([this, kind, count] { return events_.Count(kind) >= count; });
  }

  // Results are added in the order in which they come.
  std::shared_ptr<Replies> Start(Command command, std::shared_ptr<Replies> into = nullptr) {
    if (!into) into = std::make_shared<Replies>();
    redis_->Execute(std::move(command),
                    [into](absl::StatusOr<Reply> reply) { into->push_back(std::move(reply)); });
    return into;
  }
  absl::StatusOr<Reply> Execute(Command command) {
    const auto replies = Start(std::move(command));
    if (RunUntil([&] { return !replies->empty(); })) return replies->front();
    return absl::DeadlineExceededError("the test waited in vain");
  }

 private:
  Events events_;
  asio::io_context io_;
  std::optional<Redis> redis_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_REDIS_HARNESS_H_
