// A client that tells what becomes of its connection.
#ifndef HOLDFAST_TESTS_REDIS_REDIS_STATES_H_
#define HOLDFAST_TESTS_REDIS_REDIS_STATES_H_

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "redis/redis_harness.h"

namespace holdfast::testing {

// Events with what the client says of itself meanwhile: "ready: open, ready".
class RedisStatesTest : public ::testing::Test {
 protected:
  // What is 5 s by default and would be waited for.
  RedisOptions Options(const std::string& url) {
    RedisOptions options = Prompt(url);
    options.connect_timeout = std::chrono::milliseconds(500);
    options.command_timeout = std::chrono::milliseconds(500);
    options.on_event = [this, handler = events_.handler()](const ConnectionEvent& event) {
      handler(event);
      if (!redis_ || !redis_->holds_client()) return;
      std::string state = std::string(EventName(event.kind)) + ":";
      if ((*redis_)->is_open()) state += " open";
      if ((*redis_)->is_ready()) state += " ready";
      states_.push_back(std::move(state));
    };
    return options;
  }
  DrivenRedis& Start(RedisOptions options) {
    redis_ = std::make_unique<DrivenRedis>(std::move(options));
    return *redis_;
  }
  DrivenRedis& StartReady(const std::string& url) {
    DrivenRedis& redis = Start(Options(url));
    EXPECT_TRUE(AwaitEvent(ConnectionEvent::Kind::kReady));
    return redis;
  }
  bool AwaitEvent(ConnectionEvent::Kind kind, int count = 1) {
    return redis_->RunUntil([=, this] { return events_.Count(kind) >= count; });
  }
  bool AwaitOk() {
    return redis_->RunUntil([this] { return redis_->Execute({"PING"}).ok(); });
  }

  // Each event without repeated pairs of "error, reconnecting".
  std::vector<std::string> Course() const {
    std::vector<std::string> course;
    for (const std::string& name : events_.names()) {
      const bool pair = course.size() >= 3 && name == "reconnecting" && course.back() == "error" &&
                        course[course.size() - 2] == "reconnecting";
      course.push_back(name);
      if (pair) course.resize(course.size() - 2);
    }
    return course;
  }

  Events events_;
  std::vector<std::string> states_;
  std::unique_ptr<DrivenRedis> redis_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_REDIS_STATES_H_
