// One connection's conversation.
#include "core/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "replies.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TimePoint kNow{100s};

constexpr Script kScript = {"name", "0123456789012345678901234567890123456789", "return 1"};
constexpr Script kOther = {"other", "9876543210987654321098765432109876543210", "return 2"};

// Writes down what it is told, and then does as the test says.
class Recorder : public Pipeline::Receiver {
 public:
  std::vector<std::string> heard;
  std::function<void(Tag)> then = [](Tag) {};

  void OnReply(Tag tag, ReplyView reply) override {
    heard.push_back(std::to_string(tag) + " " + Show(reply));
    then(tag);
  }
  void OnPush(ReplyView push) override { heard.push_back("push " + Show(push)); }
  void OnNoReply(Tag tag) override {
    heard.push_back(std::to_string(tag) + " no reply");
    then(tag);
  }
};

class PipelineTest : public ::testing::Test {
 protected:
  void Push(std::string_view command, Tag tag, TimePoint deadline = kNever) {
    pipeline_.outgoing().append(command);
    pipeline_.Expect(tag, deadline);
  }
  // A call with a key and an argument of its own.
  void Call(Tag tag, std::string_view own, TimePoint deadline = kNever,
            const Script& script = kScript) {
    ScriptCall call(script, false);
    call.Key("guard");
    call.Key("k");
    call.OwnArgument(own);
    pipeline_.Call(tag, call, deadline);
  }
  bool Receive(std::string_view bytes) { return pipeline_.Receive(bytes, recorder_); }

  Pipeline pipeline_;
  Recorder recorder_;
};

