// Locks while one step of the conversation with one node fails.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "holdfast/blocking.h"
#include "holdfast/errors.h"
#include "redis/injected_harness.h"
#include "support/clients.h"
#include "support/fake_node.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::IsSupersetOf;
using ::testing::Pair;
using ::testing::StartsWith;
using namespace std::chrono_literals;

// The last node is behind the proxy.
class InjectedLocksTest : public ::testing::TestWithParam<StepFault> {
 protected:
  static constexpr milliseconds kTtl = 25s;
  static constexpr milliseconds kLongBeforeTheTtl = 12s;

  InjectedLocksTest(int nodes, milliseconds timeout) : nodes_(nodes), timeout_(timeout) {}

  // The proxy's port is another each time, so the nodes have a name together.
  ClientOptions Options(const FaultProxy& proxy) const {
    ClientOptions options{.nodes = nodes_.urls(),
                          .connect_timeout = timeout_,
                          .command_timeout = timeout_,
                          .membership = "injected"};
    options.nodes.back() = proxy.url();
    return options;
  }

  FaultProxy ProxyAt(int step) {
    return FaultProxy(nodes_[nodes_.size() - 1].port(), GetParam(), step);
  }

  template <class Call>
  auto Try(FaultProxy& proxy, Call call) {
    auto result = InTime(proxy, GetParam(), call);
    const absl::Status& status = ToStatus(result);
    EXPECT_TRUE(status.ok() || IsNoQuorum(status) || IsUndecided(status)) << status;
    return result;
  }

  // On a connection of its own, since conversations go on side by side.
  std::string Ask(std::size_t node, const std::vector<std::string>& argv) {
    return nodes_[node].Connect().Command(argv);
  }

  bool IsFree(const std::string& name) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (Ask(i, {"EXISTS", "lock:" + name}) != "0") return false;
    }
    return true;
  }
  bool AllFree(FaultProxy& proxy, const std::string& name) {
    return InTheEnd(
        proxy, [&] { return IsFree(name); }, kLongBeforeTheTtl);
  }

  // No attempt was sent twice. And where all went well, all that is to be broken was there.
  static void ExpectDelivered(const FaultProxy& proxy, const std::vector<std::string>& scripts) {
    std::map<std::string, int> acquires;
    std::set<std::string> names;
    for (const Argv& argv : proxy.delivered()) {
      names.insert(NameOf(argv));
      if (NameOf(argv) == "acquire") ++acquires[NonceOf(argv)];
    }
    EXPECT_THAT(acquires, Each(Pair(::testing::_, 1)));
    if (proxy.fired()) return;
    EXPECT_THAT(names, IsSupersetOf(scripts));
  }

  Nodes nodes_;
  const milliseconds timeout_;
};

// Both nodes are needed, and the first one's counter is ahead of all clocks: so the other one must
// finalise.
class BothNodesTest : public InjectedLocksTest {
 protected:
  BothNodesTest() : InjectedLocksTest(2, TimeoutFor(GetParam())) {}

  void SetAhead(const std::string& name) {
    const auto future = std::chrono::system_clock::now().time_since_epoch() + 1h;
    const auto counter = std::chrono::duration_cast<std::chrono::microseconds>(future).count();
    Ask(0, {"SET", "holdfast:fence:lock:" + name, std::to_string(counter)});
    // Else it would take over what other locks have reached there.
    Ask(1, {"SET", "holdfast:fence:lock:" + name, "1"});
  }

  // An attempt that failed leaves nothing behind, and does not stand in the way of the next.
  absl::StatusOr<BlockingLock> Obtain(FaultProxy& proxy, const BlockingClient& client,
                                      const std::string& name) {
    const auto acquire = [&] { return client.Acquire(name, {.ttl = kTtl}); };
    auto lock = Try(proxy, acquire);
    if (lock.ok()) return lock;
    EXPECT_TRUE(AllFree(proxy, name)) << "a failed attempt left its key";
    InTheEnd(proxy, [&] { return (lock = acquire()).ok(); });
    EXPECT_THAT(lock, IsOk());
    return lock;
  }

