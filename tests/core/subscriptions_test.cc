// What is asked of a server for those who subscribe, and what its pushes mean to them.
#include "core/subscriptions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "replies.h"
#include "seed.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Push = Subscriptions::Push;

const TimePoint kNow{100s};

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string Array(const std::vector<std::string>& elements) {
  std::string bytes = "*" + std::to_string(elements.size()) + "\r\n";
  for (const std::string& element : elements) bytes += element;
  return bytes;
}

std::string Answer(const std::string& word, const std::string& name) {
  return Array({Bulk(word), Bulk(name), ":1\r\n"});
}

std::string MessageOn(const std::string& channel, const std::string& payload) {
  return Array({Bulk("message"), Bulk(channel), Bulk(payload)});
}

std::string Show(const Push& push) {
  static const std::map<Push::Kind, std::string> kNames = {{Push::Kind::kMessage, "message"},
                                                           {Push::Kind::kConfirmed, "confirmed"},
                                                           {Push::Kind::kRefused, "refused"},
                                                           {Push::Kind::kNothing, "nothing"},
                                                           {Push::Kind::kUnknown, "unknown"}};
  std::string shown = kNames.at(push.kind);
  for (const Subscriptions::Id id : push.ids) shown += " " + std::to_string(id);
  for (const std::string_view text : {push.channel, push.pattern, push.text}) {
    if (!text.empty()) shown += " '" + std::string(text) + "'";
  }
  return shown;
}

class SubscriptionsTest : public ::testing::Test {
 protected:
  bool Add(Subscriptions::Id id, const std::vector<std::string>& names) {
    return subscriptions_.Add(id, names, false);
  }
  bool AddPatterns(Subscriptions::Id id, const std::vector<std::string>& patterns) {
    return subscriptions_.Add(id, patterns, true);
  }
  void Remove(Subscriptions::Id id) { subscriptions_.Remove(id); }
  void Connect() { subscriptions_.Connected(kNow); }

  // The commands since the last call.
  std::vector<std::string> Said() {
    said_ += subscriptions_.TakeCommands(kNow);
    const std::string commands = std::exchange(said_, {});
    return ReadPieces({commands});
  }

  // What it makes of these bytes.
  std::string Hear(const std::string& bytes, TimePoint now = kNow) {
    said_ += subscriptions_.TakeCommands(kNow);
    ReplyReader reader;
    reader.Feed(bytes);
    EXPECT_EQ(reader.Next(), ReplyReader::Result::kReply) << bytes;
    return Show(subscriptions_.OnPush(reader.reply().root(), now));
  }
  std::string Confirm(const std::string& name) { return Hear(Answer("subscribe", name)); }

  Subscriptions subscriptions_;
  std::string said_;
};

TEST_F(SubscriptionsTest, SaysNothingWithoutAConnection) {
  EXPECT_FALSE(Add(1, {"a"}));
  EXPECT_THAT(Said(), IsEmpty());
  EXPECT_FALSE(subscriptions_.awaits_answer());
}

TEST_F(SubscriptionsTest, ANewConnectionSubscribesToEverything) {
  Add(1, {"b", "a"});
  AddPatterns(2, {"a"});
  Connect();
  EXPECT_THAT(Said(), ElementsAre("['SUBSCRIBE' 'a']", "['SUBSCRIBE' 'b']", "['PSUBSCRIBE' 'a']"));
}

TEST_F(SubscriptionsTest, IsConfirmedWithTheLastOfItsChannels) {
  Add(1, {"a", "b"});
  Connect();
  EXPECT_EQ(Confirm("a"), "confirmed");
  EXPECT_EQ(Confirm("b"), "confirmed 1");
}

TEST_F(SubscriptionsTest, AChannelGivenTwiceCountsOnce) {
  Add(1, {"a", "a"});
  Connect();
  EXPECT_EQ(Confirm("a"), "confirmed 1");
  EXPECT_EQ(Hear(MessageOn("a", "x")), "message 1 'a' 'x'");
}

