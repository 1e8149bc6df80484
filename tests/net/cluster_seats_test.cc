// Finding the masters of a cluster's seats, among nodes that say what a test lets them.
#include "net/cluster_seats.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/seat_harness.h"
#include "support/black_hole.h"
#include "support/key_slot.h"
#include "support/scripted_peer.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;
using Place = net::Route::Place;

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

struct Owned {
  int first;
  int last;
  std::uint16_t port;
};

std::string Slots(const std::vector<Owned>& all) {
  std::string reply = "*" + std::to_string(all.size()) + "\r\n";
  for (const auto& [first, last, port] : all) {
    reply += "*3\r\n:" + std::to_string(first) + "\r\n:" + std::to_string(last) + "\r\n*3\r\n" +
             Bulk("127.0.0.1") + ":" + std::to_string(port) + "\r\n" + Bulk("id");
  }
  return reply;
}

// A node that says of the slots what it is told to.
class Node {
 public:
  Node() : peer_([this](const Received& received) { return ReplyTo(received.argv); }) {}

  std::uint16_t port() const { return ParseUrl(peer_.url())->port; }
  const std::string address() const { return peer_.address(); }
  Endpoint endpoint() const { return *ParseUrl(peer_.url()); }

  void Say(std::string reply) {
    const std::lock_guard lock(mutex_);
    reply_ = std::move(reply);
  }
  void Hold() { held_ = true; }  // The answer.
  void Go() { held_ = false; }
  int asked() const { return asked_; }

 private:
  Answer ReplyTo(const Argv& argv) {
    if (argv[0] == "PING") return {.bytes = "+PONG\r\n"};
    if (argv[0] != "CLUSTER") return {.bytes = "+OK\r\n"};
    std::unique_lock lock(mutex_);
    const std::string reply = reply_;
    lock.unlock();
    ++asked_;
    Eventually([this] { return !held_; });
    return {.bytes = reply};
  }

  std::mutex mutex_;
  std::string reply_;  // Guarded by mutex_.
  std::atomic<bool> held_ = false;
  std::atomic<int> asked_ = 0;
  ScriptedPeer peer_;  // Last: its thread uses all of the above.
};

// Three seats of a cluster, and where they are found.
class ClusterSeatsTest : public ::testing::Test {
 protected:
  void Make(net::ClusterSeats::Options options) {
    seats_ = std::make_shared<net::ClusterSeats>(io_.get_executor(), std::move(options));
    for (const std::string tag : {"{a}", "{b}", "{c}"}) routes_.push_back(seats_->RouteFor(tag));
  }
  void Make(const Node& root) { Make({.roots = {root.endpoint()}}); }
  ~ClusterSeatsTest() override {
    if (seats_) seats_->Stop();
    io_.restart();
    io_.poll();
  }

  // The answer is at the end of `answers_` then.
  void Ask(std::size_t seat, core::nanoseconds patience = kPatience) {
    routes_[seat]->Find(net::Now() + patience, [this, seat](Place place) {
      answers_.push_back(std::to_string(seat) + " " + TextOf(place));
      vote_ = place.problem.vote;
    });
  }
  static std::string TextOf(const Place& place) {
    return place.problem.reason.empty() ? place.endpoint.name() : place.problem.reason;
  }
  bool Await(std::size_t answers) {
    return RunUntil(io_, [&] { return answers_.size() >= answers; });
  }
  std::string Find(std::size_t seat) {
    answers_.clear();
    Ask(seat);
    return Await(1) ? answers_[0].substr(2) : "(no answer)";
  }

  asio::io_context io_;
  std::shared_ptr<net::ClusterSeats> seats_;
  std::vector<std::shared_ptr<net::Route>> routes_;
  std::vector<std::string> answers_;
  Vote vote_ = Vote::kPending;
};

constexpr int kLast = kClusterSlots - 1;

