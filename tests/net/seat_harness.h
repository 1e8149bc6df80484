// One connection on a loop that the test itself runs, and what its listener hears.
#ifndef HOLDFAST_TESTS_NET_SEAT_HARNESS_H_
#define HOLDFAST_TESTS_NET_SEAT_HARNESS_H_

#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/script_call.h"
#include "core/scripts.h"
#include "net/clock.h"
#include "net/connection.h"
#include "net/route.h"
#include "support/eventually.h"

namespace holdfast::testing {

// Runs `io` in this thread until the condition holds; false when it did not in time.
inline bool RunUntil(asio::io_context& io, const std::function<bool()>& condition) {
  const core::TimePoint deadline = net::Now() + kPatience;
  while (!condition()) {
    if (net::Now() > deadline) return false;
    io.restart();
    io.run_one_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Goes through the places that it was given, and stays at the last one.
class ListedRoute final : public net::Route {
 public:
  ListedRoute(std::string guard_key, std::vector<Place> places)
      : guard_key_(std::move(guard_key)), places_(std::move(places)) {}

  void Find(core::TimePoint, Found found) override {
    found_at.push_back(net::Now());
    found(places_[std::min(found_at.size(), places_.size()) - 1]);
  }
  std::string guard_key() const override { return guard_key_; }

  std::vector<core::TimePoint> found_at;

 private:
  const std::string guard_key_;
  const std::vector<Place> places_;
};

inline net::Route::Place PlaceAt(const std::string& url) { return {.endpoint = *ParseUrl(url)}; }

inline constexpr char kGuardKey[] = "{fjl}holdfast:guard";

// Hears of one connection, as lines: "ready 127.0.0.1:7000", "down it is a replica", "reply 1 OK",
// "no reply 2".
class Listened final : public net::Connection::Listener {
 public:
  Listened(std::shared_ptr<net::Route> route, net::ConnectionOptions options = {})
      : connection(std::make_shared<net::Connection>(io.get_executor(), 0, std::move(route),
                                                     std::move(options), *this)) {
    connection->Start();
  }
  ~Listened() {
    connection->Close();
    io.restart();
    io.poll();
  }

  void OnReady(int, const core::Greeting& greeting) override {
    heard.push_back("ready " + greeting.server);
    if (on_ready) on_ready();
  }
  void OnDown(int, core::NodeProblem problem) override {
    heard.push_back("down " + problem.reason);
  }
  void OnReply(int, core::Tag tag, core::ReplyView reply) override {
    const std::string text(reply.size() > 0 ? reply.at(0).text() : reply.text());
    heard.push_back("reply " + std::to_string(tag) + " " + text);
    if (on_reply) on_reply();
  }
  void OnNoReply(int, core::Tag tag) override {
    heard.push_back("no reply " + std::to_string(tag));
  }
  std::uint64_t Random() override { return 0; }

  bool Send(core::Tag tag, bool urgent = false) const {
    core::ScriptCall call(core::kInspectScript, false);
    call.Key("{fjl}lock:a");
    return connection->Send(tag, call, urgent, net::Now());
  }

  bool RunUntil(const std::function<bool()>& condition) { return testing::RunUntil(io, condition); }
  int CountOf(const std::string& start) const {
    int count = 0;
    for (const std::string& line : heard) count += line.starts_with(start) ? 1 : 0;
    return count;
  }
  bool AwaitLine(const std::string& start, int times = 1) {
    return RunUntil([&] { return CountOf(start) >= times; });
  }

  asio::io_context io;
  std::vector<std::string> heard;
  std::function<void()> on_ready;
  std::function<void()> on_reply;
  std::shared_ptr<net::Connection> connection;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_NET_SEAT_HARNESS_H_
