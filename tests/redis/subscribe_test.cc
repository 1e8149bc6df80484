// Messages that subscriptions hear.
#include <gmock/gmock.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/use_awaitable.hpp>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "subscribe_harness.h"
#include "support/eventually.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubscribeTest : public ::testing::Test {
 protected:
  Subscription Subscribe(Channels channels, const Ear& ear) {
    auto subscription = redis_.Subscribe(std::move(channels), ear.handler());
    EXPECT_THAT(subscription, IsOk());
    return *std::move(subscription);
  }
  void Publish(const std::string& channel, const std::string& payload) {
    server_.Command({"PUBLISH", channel, payload});
  }
  // How many connections are subscribed to `channel`.
  std::string Count(const std::string& channel) {
    const std::string lines = server_.Command({"PUBSUB", "NUMSUB", channel});
    const std::string count = lines.substr(lines.find('\n') + 1);
    return count.substr(0, count.find('\n'));
  }

  RedisServer server_{Durability::kNone};
  RedisOnThread redis_{{.url = server_.url()}};
};

TEST_F(SubscribeTest, HearsWhatIsPublishedInOrder) {
  const Ear ear;
  const Subscription subscription = Subscribe("news", ear);
  Publish("news", "one");
  Publish("other", "two");
  Publish("news", "three");
  ASSERT_TRUE(ear.AwaitCount(2));
  EXPECT_THAT(ear.heard(), ElementsAre("news one", "news three"));
  EXPECT_EQ(ear.gaps(), 0);
}

TEST_F(SubscribeTest, HearsSeveralChannels) {
  const Ear ear;
  const Subscription subscription = Subscribe({"a", "b", "a"}, ear);
  Publish("a", "1");
  Publish("b", "2");
  ASSERT_TRUE(ear.AwaitCount(2));
  EXPECT_THAT(ear.heard(), ElementsAre("a 1", "b 2"));
}

TEST_F(SubscribeTest, APatternTellsWhichChannelItWas) {
  const Ear ear;
  const Subscription subscription = Subscribe(Channels::Patterns({"n?ws", "n*"}), ear);
  Publish("news", "x");
  Publish("nets", "y");
  ASSERT_TRUE(ear.AwaitCount(3));
  EXPECT_THAT(ear.heard(),
              ::testing::UnorderedElementsAre("n?ws news x", "n* news x", "n* nets y"));
}

TEST_F(SubscribeTest, NamesAndPayloadsAreAnyBytes) {
  const std::string channel("a\0\r\n b\xff", 7);
  const std::string payload("\0\r\n$5\r\n\xfe", 8);
  const Ear ear;
  const Subscription subscription = Subscribe(channel, ear);
  const Subscription nameless = Subscribe("", ear);
  Publish(channel, payload);
  Publish("", "");
  ASSERT_TRUE(ear.AwaitCount(2));
  EXPECT_THAT(ear.heard(), ElementsAre(channel + " " + payload, " "));
}

TEST_F(SubscribeTest, SeveralOnOneChannelShareOneConnection) {
  const Ear first;
  const Ear second;
  std::optional<Subscription> one = Subscribe("a", first);
  const Subscription two = Subscribe("a", second);
  const Subscription three = Subscribe("b", second);
  EXPECT_EQ(Count("a"), "1");
  EXPECT_EQ(Subscribers(server_), 1);
  EXPECT_EQ(server_.CallsOf("subscribe"), 2);
  Publish("a", "1");
  ASSERT_TRUE(first.AwaitCount(1));
  one.reset();
  Publish("a", "2");
  ASSERT_TRUE(second.AwaitCount(2));
  EXPECT_EQ(first.count(), 1u);
  EXPECT_EQ(server_.CallsOf("unsubscribe"), 0) << "the other one is still there";
}

TEST_F(SubscribeTest, TheLastToGoUnsubscribes) {
  const Ear ear;
  const Subscription kept = Subscribe("kept", ear);
  std::optional<Subscription> one = Subscribe("a", ear);
  std::optional<Subscription> two = Subscribe("a", ear);
  one.reset();
  two.reset();
  EXPECT_TRUE(Eventually([this] { return Count("a") == "0"; }));
  EXPECT_EQ(Count("kept"), "1");
}

TEST_F(SubscribeTest, TheConnectionGoesWithTheLastSubscriptionAndComesBack) {
  for (int i = 0; i < 3; ++i) {
    const Ear ear;
    std::optional<Subscription> one = Subscribe("a", ear);
    Publish("a", "x");
    ASSERT_TRUE(ear.AwaitCount(1));
    one.reset();
    ASSERT_TRUE(Eventually([this] { return Subscribers(server_) == 0; }));
    EXPECT_TRUE(ear.ends().empty());
  }
}

TEST_F(SubscribeTest, HearsTenThousandMessagesInOrder) {
  constexpr int kMessages = 10'000;
  const Ear ear;
  const Subscription subscription = Subscribe("a", ear);
  RedisConnection publisher = server_.Connect();
  for (int i = 0; i < kMessages; ++i) publisher.Command({"PUBLISH", "a", std::to_string(i)});
  ASSERT_TRUE(ear.AwaitCount(kMessages));
  const std::vector<std::string> heard = ear.heard();
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(heard[i], "a " + std::to_string(i));
}

