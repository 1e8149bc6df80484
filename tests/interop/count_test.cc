// Many processes of all libraries increment a counter that nothing but the lock protects.
#include <memory>
#include <string>
#include <vector>

#include "interop/interop.h"

namespace holdfast::testing {
namespace {

constexpr int kRounds = 150;

class CountTest : public ::testing::Test {
 protected:
  void Add(const Words& argv) { peers_.push_back(std::make_unique<Peer>(argv)); }

  void StartAll(const std::string& name) {
    for (const auto& peer : peers_) Start(*peer, name);
  }
  void Start(const Peer& peer, const std::string& name) {
    peer.Start({{"do", "count"},
                {"names", {name}},
                {"ttl", Peer::kLong.count()},
                {"rounds", kRounds},
                {"counter", store_.port()}});
  }
  void AwaitAll() {
    for (const auto& peer : peers_) EXPECT_THAT(peer->Await(2 * kPatience), Succeeds());
  }

  int Total() { return std::stoi(store_.Command({"GET", "counter"})); }
  int Expected() const { return kRounds * static_cast<int>(peers_.size()); }

  RedisServer store_{Durability::kNone};
  std::vector<std::unique_ptr<Peer>> peers_;
};

TEST_F(CountTest, LosesNothingOnOneNode) {
  Nodes nodes(1);
  for (const Library& library : {kRedlock4, kRedlock5, kSesamecare, kPython}) {
    Add(TheirArgv(library, nodes.urls()));
    Add(OurArgv(nodes.urls()));
  }
  StartAll("a");
  AwaitAll();
  EXPECT_EQ(Total(), Expected());
}

TEST_F(CountTest, LosesNothingOnThreeNodes) {
  Nodes nodes(3);
  for (const Library& library : {kRedlock4, kRedlock5, kSesamecare, kRedlock5}) {
    Add(TheirArgv(library, nodes.urls()));
    Add(OurArgv(nodes.urls()));
  }
  StartAll("a");
  AwaitAll();
  EXPECT_EQ(Total(), Expected());
}

// Or else the tests above would show nothing.
TEST_F(CountTest, LosesIncrementsWhereNamesDiffer) {
  Nodes nodes(1);
  Add(TheirArgv(kPython, nodes.urls()));
  Add(OurArgv(nodes.urls(), "lock:"));
  const auto loses = [this] {
    store_.Command({"SET", "counter", "0"});
    StartAll("a");
    AwaitAll();
    return Total() < Expected();
  };
  EXPECT_TRUE(Eventually(loses));
}

}  // namespace
}  // namespace holdfast::testing
