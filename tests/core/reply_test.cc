// A reply's elements, asked for what they are and for what they are not.
#include "core/reply.h"

#include <gtest/gtest.h>

#include <limits>

#include "replies.h"

namespace holdfast::core {
namespace {

void ExpectNothing(ReplyView view) {
  EXPECT_EQ(view.text(), "");
  EXPECT_EQ(view.integer(), 0);
  EXPECT_EQ(view.size(), 0U);
  EXPECT_TRUE(view.at(0).is_nil());
  EXPECT_TRUE(view.at(std::numeric_limits<std::size_t>::max()).is_nil());
  EXPECT_FALSE(view.is_error());
}

TEST(ReplyTest, NoReplyIsNil) {
  const Reply reply;
  EXPECT_TRUE(reply.root().is_nil());
  ExpectNothing(reply.root());
}

TEST(ReplyTest, NilHasNothing) {
  Reply reply;
  reply.AddNil(Reply::kNone);
  EXPECT_TRUE(reply.root().is_nil());
  ExpectNothing(reply.root());
}

TEST(ReplyTest, TextIsNoNumberAndNoArray) {
  for (const ReplyType type : {ReplyType::kString, ReplyType::kStatus, ReplyType::kError}) {
    Reply reply;
    reply.AddText(Reply::kNone, type, "12");
    EXPECT_EQ(reply.root().type(), type);
    EXPECT_EQ(reply.root().text(), "12");
    EXPECT_EQ(reply.root().integer(), 0);
    EXPECT_EQ(reply.root().size(), 0U);
    EXPECT_TRUE(reply.root().at(0).is_nil());
    EXPECT_EQ(reply.root().is_error(), type == ReplyType::kError);
  }
}

TEST(ReplyTest, IntegerIsNoText) {
  Reply reply;
  reply.AddInteger(Reply::kNone, -7);
  EXPECT_EQ(reply.root().integer(), -7);
  EXPECT_EQ(reply.root().text(), "");
  EXPECT_EQ(reply.root().size(), 0U);
  EXPECT_TRUE(reply.root().at(0).is_nil());
}

TEST(ReplyTest, ArrayIsNoTextAndEndsAtItsSize) {
  Reply reply;
  const std::size_t array = reply.AddArray(Reply::kNone);
  reply.AddInteger(array, 5);
  reply.AddText(array, ReplyType::kString, "five");
  EXPECT_EQ(reply.root().size(), 2U);
  EXPECT_EQ(reply.root().text(), "");
  EXPECT_EQ(reply.root().integer(), 0);
  EXPECT_EQ(reply.root().at(0).integer(), 5);
  EXPECT_EQ(reply.root().at(1).text(), "five");
  ExpectNothing(reply.root().at(2));
  ExpectNothing(reply.root().at(2).at(1).at(0));
}

TEST(ReplyTest, ChildrenOfSeveralArraysMayComeInAnyOrder) {
  Reply reply;
  const std::size_t root = reply.AddArray(Reply::kNone);
  const std::size_t left = reply.AddArray(root);
  const std::size_t right = reply.AddArray(root);
  reply.AddInteger(right, 3);
  reply.AddInteger(left, 1);
  reply.AddInteger(right, 4);
  reply.AddInteger(left, 2);
  EXPECT_EQ(Show(reply.root()), "[[:1 :2] [:3 :4]]");
}

TEST(ReplyTest, TextsStayApart) {
  Reply reply;
  const std::size_t root = reply.AddArray(Reply::kNone);
  for (const std::string_view text : {"a", "", "bc", ""}) {
    reply.AddText(root, ReplyType::kString, text);
  }
  EXPECT_EQ(Show(reply.root()), "['a' '' 'bc' '']");
  EXPECT_EQ(reply.text_bytes(), 3U);
}

TEST(ReplyTest, ClearedReplyIsAsNew) {
  Reply reply;
  reply.AddInteger(reply.AddArray(Reply::kNone), 1);
  reply.Clear();
  EXPECT_TRUE(reply.root().is_nil());
  EXPECT_EQ(reply.text_bytes(), 0U);
  reply.AddText(Reply::kNone, ReplyType::kStatus, "OK");
  EXPECT_EQ(Show(reply.root()), "+OK");
}

TEST(ReplyTest, ElementsOfAnArrayComeInTurn) {
  Reply reply;
  const std::size_t root = reply.AddArray(Reply::kNone);
  reply.AddInteger(root, 1);
  reply.AddInteger(reply.AddArray(root), 5);
  reply.AddNil(root);
  std::string shown;
  for (const ReplyView element : reply.root()) shown += Show(element) + ";";
  EXPECT_EQ(shown, ":1;[:5];nil;");
}

TEST(ReplyTest, WhatIsNoArrayHasNoElementsToGoThrough) {
  Reply reply;
  for (const ReplyView element : reply.root()) FAIL() << Show(element);
  reply.AddArray(Reply::kNone);
  for (const ReplyView element : reply.root()) FAIL() << Show(element);
  reply.Clear();
  reply.AddInteger(Reply::kNone, 1);
  for (const ReplyView element : reply.root()) FAIL() << Show(element);
}

TEST(ReplyTest, ACopyOutlivesItsSource) {
  Reply copy;
  const std::size_t array = copy.AddArray(Reply::kNone);
  {
    Reply source;
    const std::size_t root = source.AddArray(Reply::kNone);
    source.AddText(root, ReplyType::kString, "a");
    const std::size_t inner = source.AddArray(root);
    source.AddNil(inner);
    source.AddText(inner, ReplyType::kError, "ERR b");
    source.AddArray(inner);
    source.AddText(root, ReplyType::kStatus, "OK");
    source.AddInteger(root, -3);
    copy.Append(array, source.root());
    copy.Append(array, source.root().at(0));
    copy.Append(array, source.root().at(9));
  }
  EXPECT_EQ(Show(copy.root()), "[['a' [nil -ERR b []] +OK :-3] 'a' nil]");
}

}  // namespace
}  // namespace holdfast::core