TEST_F(SubscribeTest, HearsALargeMessage) {
  const std::string large(8 << 20, 'x');
  const Ear ear;
  const Subscription subscription = Subscribe("a", ear);
  Publish("a", large);
  ASSERT_TRUE(ear.AwaitCount(1));
  EXPECT_EQ(ear.heard()[0].size(), large.size() + 2);
}

// One handler publishes, and lets itself and its neighbour go: neither hears of it.
TEST_F(SubscribeTest, AHandlerMayLetItselfAndOthersGo) {
  const Ear ear;
  const Ear neighbour;
  std::optional<Subscription> own;
  std::optional<Subscription> other;
  RedisConnection publisher = server_.Connect();
  auto made = redis_.Subscribe("a", [&](const Message& message) {
    own.reset();
    other.reset();
    publisher.Command({"PUBLISH", "a", "again"});
    publisher.Command({"PUBLISH", "b", message.payload});
  });
  ASSERT_THAT(made, IsOk());
  auto its_neighbour = redis_.Subscribe("a", neighbour.handler());
  ASSERT_THAT(its_neighbour, IsOk());
  const Subscription witness = Subscribe({"a", "b"}, ear);
  redis_.OnThread([&] {
    own.emplace(*std::move(made));
    other.emplace(*std::move(its_neighbour));
  });
  Publish("a", "x");
  ASSERT_TRUE(ear.AwaitCount(3));
  EXPECT_THAT(ear.heard(), ElementsAre("a x", "a again", "b x"));
  EXPECT_EQ(neighbour.count(), 0u);
}

TEST_F(SubscribeTest, AHandlerMayLetTheLastSubscriptionGoAndSubscribeAnew) {
  const Ear ear;
  std::optional<Subscription> subscription;
  auto made = redis_.Subscribe("a", [&](const Message&) {
    subscription.reset();
    redis_->Subscribe("b", ear.handler(), [&](absl::StatusOr<Subscription> next) {
      ASSERT_THAT(next, IsOk());
      subscription.emplace(*std::move(next));
    });
  });
  ASSERT_THAT(made, IsOk());
  redis_.OnThread([&] { subscription.emplace(*std::move(made)); });
  Publish("a", "x");
  ASSERT_TRUE(Eventually([&] { return Count("b") == "1"; }));
  EXPECT_TRUE(Eventually([&] { return Count("a") == "0"; }));
  Publish("b", "y");
  ASSERT_TRUE(ear.AwaitCount(1));
  redis_.OnThread([&] { subscription.reset(); });
}

TEST_F(SubscribeTest, WorksInACoroutine) {
  const Ear ear;
  std::promise<absl::Status> promise;
  auto run = [&]() -> asio::awaitable<void> {
    auto subscription = co_await redis_->Subscribe({"a", "b"}, ear.handler(), asio::use_awaitable);
    promise.set_value(subscription.status());
  };
  asio::co_spawn(redis_->get_executor(), run(), asio::detached);
  EXPECT_THAT(Await(promise.get_future()), IsOk());
}

TEST_F(SubscribeTest, RefusesWhatCannotBeSubscribedTo) {
  EXPECT_THAT(redis_.Subscribe(std::vector<std::string>(), Ear().handler()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("SUBSCRIBE: no channels")));
  EXPECT_THAT(redis_.Subscribe("a", std::function<void(const Message&)>()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("handler is empty")));
  EXPECT_THAT(redis_.Subscribe(std::string(65 << 20, 'x'), Ear().handler()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("max_reply_bytes")));
  EXPECT_EQ(Subscribers(server_), 0);
}

TEST_F(SubscribeTest, TheSharedConnectionRefusesToSubscribe) {
  for (const char* command : {"SUBSCRIBE", "psubscribe", "SSUBSCRIBE", "unsubscribe"}) {
    EXPECT_THAT(redis_.Execute({command, "a"}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("Redis::Subscribe")));
  }
}

TEST_F(SubscribeTest, ASubscriptionKeepsTheConnectionOpen) {
  const Ear ear;
  const Subscription subscription = Subscribe("a", ear);
  redis_.LetGo();
  Publish("a", "x");
  EXPECT_TRUE(ear.AwaitCount(1));
}

TEST_F(SubscribeTest, QuitAndDisconnectEndThem) {
  for (const bool quit : {true, false}) {
    RedisOnThread redis({.url = server_.url()});
    const Ear ear;
    const auto subscription = redis.Subscribe("a", ear.handler());
    ASSERT_THAT(subscription, IsOk());
    quit ? redis->Quit([](const absl::Status&) {}) : redis->Disconnect();
    ASSERT_TRUE(ear.AwaitEnd());
    EXPECT_THAT(ear.ends()[0], StatusIs(absl::StatusCode::kCancelled));
    EXPECT_TRUE(Eventually([this] { return Subscribers(server_) == 0; }));
    EXPECT_THAT(redis.Subscribe("a", ear.handler()), StatusIs(absl::StatusCode::kCancelled));
    EXPECT_EQ(ear.ends().size(), 1u);
  }
}

}  // namespace
}  // namespace holdfast::testing