TEST_F(ClusterSeatsTest, EachSeatIsWithTheMasterOfItsSlot) {
  Node root;
  const int b = SlotOf("{b}");
  root.Say(Slots({{0, b - 1, 1001}, {b, b, 1002}, {b + 1, kLast, 1003}}));
  Make(root);
  EXPECT_EQ(routes_[1]->guard_key(), "{b}holdfast:guard");
  EXPECT_EQ(Find(1), "127.0.0.1:1002");
  root.Say(Slots({{0, kLast, 1004}}));
  EXPECT_EQ(Find(1), "127.0.0.1:1004");
}

TEST_F(ClusterSeatsTest, OneReadingIsForAllOfATurn) {
  Node root;
  root.Say(Slots({{0, kLast, 1001}}));
  Make(root);
  for (const std::size_t seat : {0, 1, 2}) Ask(seat);
  EXPECT_THAT(answers_, ElementsAre()) << "not inside the call";
  ASSERT_TRUE(Await(3));
  EXPECT_THAT(answers_, ElementsAre("0 127.0.0.1:1001", "1 127.0.0.1:1001", "2 127.0.0.1:1001"));
  EXPECT_EQ(root.asked(), 1);
}

// What is under way may be older than the question.
TEST_F(ClusterSeatsTest, WhoAsksMeanwhileGetsTheNextReading) {
  Node root;
  root.Say(Slots({{0, kLast, 1001}}));
  Make(root);
  root.Hold();
  Ask(0);
  ASSERT_TRUE(RunUntil(io_, [&] { return root.asked() == 1; }));
  Ask(1);
  Ask(2);
  root.Say(Slots({{0, kLast, 1002}}));
  root.Go();
  ASSERT_TRUE(Await(3));
  EXPECT_THAT(answers_, ElementsAre("0 127.0.0.1:1001", "1 127.0.0.1:1002", "2 127.0.0.1:1002"));
  EXPECT_EQ(root.asked(), 2);
}

TEST_F(ClusterSeatsTest, MasterThatWasLostIsAskedLast) {
  Node a;
  Node b;
  const int slot = SlotOf("{a}");
  const std::vector<Owned> before = {
      {0, slot - 1, b.port()}, {slot, slot, a.port()}, {slot + 1, kLast, b.port()}};
  a.Say(Slots(before));  // For ever.
  b.Say(Slots(before));
  Make(a);
  ASSERT_EQ(Find(0), a.address());
  b.Say(Slots({{0, kLast, b.port()}}));
  for (int i = 0; i < 4; ++i) {  // Whoever's turn it would be.
    EXPECT_EQ(Find(0), b.address());
    EXPECT_EQ(Find(0), a.address());
    if (i == 1) Find(1);
  }
}

TEST_F(ClusterSeatsTest, MasterThatWasLostIsAskedWhenNobodyElseIsLeft) {
  Node a;
  a.Say(Slots({{0, kLast, a.port()}}));
  Make(a);
  EXPECT_EQ(Find(0), a.address());
  EXPECT_EQ(Find(0), a.address());
}

// Both ask in one turn, and neither may get its answer from its own master.
TEST_F(ClusterSeatsTest, TwoMastersThatWereLostTellOfEachOther) {
  Node a;
  Node b;
  const int split = std::max(SlotOf("{a}"), SlotOf("{b}"));
  const bool a_first = SlotOf("{a}") < SlotOf("{b}");
  const std::string before = Slots({{0, split - 1, a_first ? a.port() : b.port()},
                                    {split, kLast, a_first ? b.port() : a.port()}});
  a.Say(before);
  b.Say(before);
  Make(a);
  ASSERT_EQ(Find(0), a.address());
  ASSERT_EQ(Find(1), b.address());
  a.Say(Slots({{0, kLast, a.port()}}));  // Each says that it has got all.
  b.Say(Slots({{0, kLast, b.port()}}));
  answers_.clear();
  Ask(0);
  Ask(1);
  ASSERT_TRUE(Await(2));
  EXPECT_THAT(answers_, ::testing::UnorderedElementsAre("0 " + b.address(), "1 " + a.address()));
}

