// The proxy that lets one step fail does what it says.
#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <string>

#include "support/eventually.h"
#include "support/fault_proxy.h"
#include "support/redis_server.h"
#include "support/resp_message.h"
#include "support/tcp_client.h"

namespace holdfast::testing {
namespace {

using ::testing::AnyOf;
using namespace std::chrono_literals;

TEST(RespMessageTest, EndsWhereItsLastPartDoes) {
  for (const std::string message :
       {"+OK\r\n", "-ERR no\r\n", ":42\r\n", "$-1\r\n", "$0\r\n\r\n", "$4\r\n\r\n\r\n\r\n",
        "*0\r\n", "*-1\r\n", "*2\r\n*1\r\n:1\r\n$1\r\nx\r\n"}) {
    EXPECT_EQ(RespMessageSize(message + "+next\r\n"), message.size()) << message;
    for (std::size_t size = 0; size < message.size(); ++size) {
      EXPECT_EQ(RespMessageSize(message.substr(0, size)), std::nullopt) << message << size;
    }
  }
}

// Step 1 is the connection, 2 the request, 3 its reply.
class FaultProxyTest : public ::testing::Test {
 protected:
  static constexpr char kIncrement[] = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n";

  std::string Value() { return server_.Command({"GET", "n"}); }
  bool HasValue(const std::string& value) {
    return Eventually([&] { return Value() == value; });
  }

  // What the client gets for one increment.
  std::string Increment(const FaultProxy& proxy) {
    TcpClient client(proxy.port());
    if (!client.AwaitConnected() || !client.Send(kIncrement)) return "unconnected";
    const std::string reply = client.Receive(4);
    return reply + (client.was_reset() ? "reset" : client.ended() ? "ended" : "");
  }

  RedisServer server_{Durability::kNone};
};

TEST_F(FaultProxyTest, ForwardsAllUntilTheStep) {
  FaultProxy proxy(server_.port(), StepFault::kResetBefore, 6);
  EXPECT_EQ(Increment(proxy), ":1\r\n");
  EXPECT_FALSE(proxy.fired());
  EXPECT_EQ(Increment(proxy), "reset");
  EXPECT_TRUE(proxy.fired());
  EXPECT_EQ(Increment(proxy), ":3\r\n") << "it fires once";
}

TEST_F(FaultProxyTest, CountsMessagesInWhateverPiecesTheyCome) {
  FaultProxy proxy(server_.port(), StepFault::kGarbage, 3);
  TcpClient client(proxy.port());
  for (const char* at = kIncrement; *at != '\0'; ++at) ASSERT_TRUE(client.Send({at, 1}));
  EXPECT_EQ(client.Receive(4), "\0011\r\n");
  ASSERT_EQ(proxy.delivered().size(), 1U);
  EXPECT_EQ(proxy.delivered()[0], (Argv{"INCR", "n"}));
}

TEST_F(FaultProxyTest, ResetsBeforeOrAfterTheServerGotIt) {
  FaultProxy before(server_.port(), StepFault::kResetBefore, 2);
  EXPECT_EQ(Increment(before), "reset");
  EXPECT_TRUE(before.delivered().empty());
  FaultProxy after(server_.port(), StepFault::kResetAfter, 2);
  EXPECT_EQ(Increment(after), "reset");
  EXPECT_TRUE(HasValue("1"));
}

TEST_F(FaultProxyTest, CutsInsideOfAMessage) {
  FaultProxy reply(server_.port(), StepFault::kCutInside, 3);
  EXPECT_EQ(Increment(reply), ":1ended");
  FaultProxy request(server_.port(), StepFault::kCutInside, 2);
  EXPECT_EQ(Increment(request), "ended");
  EXPECT_EQ(Value(), "1");
}

TEST_F(FaultProxyTest, IsSilentWhileTheConnectionStaysOpen) {
  FaultProxy proxy(server_.port(), StepFault::kSilence, 3);
  TcpClient client(proxy.port());
  ASSERT_TRUE(client.Send(kIncrement));
  EXPECT_TRUE(HasValue("1"));
  ASSERT_TRUE(Eventually([&] { return proxy.fired(); }));
  EXPECT_TRUE(client.Send(kIncrement));
  EXPECT_EQ(client.Receive(1, 50ms), "");
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(Value(), "1");
}

TEST_F(FaultProxyTest, GarblesARequestSoThatTheServerRefusesIt) {
  FaultProxy proxy(server_.port(), StepFault::kGarbage, 2);
  EXPECT_EQ(Increment(proxy), "-ERR");
  EXPECT_EQ(Value(), "(nil)");
}

TEST_F(FaultProxyTest, RefusesUntilItIsHealed) {
  FaultProxy proxy(server_.port(), StepFault::kRefused, 2);
  EXPECT_EQ(Increment(proxy), "reset");
  EXPECT_EQ(Increment(proxy), "unconnected");
  proxy.Heal();
  EXPECT_TRUE(Eventually([&] { return Increment(proxy) == ":1\r\n"; }));
}

TEST_F(FaultProxyTest, BreaksAConnectionThatHasSaidNothing) {
  for (const StepFault fault :
       {StepFault::kResetBefore, StepFault::kResetAfter, StepFault::kCutInside}) {
    FaultProxy proxy(server_.port(), fault, 1);
    EXPECT_THAT(Increment(proxy), AnyOf("reset", "ended", "unconnected")) << fault;
    EXPECT_EQ(Value(), "(nil)");
  }
}

}  // namespace
}  // namespace holdfast::testing