TEST_F(SubscriptionsTest, SeveralShareOneSubscribe) {
  Connect();
  Add(1, {"a"});
  Add(2, {"a"});
  EXPECT_THAT(Said(), ElementsAre("['SUBSCRIBE' 'a']"));
  EXPECT_EQ(Confirm("a"), "confirmed 1 2");
  EXPECT_TRUE(Add(3, {"a"})) << "it is confirmed already";
  EXPECT_FALSE(Add(4, {"a", "b"}));
  EXPECT_EQ(Hear(MessageOn("a", "x")), "message 1 2 3 4 'a' 'x'");
}

TEST_F(SubscriptionsTest, TheLastToGoUnsubscribes) {
  Connect();
  Add(1, {"a"});
  Add(2, {"a"});
  Said();
  Remove(1);
  EXPECT_THAT(Said(), IsEmpty());
  EXPECT_FALSE(subscriptions_.empty());
  Remove(2);
  EXPECT_THAT(Said(), ElementsAre("['UNSUBSCRIBE' 'a']"));
  EXPECT_TRUE(subscriptions_.empty());
}

TEST_F(SubscriptionsTest, AChannelAndAPatternOfTheSameNameAreTwo) {
  Connect();
  Add(1, {"a"});
  AddPatterns(2, {"a"});
  EXPECT_EQ(Confirm("a"), "confirmed 1");
  EXPECT_EQ(Hear(Answer("psubscribe", "a")), "confirmed 2");
  Remove(2);
  Said();
  EXPECT_EQ(Hear(MessageOn("a", "x")), "message 1 'a' 'x'");
}

TEST_F(SubscriptionsTest, AMessageSaysWhichPatternMatched) {
  Connect();
  AddPatterns(1, {"a*"});
  Hear(Answer("psubscribe", "a*"));
  EXPECT_EQ(Hear(Array({Bulk("pmessage"), Bulk("a*"), Bulk("ab"), Bulk("x")})),
            "message 1 'ab' 'a*' 'x'");
}

TEST_F(SubscriptionsTest, AMessageMayComeBeforeTheConfirmation) {
  Connect();
  Add(1, {"a", "b"});
  Confirm("a");
  EXPECT_EQ(Hear(MessageOn("a", "x")), "message 1 'a' 'x'");
}

TEST_F(SubscriptionsTest, AMessageForWhoeverLeftIsForNobody) {
  Connect();
  Add(1, {"a"});
  Confirm("a");
  Remove(1);
  EXPECT_EQ(Hear(MessageOn("a", "x")), "message 'a' 'x'");
  EXPECT_EQ(Hear(Answer("unsubscribe", "a")), "nothing");
}

// It was let go and asked for anew, while the first answer was on its way.
TEST_F(SubscriptionsTest, OnlyTheLatestSubscribeConfirms) {
  Connect();
  Add(1, {"a"});
  Remove(1);
  Add(2, {"a"});
  EXPECT_THAT(Said(), ElementsAre("['SUBSCRIBE' 'a']", "['UNSUBSCRIBE' 'a']", "['SUBSCRIBE' 'a']"));
  EXPECT_EQ(Confirm("a"), "nothing");
  EXPECT_EQ(Hear(Answer("unsubscribe", "a")), "nothing");
  EXPECT_EQ(Confirm("a"), "confirmed 2");
}

TEST_F(SubscriptionsTest, ARefusalIsForThoseWhoWantThatChannel) {
  Connect();
  Add(1, {"a", "b"});
  Add(2, {"a"});
  Said();
  EXPECT_EQ(Confirm("a"), "confirmed 2");
  EXPECT_EQ(Hear("-NOPERM no\r\n"), "refused 1 'NOPERM no'");
  Remove(1);
  EXPECT_THAT(Said(), IsEmpty()) << "the server is not subscribed to b, and a is wanted";
}