  void ExpectHeld(const BlockingLock& lock) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      EXPECT_THAT(Ask(i, {"GET", "lock:" + lock.name()}), StartsWith(std::string(lock.token())));
    }
    EXPECT_THAT(lock.valid_for(), Gt(0s));
  }

  // One that failed has changed nothing, and may be tried again.
  void Extend(FaultProxy& proxy, BlockingLock& lock) {
    const auto extend = [&] { return lock.Extend(kTtl + 5s); };
    if (!Try(proxy, extend).ok()) {
      ExpectHeld(lock);
      EXPECT_TRUE(InTheEnd(proxy, [&] { return extend().ok(); }));
    }
    ExpectHeld(lock);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      EXPECT_THAT(std::stoi(Ask(i, {"PTTL", "lock:" + lock.name()})), Gt(kTtl.count()));
    }
  }

  void Release(FaultProxy& proxy, BlockingLock& lock) {
    const bool released = Try(proxy, [&] { return lock.Release(); }).ok();
    EXPECT_TRUE(!released || IsFree(lock.name()));
    EXPECT_TRUE(AllFree(proxy, lock.name())) << "a release that failed was not made up for";
  }

  bool Converse(int step) {
    const std::string name = std::to_string(step);
    SetAhead(name);
    FaultProxy proxy = ProxyAt(step);
    {
      const BlockingClient client = NewClient(Options(proxy));
      auto lock = Obtain(proxy, client, name);
      if (!lock.ok()) return true;
      ExpectHeld(*lock);
      Extend(proxy, *lock);
      Release(proxy, *lock);
    }
    ExpectDelivered(proxy, {"acquire", "finalise", "extend", "release"});
    ExpectNoConnection(proxy);
    return proxy.fired();
  }
};

TEST_P(BothNodesTest, EachStepMayFail) {
  EXPECT_THAT(AtEachStep([this](int step) { return Converse(step); }), Ge(20));
}

// The other two are a quorum. They must not be late, so their time is longer than elsewhere.
// Without fencing, since an attempt that has to finalise a node that fails then is over.
class OneOfThreeNodesTest : public InjectedLocksTest {
 protected:
  OneOfThreeNodesTest() : InjectedLocksTest(3, std::max(TimeoutFor(GetParam()), 1'000ms)) {}

  static bool AllVote(const BlockingClient& client) {
    const auto nodes = client.Nodes();
    const auto is_ready = [](const NodeStatus& node) { return node.ready; };
    return nodes.ok() && std::all_of(nodes->begin(), nodes->end(), is_ready);
  }

  bool Converse(int step) {
    const std::string name = std::to_string(step);
    FaultProxy proxy = ProxyAt(step);
    ClientOptions options = Options(proxy);
    options.fencing = false;
    {
      const BlockingClient client = NewClient(options);
      EXPECT_TRUE(InTheEnd(proxy, [&] { return AllVote(client); }));
      auto lock = client.Acquire(name, {.ttl = kTtl});
      EXPECT_THAT(lock, IsOk());
      if (!lock.ok()) return true;
      EXPECT_THAT(lock->Extend(kTtl + 5s), IsOk());
      EXPECT_THAT(lock->Release(), IsOk());
      EXPECT_TRUE(AllFree(proxy, name)) << "the node that failed kept its key";
      EXPECT_TRUE(InTheEnd(proxy, [&] { return AllVote(client); }));
    }
    ExpectDelivered(proxy, {"acquire", "extend", "release"});
    ExpectNoConnection(proxy);
    return proxy.fired();
  }
};

TEST_P(OneOfThreeNodesTest, NoStepThatFailsIsNoticed) {
  EXPECT_THAT(AtEachStep([this](int step) { return Converse(step); }), Ge(15));
}

INSTANTIATE_TEST_SUITE_P(Faults, BothNodesTest, ::testing::ValuesIn(kStepFaults),
                         ::testing::PrintToStringParamName());
INSTANTIATE_TEST_SUITE_P(Faults, OneOfThreeNodesTest, ::testing::ValuesIn(kStepFaults),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace holdfast::testing
