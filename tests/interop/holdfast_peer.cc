// Holdfast as a process that does what its standard input says, one JSON object per line, and
// answers each with one line (peer.h).
//   holdfast_peer KEY-PREFIX URL...
#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "nlohmann/json.hpp"
#include "support/clients.h"
#include "support/redis_connection.h"

namespace holdfast::testing {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;
using std::chrono::milliseconds;

class HoldfastPeer {
 public:
  explicit HoldfastPeer(const ClientOptions& options) : client_(NewClient(options)) {
    AwaitNodes(client_, static_cast<int>(options.nodes.size()));  // So all are asked.
  }

  absl::Status Do(const Json& request) {
    const std::map<std::string, std::function<absl::Status()>> commands = {
        {"acquire", [&] { return Acquire(request, Options(request)); }},
        {"extend", [&] { return LockOf(request).Extend(TimeIn(request, "ttl")); }},
        {"release", [&] { return LockOf(request).Release(); }},
        {"keep", [&] { return Keep(request); }},
        {"end", [&] { return LockOf(request).Release(); }},
        {"count", [&] { return Count(request); }},
    };
    return commands.at(request.at("do"))();
  }

 private:
  static milliseconds TimeIn(const Json& request, const char* name) {
    return milliseconds(request.value(name, std::int64_t{0}));
  }
  static AcquireOptions Options(const Json& request) {
    return {.ttl = TimeIn(request, "ttl"),
            .wait = TimeIn(request, "wait"),
            .retry_delay = milliseconds(20),
            .retry_jitter = milliseconds(15)};
  }
  BlockingLock& LockOf(const Json& request) { return locks_.at(request.at("names")); }

  absl::Status Acquire(const Json& request, const AcquireOptions& options) {
    const Words names = request.at("names");
    auto lock = client_.Acquire(names, options);
    if (!lock.ok()) return lock.status();
    locks_.insert_or_assign(names, *std::move(lock));
    return absl::OkStatus();
  }

  // Holds it until "end", by extending it.
  absl::Status Keep(const Json& request) {
    AcquireOptions options = Options(request);
    options.auto_extend = true;
    return Acquire(request, options);
  }

  // Increments a counter that nothing but the lock protects.
  absl::Status Count(const Json& request) {
    RedisConnection store(request.at("counter").get<std::uint16_t>());
    AcquireOptions options = Options(request);
    options.wait = kWaitForever;
    for (int round = request.at("rounds"); round > 0; --round) {
      auto lock = client_.Acquire(request.at("names").get<Words>(), options);
      if (!lock.ok()) return lock.status();
      const std::string value = store.Command({"GET", "counter"});
      store.Command(
          {"SET", "counter", std::to_string(value == "(nil)" ? 1 : std::stoi(value) + 1)});
      if (const absl::Status released = lock->Release(); !released.ok()) return released;
    }
    return absl::OkStatus();
  }

  BlockingClient client_;
  std::map<Words, BlockingLock> locks_;
};

Json AnswerFor(const absl::Status& status) {
  Json answer = {{"ok", status.ok()},
                 {"refused", IsHeld(status) || IsLost(status)},
                 {"held", IsHeld(status)},
                 {"lost", IsLost(status)},
                 {"why", std::string(status.message())}};
  if (const auto failure = GetFailure(status)) {
    answer["holder"] = failure->holder;
    if (failure->remaining) answer["remaining"] = failure->remaining->count();
  }
  return answer;
}

void Serve(const ClientOptions& options) {
  HoldfastPeer peer(options);
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << AnswerFor(peer.Do(Json::parse(line))).dump() << std::endl;
  }
}

}  // namespace
}  // namespace holdfast::testing

int main(int argc, char** argv) {
  holdfast::ClientOptions options;
  options.key_prefix = argv[1];
  options.nodes.assign(argv + 2, argv + argc);
  holdfast::testing::Serve(options);
}
