// The tests' own proxy and black holes: what they promise to the tests that use them.
#include "support/proxy.h"

#include <gmock/gmock.h>

#include <string>

#include "support/black_hole.h"
#include "support/eventually.h"
#include "support/scripted_peer.h"
#include "support/tcp_client.h"

namespace holdfast::testing {
namespace {

using ::testing::Ge;
using namespace std::chrono_literals;

constexpr char kPing[] = "*1\r\n$4\r\nPING\r\n";  // 14 bytes.
constexpr char kPong[] = "+PONG\r\n";             // 7 bytes.
constexpr auto kMoment = 100ms;                   // For what must not come.

std::uint16_t PortOf(const ScriptedPeer& peer) {
  const std::string address = peer.address();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
}

class ProxyTest : public ::testing::Test {
 protected:
  static std::string Ask(TcpClient& client) {
    EXPECT_TRUE(client.Send(kPing));
    return client.Receive(7);
  }

  ScriptedPeer peer_{[](const Received& received) {
    return Answer{.bytes = received.argv.at(0) == "PING" ? kPong : received.argv.at(0)};
  }};
  std::uint16_t target_ = PortOf(peer_);
};

TEST_F(ProxyTest, ForwardsBothWaysAndCounts) {
  Proxy proxy(target_);
  TcpClient client(proxy.port());
  EXPECT_EQ(Ask(client), kPong);
  EXPECT_EQ(Ask(client), kPong);
  EXPECT_EQ(proxy.connections(), 1);
  EXPECT_EQ(proxy.open_connections(), 1);
  EXPECT_EQ(proxy.bytes(Direction::kToTarget), 28U);
  EXPECT_EQ(proxy.bytes(Direction::kToClient), 14U);
}

TEST_F(ProxyTest, MoreThanSocketsBufferArrivesInOrder) {
  std::string big;
  while (big.size() < 8'000'000) big += std::to_string(big.size()) + ",";
  Proxy proxy(target_);
  TcpClient client(proxy.port());
  ASSERT_TRUE(client.Send("*1\r\n$" + std::to_string(big.size()) + "\r\n" + big + "\r\n"));
  EXPECT_TRUE(client.Receive(big.size()) == big);
}

TEST_F(ProxyTest, CutsRequestsAtEachByte) {
  for (std::size_t at = 0; at <= 14; ++at) {
    const auto before = peer_.received().size();
    Proxy proxy(target_, {.cut_to_target = at});
    TcpClient client(proxy.port());
    client.Send(kPing);
    client.ReceiveAll();
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(proxy.bytes(Direction::kToTarget), at);
    if (at < 14) continue;
    EXPECT_TRUE(Eventually([&] { return peer_.received().size() == before + 1; }));
  }
  EXPECT_EQ(peer_.received().size(), 1U);
}

TEST_F(ProxyTest, CutsRepliesAtEachByte) {
  for (std::size_t at = 0; at <= 7; ++at) {
    Proxy proxy(target_, {.cut_to_client = at});
    TcpClient client(proxy.port());
    client.Send(kPing);
    EXPECT_EQ(client.ReceiveAll(), std::string(kPong).substr(0, at));
    EXPECT_TRUE(client.ended());
    EXPECT_EQ(proxy.open_connections(), 0);
  }
}

TEST_F(ProxyTest, CutsFirstConnectionOnly) {
  Proxy proxy(target_, {.cut_to_client = 3, .first_connection_only = true});
  TcpClient first(proxy.port());
  first.Send(kPing);
  EXPECT_EQ(first.ReceiveAll(), "+PO");
  TcpClient second(proxy.port());
  EXPECT_EQ(Ask(second), kPong);
  EXPECT_EQ(proxy.connections(), 2);
}

TEST_F(ProxyTest, CutsWithResetIfAsked) {
  for (const bool reset : {false, true}) {
    Proxy proxy(target_, {.cut_to_client = 7, .reset = reset});
    TcpClient client(proxy.port());
    client.Send(kPing);
    client.ReceiveAll();
    EXPECT_EQ(client.was_reset(), reset);
  }
}

TEST_F(ProxyTest, CutsOpenConnectionFromNowOn) {
  Proxy proxy(target_);
  TcpClient client(proxy.port());
  EXPECT_EQ(Ask(client), kPong);
  proxy.CutAfter(Direction::kToClient, 2);
  client.Send(kPing);
  EXPECT_EQ(client.ReceiveAll(), "+P");
  TcpClient next(proxy.port());
  EXPECT_EQ(Ask(next), kPong);
}

TEST_F(ProxyTest, FrozenConnectionStaysOpenAndGoesOn) {
  Proxy proxy(target_);
  TcpClient client(proxy.port());
  EXPECT_EQ(Ask(client), kPong);
  proxy.Freeze();
  client.Send(kPing);
  TcpClient next(proxy.port());
  EXPECT_TRUE(next.AwaitConnected());
  next.Send(kPing);
  EXPECT_EQ(proxy.open_connections(), 1);  // Which also wakes the proxy.
  EXPECT_EQ(client.Receive(1, kMoment) + next.Receive(1, kMoment), "");
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(peer_.received().size(), 1U);
  proxy.Thaw();
  EXPECT_EQ(client.Receive(7), kPong);
  EXPECT_EQ(next.Receive(7), kPong);
}

TEST_F(ProxyTest, FrozenRepliesLetRequestsThrough) {
  Proxy proxy(target_);
  TcpClient client(proxy.port());
  proxy.Freeze(Direction::kToClient);
  client.Send(kPing);
  EXPECT_TRUE(Eventually([this] { return peer_.received().size() == 1; }));
  EXPECT_EQ(client.Receive(1, kMoment), "");
  proxy.Thaw();
  EXPECT_EQ(client.Receive(7), kPong);
}

TEST_F(ProxyTest, FrozenProxyHidesThatTargetEnded) {
  Proxy proxy(target_);
  TcpClient client(proxy.port());
  EXPECT_EQ(Ask(client), kPong);
  proxy.Freeze();
  peer_.Disconnect();
  client.Receive(1, kMoment);
  EXPECT_FALSE(client.ended());
  proxy.Thaw();
  client.Receive(1);
  EXPECT_TRUE(client.ended());
}

TEST_F(ProxyTest, DropsAndResetsAllConnections) {
  Proxy proxy(target_);
  for (const bool reset : {false, true}) {
    TcpClient one(proxy.port());
    TcpClient two(proxy.port());
    EXPECT_EQ(Ask(one) + Ask(two), std::string(kPong) + kPong);
    reset ? proxy.Reset() : proxy.Drop();
    EXPECT_EQ(proxy.open_connections(), 0);
    EXPECT_EQ(one.Receive(1) + two.Receive(1), "");
    EXPECT_TRUE(one.ended() && two.ended());
    EXPECT_EQ(one.was_reset() && two.was_reset(), reset);
  }
}

TEST_F(ProxyTest, RefusesNewConnectionsUntilItAccepts) {
  Proxy proxy(target_);
  TcpClient old(proxy.port());
  EXPECT_EQ(Ask(old), kPong);
  proxy.Refuse();
  EXPECT_FALSE(TcpClient(proxy.port()).AwaitConnected());
  EXPECT_EQ(Ask(old), kPong);
  proxy.Accept();
  TcpClient next(proxy.port());
  EXPECT_EQ(Ask(next), kPong);
}

TEST_F(ProxyTest, TargetThatIsAwayEndsConnection) {
  Proxy proxy(FreePort());
  TcpClient client(proxy.port());
  client.Receive(1);
  EXPECT_TRUE(client.ended());
}

TEST(BlackHole, ConnectionIsNeitherMadeNorRefused) {
  const BlackHole hole(Hole::kConnecting);
  const TcpClient client(hole.port());
  EXPECT_THAT(TimeOf([&] { EXPECT_FALSE(client.AwaitConnected(kMoment)); }), Ge(kMoment));
}

TEST(BlackHole, ConnectionIsMadeAndNeverAnswered) {
  const BlackHole hole(Hole::kAnswering);
  TcpClient client(hole.port());
  EXPECT_TRUE(client.AwaitConnected());
  EXPECT_TRUE(client.Send(kPing));
  EXPECT_EQ(client.Receive(1, kMoment), "");
  EXPECT_FALSE(client.ended());
}

}  // namespace
}  // namespace holdfast::testing