TEST_F(SubscriptionsTest, WhoMayNotUnsubscribeIsLeftInPeace) {
  Connect();
  Add(1, {"a"});
  Confirm("a");
  Remove(1);
  EXPECT_EQ(Hear("-NOPERM no\r\n"), "nothing");
}

TEST_F(SubscriptionsTest, EachConnectionConfirmsAnew) {
  Connect();
  Add(1, {"a"});
  Confirm("a");
  Said();
  subscriptions_.Disconnected();
  EXPECT_FALSE(Add(2, {"a"}));
  EXPECT_THAT(Said(), IsEmpty());
  Connect();
  EXPECT_THAT(Said(), ElementsAre("['SUBSCRIBE' 'a']"));
  EXPECT_EQ(Confirm("a"), "confirmed 1 2");
}

TEST_F(SubscriptionsTest, ALostConnectionOwesNothing) {
  Connect();
  Add(1, {"a"});
  subscriptions_.Ping();
  EXPECT_FALSE(subscriptions_.idle());
  subscriptions_.Disconnected();
  EXPECT_TRUE(subscriptions_.idle());
  EXPECT_FALSE(subscriptions_.awaits_answer());
  EXPECT_THAT(Said(), IsEmpty());
}

TEST_F(SubscriptionsTest, APongIsAnAnswerInEachOfItsShapes) {
  Connect();
  for (const std::string& pong : {Array({Bulk("pong"), Bulk("")}), std::string("+PONG\r\n"),
                                  std::string("-BUSY a script runs\r\n")}) {
    subscriptions_.Ping();
    EXPECT_THAT(Said(), ElementsAre("['PING']"));
    EXPECT_EQ(Hear(pong), "nothing") << pong;
    EXPECT_FALSE(subscriptions_.awaits_answer());
  }
}

TEST_F(SubscriptionsTest, KnowsSinceWhenTheServerIsQuiet) {
  Connect();
  Add(1, {"a"});
  Said();
  EXPECT_EQ(Hear(Answer("subscribe", "a"), kNow + 1s), "confirmed 1");
  EXPECT_EQ(subscriptions_.quiet_since(), kNow + 1s);
  subscriptions_.Ping();
  EXPECT_FALSE(subscriptions_.awaits_answer()) << "it was not sent yet";
  subscriptions_.TakeCommands(kNow + 5s);
  EXPECT_EQ(subscriptions_.quiet_since(), kNow + 5s) << "it was not asked before";
  subscriptions_.Ping();
  subscriptions_.TakeCommands(kNow + 6s);
  EXPECT_EQ(subscriptions_.quiet_since(), kNow + 5s) << "it owes the first answer";
  Hear(MessageOn("a", "x"), kNow + 7s);
  EXPECT_EQ(subscriptions_.quiet_since(), kNow + 7s);
  EXPECT_TRUE(subscriptions_.awaits_answer());
}

TEST_F(SubscriptionsTest, RefusesWhatIsNoPush) {
  for (const std::string& bytes :
       {std::string("+OK\r\n"), std::string(":1\r\n"), std::string("$-1\r\n"),
        std::string("*0\r\n"), std::string("-ERR what\r\n"), Answer("subscribe", "a"),
        Array({Bulk("pong"), Bulk("")}), Array({Bulk("message"), Bulk("a")}),
        Array({Bulk("message"), Bulk("a"), ":1\r\n"}),
        Array({Bulk("message"), Bulk("a"), Bulk("b"), Bulk("c")}),
        Array({Bulk("pmessage"), Bulk("a"), Bulk("b")}),
        Array({Bulk("invalidate"), Bulk("a"), Bulk("b")})}) {
    Subscriptions fresh;
    fresh.Connected(kNow);
    std::swap(subscriptions_, fresh);
    EXPECT_THAT(Hear(bytes), ::testing::StartsWith("unknown")) << bytes;
  }
}

