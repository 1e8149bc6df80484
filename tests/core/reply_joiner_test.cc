// Replies to the parts of a command that was cut by slot, joined to one.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/multi_key.h"
#include "replies.h"
#include "words.h"

namespace holdfast::core {
namespace {

// The reply that `bytes` are.
class Answer {
 public:
  explicit Answer(std::string_view bytes) {
    reader_.Feed(bytes);
    EXPECT_EQ(reader_.Next(), ReplyReader::Result::kReply) << reader_.error();
  }
  operator ReplyView() const { return reader_.reply().root(); }  // NOLINT

 private:
  ReplyReader reader_;
};

std::string Finish(const ReplyJoiner& joiner) {
  Reply joined;
  joined.AddInteger(Reply::kNone, 7);  // What was there before is gone.
  joiner.Finish(joined);
  return Show(joined.root());
}

ReplyJoiner Joiner(std::string_view line) { return ReplyJoiner(Split(WordsOf(line)).value()); }

TEST(ReplyJoinerTest, ValuesComeInTheOrderOfTheKeys) {
  ReplyJoiner joiner = Joiner("MGET foo bar {foo}2 a {bar}2");
  // The parts are foo {foo}2, bar {bar}2, and a; they answer in any order.
  EXPECT_TRUE(joiner.Add(2, Answer("*1\r\n$1\r\nA\r\n")).ok());
  EXPECT_TRUE(joiner.Add(0, Answer("*2\r\n$1\r\nF\r\n$2\r\nF2\r\n")).ok());
  EXPECT_FALSE(joiner.complete());
  EXPECT_TRUE(joiner.Add(1, Answer("*2\r\n$-1\r\n$2\r\nB2\r\n")).ok());
  EXPECT_TRUE(joiner.complete());
  EXPECT_EQ(Finish(joiner), "['F' nil 'F2' 'A' 'B2']");
}

TEST(ReplyJoinerTest, CountsAreAdded) {
  for (const std::string name : {"DEL", "UNLINK", "EXISTS", "touch"}) {
    ReplyJoiner joiner = Joiner(name + " foo {foo}2 bar");
    EXPECT_TRUE(joiner.Add(0, Answer(":2\r\n")).ok());
    EXPECT_TRUE(joiner.Add(1, Answer(":1\r\n")).ok());
    EXPECT_EQ(Finish(joiner), ":3") << name;
  }
}

TEST(ReplyJoinerTest, MsetIsOkWhenAllPartsAre) {
  ReplyJoiner joiner = Joiner("MSET foo 1 bar 2");
  EXPECT_TRUE(joiner.Add(1, Answer("+OK\r\n")).ok());
  EXPECT_TRUE(joiner.Add(0, Answer("+OK\r\n")).ok());
  EXPECT_EQ(Finish(joiner), "+OK");
}

TEST(ReplyJoinerTest, AnErrorOfAPartIsToldWithWhatBecameOfTheOthers) {
  ReplyJoiner joiner = Joiner("MSET foo 1 bar 2 a 3");
  EXPECT_TRUE(joiner.Add(2, Answer("-NOPERM c\r\n")).ok());
  EXPECT_TRUE(joiner.Add(1, Answer("-OOM b\r\n")).ok());
  EXPECT_TRUE(joiner.Add(0, Answer("+OK\r\n")).ok());
  EXPECT_TRUE(joiner.complete());
  EXPECT_EQ(Finish(joiner), "-OOM b (2 of the 3 slots refused MSET, the others executed it)");
}

TEST(ReplyJoinerTest, RefusesAReplyThatTheCommandCannotHave) {
  for (const std::string_view bad : {"+OK\r\n", ":1\r\n", "$1\r\na\r\n", "$-1\r\n", "*1\r\n:1\r\n",
                                     "*3\r\n:1\r\n:1\r\n:1\r\n", "*0\r\n"}) {
    ReplyJoiner joiner = Joiner("MGET foo {foo}2 bar");
    EXPECT_EQ(joiner.Add(0, Answer(bad)).code(), absl::StatusCode::kInternal) << bad;
  }
  for (const std::string_view bad : {"+OK\r\n", ":-1\r\n", ":3\r\n", "$1\r\n1\r\n", "*0\r\n",
                                     ":9223372036854775807\r\n", "$-1\r\n"}) {
    ReplyJoiner joiner = Joiner("DEL foo {foo}2 bar");
    EXPECT_EQ(joiner.Add(0, Answer(bad)).code(), absl::StatusCode::kInternal) << bad;
    EXPECT_FALSE(joiner.complete());
  }
  ReplyJoiner joiner = Joiner("MSET foo 1 bar 2");
  EXPECT_EQ(joiner.Add(0, Answer(":1\r\n")).code(), absl::StatusCode::kInternal);
}

TEST(ReplyJoinerTest, APartHasOneReply) {
  ReplyJoiner joiner = Joiner("DEL foo bar");
  EXPECT_TRUE(joiner.Add(0, Answer(":1\r\n")).ok());
  EXPECT_FALSE(joiner.Add(0, Answer(":1\r\n")).ok());
  EXPECT_FALSE(joiner.Add(2, Answer(":1\r\n")).ok());
  EXPECT_FALSE(joiner.complete());
  EXPECT_EQ(Finish(joiner), "nil");
}

}  // namespace
}  // namespace holdfast::core