TEST_F(PipelineTest, RepliesAnswerCommandsInTheOrderTheyWereSent) {
  for (const Tag tag : {7, 3, 9}) Push("c", tag);
  EXPECT_TRUE(Receive("+a\r\n+b\r\n+"));
  EXPECT_THAT(recorder_.heard, ElementsAre("7 +a", "3 +b"));
  EXPECT_EQ(pipeline_.unanswered(), 1U);
  EXPECT_TRUE(Receive("c\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("7 +a", "3 +b", "9 +c"));
  EXPECT_EQ(pipeline_.unanswered(), 0U);
}

TEST_F(PipelineTest, WritesInOnePieceWhatWasPushed) {
  EXPECT_EQ(pipeline_.StartWrite(), "");
  Push("one ", 1);
  Push("two", 2);
  EXPECT_EQ(pipeline_.StartWrite(), "one two");
}

TEST_F(PipelineTest, WhatIsPushedDuringAWriteWaitsForTheNext) {
  Push("first", 1);
  const std::string_view first = pipeline_.StartWrite();
  Push(std::string(10'000, 'x'), 2);
  EXPECT_EQ(first, "first") << "the bytes under way must not move";
  EXPECT_EQ(pipeline_.StartWrite(), "") << "one write at a time";
  pipeline_.FinishWrite();
  EXPECT_EQ(pipeline_.StartWrite(), std::string(10'000, 'x'));
  pipeline_.FinishWrite();
  EXPECT_EQ(pipeline_.StartWrite(), "");
}

TEST_F(PipelineTest, DeadlineIsTheOldestUnansweredCommands) {
  EXPECT_EQ(pipeline_.deadline(), kNever);
  Push("a", 1, kNow + 1s);
  Push("b", 2, kNow + 2s);
  EXPECT_EQ(pipeline_.deadline(), kNow + 1s);
  Receive("+a\r\n");
  EXPECT_EQ(pipeline_.deadline(), kNow + 2s);
  Receive("+b\r\n");
  EXPECT_EQ(pipeline_.deadline(), kNever);
}

TEST_F(PipelineTest, ReplyToNoCommandIsAProtocolError) {
  Push("a", 1);
  EXPECT_FALSE(Receive("+a\r\n+b\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a"));
  EXPECT_THAT(pipeline_.error(), HasSubstr("a reply to no command"));
}

TEST_F(PipelineTest, BrokenStreamIsAProtocolErrorBehindTheRepliesBeforeIt) {
  Push("a", 1);
  Push("b", 2);
  EXPECT_FALSE(Receive("+a\r\n?\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a"));
  EXPECT_THAT(pipeline_.error(), HasSubstr("protocol error"));
  EXPECT_EQ(pipeline_.unanswered(), 1U) << "still to be abandoned";
  EXPECT_FALSE(Receive("+b\r\n"));
}

TEST_F(PipelineTest, LimitsHoldForTheStream) {
  Pipeline small(ReplyLimits{.bytes = 10, .elements = 2});
  small.Expect(1, kNever);
  EXPECT_FALSE(small.Receive("*3\r\n", recorder_));
  EXPECT_THAT(small.error(), HasSubstr("an array of 3 elements"));
}

TEST_F(PipelineTest, ReceiverMayPushCommandsWhileItIsCalled) {
  recorder_.then = [this](Tag tag) {
    for (Tag i = 0; tag < 100 && i < 20; ++i) Push("more", 100 + i);  // The queue has to grow.
  };
  Push("a", 1);
  Push("b", 2);
  EXPECT_TRUE(Receive("+a\r\n+b\r\n:100\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a", "2 +b", "100 :100"));
  EXPECT_EQ(pipeline_.unanswered(), 39U);
}

TEST_F(PipelineTest, AbandonTellsOfEachUnansweredCommandInOrder) {
  for (const Tag tag : {4, 5, 6}) Push("c", tag, kNow);
  Receive("+a\r\n");
  recorder_.heard.clear();
  pipeline_.Abandon(recorder_);
  EXPECT_THAT(recorder_.heard, ElementsAre("5 no reply", "6 no reply"));
  EXPECT_EQ(pipeline_.deadline(), kNever);
}

TEST_F(PipelineTest, AbandonEndsAlsoWhenTheReceiverAlwaysSendsAgain) {
  recorder_.then = [this](Tag tag) { Push("again", tag + 10); };
  Push("a", 1);
  Push("b", 2);
  pipeline_.Abandon(recorder_);
  EXPECT_THAT(recorder_.heard, ElementsAre("1 no reply", "2 no reply"));
}

TEST_F(PipelineTest, WhatComesUnaskedIsAPushWhereSuchAreExpected) {
  pipeline_.ExpectPushes();
  Push("a", 1);
  EXPECT_TRUE(Receive("+a\r\n+b\r\n"));
  EXPECT_TRUE(Receive(":3\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a", "push +b", "push :3"));
}

TEST_F(PipelineTest, NewLimitsHoldForTheRepliesToCome) {
  for (const Tag tag : {1, 2}) Push("c", tag);
  EXPECT_TRUE(Receive("*3\r\n:1\r\n:2\r\n:3\r\n"));
  pipeline_.set_limits({.bytes = 10, .elements = 2});
  EXPECT_FALSE(Receive("*3\r\n:1\r\n:2\r\n:3\r\n"));
  EXPECT_THAT(pipeline_.error(), HasSubstr("at most 2 are allowed"));
}

// --- Calls of scripts ---------------------------------------------------------------------------

// The command of calls that were joined, for the arguments that are their own.
std::string Command(std::initializer_list<std::string_view> own, const Script& script = kScript) {
  std::string bytes = "*" + std::to_string(4 + 2 * own.size()) + "\r\n" + Bulk("EVALSHA") +
                      Bulk(script.sha1) + Bulk(std::to_string(1 + own.size())) + Bulk("guard");
  for (std::size_t i = 0; i < own.size(); ++i) bytes += Bulk("k");
  for (const std::string_view text : own) bytes += Bulk(text);
  return bytes;
}

TEST_F(PipelineTest, CallsBetweenTwoWritesGoOutAsOne) {
  for (const Tag tag : {1, 2, 3}) Call(tag, std::string(tag, 'x'));
  EXPECT_EQ(pipeline_.StartWrite(), Command({"x", "xx", "xxx"}));
  pipeline_.FinishWrite();
  EXPECT_EQ(pipeline_.StartWrite(), "");
}

TEST_F(PipelineTest, CallsOfSeveralWritesAreSeveralCommands) {
  Call(1, "a");
  EXPECT_EQ(pipeline_.StartWrite(), Command({"a"}));
  pipeline_.FinishWrite();
  Call(2, "b");
  EXPECT_EQ(pipeline_.StartWrite(), Command({"b"}));
  EXPECT_TRUE(Receive("*1\r\n+a\r\n+b\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 [+a]", "2 +b"));
}

TEST_F(PipelineTest, CallsDuringAWriteAreJoinedInTheNext) {
  Call(1, "a");
  Call(2, "b");
  const std::string_view first = pipeline_.StartWrite();
  const std::string own(400, 'x');
  for (const Tag tag : {3, 4, 5}) {
    Call(tag, own);
    EXPECT_EQ(pipeline_.StartWrite(), "") << "one write at a time";
  }
  EXPECT_EQ(first, Command({"a", "b"})) << "the bytes under way must not move";
  pipeline_.FinishWrite();
  EXPECT_EQ(pipeline_.StartWrite(), Command({own, own, own}));
  EXPECT_TRUE(Receive("*2\r\n+a\r\n+b\r\n*3\r\n+c\r\n+d\r\n+e\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a", "2 +b", "3 +c", "4 +d", "5 +e"));
}

TEST_F(PipelineTest, OtherCommandsKeepTheirPlaceAmongCalls) {
  Call(1, "a");
  Call(2, "b");
  Push("PING ", 3);
  Push("PING ", 4);
  Call(5, "c");
  Call(6, "d");
  Call(7, "e", kNever, kOther);
  Call(8, "f");
  EXPECT_EQ(pipeline_.StartWrite(), Command({"a", "b"}) + "PING PING " + Command({"c", "d"}) +
                                        Command({"e"}, kOther) + Command({"f"}));
  EXPECT_TRUE(Receive("*2\r\n+1\r\n+2\r\n+3\r\n+4\r\n*2\r\n+5\r\n+6\r\n*2\r\n+7\r\n+x\r\n+8\r\n"));
  EXPECT_THAT(recorder_.heard,
              ElementsAre("1 +1", "2 +2", "3 +3", "4 +4", "5 +5", "6 +6", "7 [+7 +x]", "8 +8"));
}

TEST_F(PipelineTest, CallsThatStandAloneKeepTheirPlaceAmongCalls) {
  Call(1, "a");
  ScriptCall call(kScript, false);
  call.Key("guard");
  call.Key("k");
  call.OwnArgument("b");
  call.StandAlone();
  pipeline_.Call(2, call, kNever);
  Call(3, "c");
  Call(4, "d");
  EXPECT_EQ(pipeline_.StartWrite(), Command({"a"}) + Command({"b"}) + Command({"c", "d"}));
  EXPECT_TRUE(Receive("+a\r\n*1\r\n+b\r\n*2\r\n+c\r\n+d\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a", "2 [+b]", "3 +c", "4 +d"));
}

TEST_F(PipelineTest, MoreCallsThanCanBeJoinedAreSeveralCommands) {
  constexpr Tag kMost = JoinedCalls::kMost;
  for (Tag tag = 0; tag < kMost + 2; ++tag) Call(tag, "x");
  const std::string_view bytes = pipeline_.StartWrite();
  EXPECT_TRUE(bytes.ends_with(Command({"x", "x"})));
  std::string replies = "*" + std::to_string(kMost) + "\r\n";
  for (Tag tag = 0; tag < kMost; ++tag) replies += ":" + std::to_string(tag) + "\r\n";
  EXPECT_TRUE(Receive(replies + "*2\r\n:1000\r\n:1001\r\n"));
  ASSERT_EQ(recorder_.heard.size(), kMost + 2);
  EXPECT_EQ(recorder_.heard[0], "0 :0");
  EXPECT_EQ(recorder_.heard[kMost - 1], "63 :63");
  EXPECT_EQ(recorder_.heard[kMost], "64 :1000");
  EXPECT_EQ(recorder_.heard[kMost + 1], "65 :1001");
}

TEST_F(PipelineTest, EachJoinedCallCountsAndHasItsDeadline) {
  for (const Tag tag : {1, 2, 3}) Call(tag, "x", kNow + tag * 1s);
  EXPECT_EQ(pipeline_.unanswered(), 3U) << "also before they are written";
  EXPECT_EQ(pipeline_.deadline(), kNow + 1s);
  pipeline_.StartWrite();
  std::vector<std::size_t> left;
  std::vector<TimePoint> due;
  recorder_.then = [&](Tag) {
    left.push_back(pipeline_.unanswered());
    due.push_back(pipeline_.deadline());
  };
  EXPECT_TRUE(Receive("*3\r\n+a\r\n+b\r\n"));
  EXPECT_EQ(pipeline_.unanswered(), 3U) << "half a reply answers nothing";
  EXPECT_TRUE(Receive("+c\r\n"));
  EXPECT_THAT(left, ElementsAre(2, 1, 0));
  EXPECT_THAT(due, ElementsAre(kNow + 2s, kNow + 3s, kNever));
}

TEST_F(PipelineTest, AnErrorIsTheAnswerToEachJoinedCall) {
  for (const Tag tag : {1, 2, 3}) Call(tag, "x");
  Push("PING", 4);
  EXPECT_TRUE(Receive("-NOSCRIPT x\r\n+d\r\n"));
  EXPECT_THAT(recorder_.heard,
              ElementsAre("1 -NOSCRIPT x", "2 -NOSCRIPT x", "3 -NOSCRIPT x", "4 +d"));
}

TEST_F(PipelineTest, JoinedCallsGetWhatTheyWouldHaveGotAlone) {
  for (const Tag tag : {1, 2, 3}) Call(tag, "x");
  EXPECT_TRUE(Receive("*3\r\n*2\r\n$2\r\nOK\r\n:5\r\n-ERR x\r\n*1\r\n$4\r\nSHUT\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 ['OK' :5]", "2 -ERR x", "3 ['SHUT']"));
}

// A server that does not do as the scripts do. None may wait for ever, or get another's answer.
TEST_F(PipelineTest, JoinedCallsWithoutAnAnswerGetNil) {
  for (const Tag tag : {1, 2, 3}) Call(tag, "x");
  for (const Tag tag : {4, 5}) Call(tag, "x", kNever, kOther);
  for (const Tag tag : {6, 7}) Call(tag, "x");
  for (const Tag tag : {8, 9}) Call(tag, "x", kNever, kOther);
  Push("PING", 10);
  EXPECT_TRUE(Receive("*1\r\n+a\r\n+b\r\n*0\r\n*3\r\n+c\r\n+d\r\n+e\r\n+f\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a", "2 nil", "3 nil", "4 nil", "5 nil", "6 nil",
                                           "7 nil", "8 +c", "9 +d", "10 +f"));
  EXPECT_EQ(pipeline_.unanswered(), 0U);
}

TEST_F(PipelineTest, AbandonTellsOfEachJoinedCall) {
  for (const Tag tag : {1, 2, 3}) Call(tag, "x");
  pipeline_.Abandon(recorder_);
  EXPECT_THAT(recorder_.heard, ElementsAre("1 no reply", "2 no reply", "3 no reply"));
  EXPECT_EQ(pipeline_.unanswered(), 0U);
}

// As when the answer to the first shows that the connection is of no use.
TEST_F(PipelineTest, ReceiverMayAbandonWhileJoinedCallsAreAnswered) {
  for (const char* reply : {"*3\r\n+a\r\n+b\r\n+c\r\n", "-x\r\n", "*1\r\n+a\r\n", "+a\r\n"}) {
    Pipeline pipeline;
    Recorder recorder;
    std::vector<Tag> told;
    recorder.then = [&](Tag tag) {
      told.push_back(tag);
      if (tag == 1) pipeline.Abandon(recorder);
    };
    for (const Tag tag : {1, 2, 3}) {
      ScriptCall call(kScript, false);
      call.Key("guard");
      call.OwnArgument("x");
      pipeline.Call(tag, call, kNow);
    }
    pipeline.outgoing() += "PING";
    pipeline.Expect(4, kNow);
    EXPECT_TRUE(pipeline.Receive(reply, recorder));
    EXPECT_THAT(told, ElementsAre(1, 2, 3, 4)) << reply;
    EXPECT_THAT(recorder.heard,
                ElementsAre(HasSubstr("1 "), "2 no reply", "3 no reply", "4 no reply"))
        << reply;
    EXPECT_EQ(pipeline.deadline(), kNever);
  }
}

TEST_F(PipelineTest, ReceiverMayCallWhileJoinedCallsAreAnswered) {
  recorder_.then = [this](Tag tag) {
    for (Tag i = 0; tag < 100 && i < 20; ++i) Call(100 * tag + i, "x");  // The queue has to grow.
  };
  Call(1, "a");
  Call(2, "b");
  pipeline_.StartWrite();
  pipeline_.FinishWrite();
  EXPECT_TRUE(Receive("*2\r\n+a\r\n+b\r\n"));
  EXPECT_THAT(recorder_.heard, ElementsAre("1 +a", "2 +b"));
  EXPECT_EQ(pipeline_.unanswered(), 40U);
  EXPECT_TRUE(Receive("*32\r\n+c\r\n"));
  EXPECT_EQ(recorder_.heard.size(), 2U) << "half a reply answers nothing";
}

}  // namespace
}  // namespace holdfast::core