TEST_F(SubscriptionsTest, RefusesTheAnswerToAnotherQuestion) {
  for (const std::string& bytes :
       {Answer("subscribe", "b"), Answer("unsubscribe", "a"), Answer("psubscribe", "a"),
        Array({Bulk("pong"), Bulk("")}), Array({Bulk("subscribe"), Bulk("a")}),
        Array({Bulk("subscribe"), Bulk("a"), Bulk("1")}),
        Array({Bulk("subscribe"), ":7\r\n", ":1\r\n"})}) {
    Subscriptions fresh;
    fresh.Connected(kNow);
    std::swap(subscriptions_, fresh);
    Add(1, {"a"});
    EXPECT_THAT(Hear(bytes), ::testing::StartsWith("unknown")) << bytes;
  }
}

// A server that does what it is told, in order; at the end both must agree, whoever came and went.
TEST_F(SubscriptionsTest, AgreesWithTheServerWhateverComesAndGoes) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  std::set<std::string> on_server;
  std::map<Subscriptions::Id, std::string> wanted;
  std::set<Subscriptions::Id> confirmed;
  std::vector<std::string> pipe;
  const auto move_commands = [&] {
    for (std::string& command : Said()) pipe.push_back(std::move(command));
  };
  const auto serve_one = [&] {
    const std::string name(1, pipe.front()[pipe.front().size() - 3]);
    const bool subscribes = pipe.front().starts_with("['SUBSCRIBE'");
    pipe.erase(pipe.begin());
    subscribes ? (void)on_server.insert(name) : (void)on_server.erase(name);
    const std::string heard = Hear(Answer(subscribes ? "subscribe" : "unsubscribe", name));
    ASSERT_FALSE(heard.starts_with("unknown")) << heard;
    for (const auto& [id, channel] : wanted) {
      if (heard.starts_with("confirmed") && channel == name) confirmed.insert(id);
    }
  };
  Connect();
  for (int step = 0; step < 20'000; ++step) {
    const Subscriptions::Id id = random() % 8;
    if (random() % 2 == 0 && !pipe.empty()) {
      serve_one();
    } else if (wanted.erase(id) > 0) {
      confirmed.erase(id);
      Remove(id);
    } else {
      wanted[id] = std::string(1, static_cast<char>('a' + random() % 3));
      if (Add(id, {wanted[id]})) confirmed.insert(id);
    }
    move_commands();
    // Who is confirmed hears what is published from now on: nothing unsubscribes him in the pipe.
    for (const Subscriptions::Id one : confirmed) {
      ASSERT_TRUE(on_server.contains(wanted[one])) << "step " << step;
    }
  }
  while (!pipe.empty()) serve_one();
  std::set<std::string> channels;
  for (const auto& [id, channel] : wanted) channels.insert(channel);
  EXPECT_EQ(on_server, channels);
  EXPECT_EQ(confirmed.size(), wanted.size());
}

TEST_F(SubscriptionsTest, WhoSubscribedToNothingLeavesNothing) {
  Connect();
  Remove(7);
  EXPECT_THAT(Said(), IsEmpty());
}

TEST_F(SubscriptionsTest, ARefusalForWhoeverLeftIsForNobody) {
  Connect();
  Add(1, {"a"});
  Remove(1);
  EXPECT_EQ(Hear("-NOPERM no\r\n"), "nothing");
  EXPECT_EQ(Hear(Answer("unsubscribe", "a")), "nothing");
}

TEST_F(SubscriptionsTest, AnythingButAPongIsNoAnswerToAPing) {
  for (const std::string& bytes :
       {std::string("+OK\r\n"), std::string(":1\r\n"), Array({Bulk("pong"), ":1\r\n"}),
        Array({Bulk("pong")}), Answer("subscribe", "a")}) {
    Subscriptions fresh;
    fresh.Connected(kNow);
    std::swap(subscriptions_, fresh);
    subscriptions_.Ping();
    EXPECT_THAT(Hear(bytes), ::testing::StartsWith("unknown")) << bytes;
  }
}

}  // namespace
}  // namespace holdfast::core
