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

}  // namespace
}  // namespace holdfast::core