TEST_F(ClusterSeatsTest, NodeFilterIsShownTheMasterAndLeavesItOut) {
  Node root;
  root.Say(Slots({{0, kLast, 1001}}));
  std::vector<NodeInfo> shown;
  bool left_out = false;
  Make({.roots = {root.endpoint()},
        .filter =
            [&](const NodeInfo& node) {
              shown.push_back(node);
              return !left_out;
            },
        .zones = {{"127.0.0.1:1001", "b"}}});
  EXPECT_EQ(Find(0), "127.0.0.1:1001");
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].address, "127.0.0.1:1001");
  EXPECT_EQ(shown[0].host, "127.0.0.1");
  EXPECT_EQ(shown[0].port, 1001);
  EXPECT_EQ(shown[0].zone, "b");
  EXPECT_EQ(shown[0].id, "id");
  EXPECT_EQ(shown[0].role, "master");
  EXPECT_THAT(shown[0].slots, ElementsAre(SlotInterval{0, kLast}));
  left_out = true;
  EXPECT_EQ(Find(0), "its master 127.0.0.1:1001 (zone b) is left out by the node filter");
  EXPECT_EQ(vote_, Vote::kRefused);
}

TEST_F(ClusterSeatsTest, FilterThatThrowsLeavesTheMasterOut) {
  Node root;
  root.Say(Slots({{0, kLast, 1001}}));
  Make({.roots = {root.endpoint()},
        .filter = [](const NodeInfo&) -> bool { throw std::runtime_error("oops"); }});
  EXPECT_EQ(Find(0), "its master 127.0.0.1:1001 is left out by the node filter");
}

TEST_F(ClusterSeatsTest, SlotThatNobodyOwnsIsTold) {
  Node root;
  root.Say(Slots({{SlotOf("{a}"), SlotOf("{a}"), 1001}}));
  Make(root);
  EXPECT_EQ(Find(1), "nobody owns its slot");
  EXPECT_EQ(vote_, Vote::kDown);
}

TEST_F(ClusterSeatsTest, WhyTheTopologyCannotBeReadIsTold) {
  Node root;
  root.Say("-ERR This instance has cluster support disabled\r\n");
  Make(root);
  EXPECT_THAT(Find(0), HasSubstr(root.address()));
  EXPECT_EQ(vote_, Vote::kDown);
  root.Say("-NOPERM this user has no permissions\r\n");
  EXPECT_THAT(Find(0), HasSubstr("NOPERM"));
  EXPECT_EQ(vote_, Vote::kDenied);
}

TEST_F(ClusterSeatsTest, AnswersByTheDeadlineAndAsksAgain) {
  BlackHole hole(Hole::kAnswering);
  Make({.roots = {*ParseUrl(hole.url())}, .link = {.connect_timeout = 1h}});
  for (int i = 0; i < 2; ++i) {
    answers_.clear();
    Ask(0, 100ms);
    ASSERT_TRUE(Await(1));
    EXPECT_THAT(
        answers_[0],
        HasSubstr("the nodes of the cluster were not reached in time: " + hole.address() + ": "));
    EXPECT_EQ(vote_, Vote::kDown);
  }
}

TEST_F(ClusterSeatsTest, OtherRootsAreAskedWhenOneIsSilent) {
  BlackHole hole(Hole::kAnswering);
  Node root;
  root.Say(Slots({{0, kLast, 1001}}));
  Make({.roots = {*ParseUrl(hole.url()), root.endpoint()}});
  EXPECT_EQ(Find(0), "127.0.0.1:1001");
}

TEST_F(ClusterSeatsTest, WhoStillAsksAtTheEndIsTold) {
  BlackHole hole(Hole::kAnswering);
  Make({.roots = {*ParseUrl(hole.url())}});
  Ask(0);
  io_.poll();
  Ask(1);
  seats_->Stop();
  Ask(2);
  EXPECT_THAT(answers_, ElementsAre("0 the client was closed", "1 the client was closed",
                                    "2 the client was closed"));
}

}  // namespace
}  // namespace holdfast::testing
