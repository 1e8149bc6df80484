// The copies that users get of replies: the same, and of nobody else's memory.
#include "core/reply_access.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "replies.h"
#include "seed.h"

namespace holdfast::core {
namespace {

using Copy = holdfast::Reply;
using holdfast::detail::ReplyAccess;

// As Show(ReplyView) does it.
std::string Show(const Copy& reply) {
  const std::string text(reply.text());
  switch (reply.type()) {
    case Copy::Type::kNil:
      return "nil";
    case Copy::Type::kInteger:
      return ":" + std::to_string(reply.integer());
    case Copy::Type::kString:
      return "'" + text + "'";
    case Copy::Type::kStatus:
      return "+" + text;
    case Copy::Type::kError:
      return "-" + text;
    case Copy::Type::kArray:
      break;
  }
  std::string shown = "[";
  for (std::size_t i = 0; i < reply.size(); ++i) shown += (i > 0 ? " " : "") + Show(reply[i]);
  return shown + "]";
}

void AddRandom(std::mt19937& random, Reply& reply, std::size_t parent, int depth) {
  constexpr ReplyType kTexts[] = {ReplyType::kString, ReplyType::kStatus, ReplyType::kError};
  const unsigned kind = random() % (depth == 0 ? 3 : 5);
  if (kind == 0) {
    reply.AddNil(parent);
  } else if (kind == 1) {
    reply.AddInteger(parent, static_cast<std::int64_t>(random()) - (1LL << 31));
  } else if (kind == 2) {
    const std::string text(random() % 40, static_cast<char>(random()));
    reply.AddText(parent, kTexts[random() % 3], text);
  } else {
    const std::size_t array = reply.AddArray(parent);
    for (unsigned n = random() % 5; n > 0; --n) AddRandom(random, reply, array, depth - 1);
  }
}

TEST(ReplyAccessTest, CopyIsTheSameAndOutlivesTheReply) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(SeedText(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 2'000; ++i) {
    Reply reply;
    AddRandom(random, reply, Reply::kNone, 5);
    const std::string shown = Show(reply.root());
    const Copy copy = ReplyAccess::Copy(reply.root());
    reply.Clear();
    ASSERT_EQ(Show(copy), shown);
  }
}

TEST(ReplyAccessTest, TextsAroundWhatFitsWithoutAnAllocationAreWhole) {
  for (std::size_t size = 0; size < 64; ++size) {
    const std::string text(size, 'x');
    Reply reply;
    reply.AddText(Reply::kNone, ReplyType::kString, text);
    Copy copy = ReplyAccess::Copy(reply.root());
    const Copy moved = std::move(copy);
    EXPECT_EQ(moved.text(), text);
  }
}

TEST(ReplyAccessTest, ElementOutlivesItsArray) {
  Reply reply;
  const std::size_t array = reply.AddArray(Reply::kNone);
  reply.AddText(array, ReplyType::kString, std::string(100, 'x'));
  Copy element;
  {
    const Copy copy = ReplyAccess::Copy(reply.root());
    element = copy[0];
    EXPECT_TRUE(copy[1].is_nil());
  }
  EXPECT_EQ(element.text(), std::string(100, 'x'));
}

TEST(ReplyAccessTest, NoReplyIsNil) { EXPECT_TRUE(ReplyAccess::Copy(Reply().root()).is_nil()); }

}  // namespace
}  // namespace holdfast::core
