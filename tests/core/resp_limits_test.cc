// What a broken, foreign or hostile peer can make of a reader: an error in words, and no memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/resp.h"
#include "replies.h"

namespace holdfast::core {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

auto BrokenBecause(const std::string& words) {
  return ElementsAre(AllOf(StartsWith("error: "), HasSubstr(words)));
}

std::string Repeat(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// The most that a reader with the usual limits was ever fed before it gave up on `piece` for ever.
std::size_t FedUntilError(const std::string& start, const std::string& piece, std::size_t most) {
  ReplyReader reader;
  reader.Feed(start);
  std::size_t fed = start.size();
  while (reader.Next() == ReplyReader::Result::kNeedMore && fed < most) {
    reader.Feed(piece);
    fed += piece.size();
  }
  return fed;
}

TEST(ReplyLimitsTest, HugeArrayIsRefusedByItsHeader) {
  EXPECT_THAT(ReadPieces({"*2147483647\r\n"}), BrokenBecause("an array of 2147483647 elements"));
  EXPECT_THAT(ReadPieces({"*1025\r\n"}), BrokenBecause("at most 1024"));
  EXPECT_THAT(ReadPieces({"*1024\r\n"}), ElementsAre());
  EXPECT_THAT(ReadPieces({"*1\r\n*2147483647\r\n"}), BrokenBecause("an array of 2147483647"));
}

TEST(ReplyLimitsTest, HugeBulkStringIsRefusedByItsHeader) {
  const auto refused = BrokenBecause("a reply of more than 65536 bytes");
  EXPECT_THAT(ReadPieces({"$536870912\r\n"}), refused);
  EXPECT_THAT(ReadPieces({"$5368", "70912\r"}), refused);
  EXPECT_THAT(ReadPieces({"$65537\r\n"}), refused);
  EXPECT_THAT(ReadPieces({"$65536\r\n"}), ElementsAre());
  EXPECT_THAT(ReadPieces({"$5368"}), ElementsAre());
  // Of all texts of a reply together, behind whatever was read before.
  const std::string half = Bulk(std::string(40'000, 'x'));
  EXPECT_THAT(ReadPieces({"*2\r\n" + half + "$40000\r\n"}), refused);
  EXPECT_THAT(ReadPieces({half + "*2\r\n" + "$40000\r\n"}), ElementsAre(StartsWith("'xxx")));
}

TEST(ReplyLimitsTest, SimpleStringThatNeverEndsIsRefused) {
  for (const std::string start : {"+", "-", ":", "$", "*"}) {
    EXPECT_LE(FedUntilError(start, std::string(1000, '1'), 1 << 20), 64U * 1024 + 2000) << start;
  }
}

TEST(ReplyLimitsTest, TextsOfOneReplyCountTogether) {
  const std::string half(500, 'x');
  const ReplyLimits limits = {.bytes = 1000};
  const std::string fits = "*2\r\n" + Bulk(half) + Bulk(half);
  EXPECT_THAT(ReadPieces({fits}, limits), ElementsAre(StartsWith("['xxx")));
  EXPECT_THAT(ReadPieces({"*3\r\n" + Bulk(half) + Bulk(half) + Bulk("x")}, limits),
              BrokenBecause("a reply of more than 1000 bytes"));
  EXPECT_EQ(ReadPieces({fits + fits + fits}, limits).size(), 3U) << "of one reply, not of all";
}

TEST(ReplyLimitsTest, LargestReplyIsReadHoweverItArrives) {
  const ReplyLimits limits = {.bytes = 100};
  const std::string bytes = Bulk(std::string(100, 'x'));
  const std::string_view view = bytes;
  EXPECT_THAT(ReadPieces({view}, limits), ElementsAre(StartsWith("'xxx")));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_THAT(ReadPieces({view.substr(0, cut), view.substr(cut)}, limits),
                ElementsAre(StartsWith("'xxx")))
        << "cut at " << cut;
  }
}

TEST(ReplyLimitsTest, ArraysOfArraysCannotMultiplyTheLimit) {
  // Each element costs four bytes on the way and many times as much here.
  const std::string thousand = "*1000\r\n" + Repeat(":1\r\n", 1000);
  EXPECT_LT(FedUntilError("*1000\r\n", thousand, 4 << 20), 1U << 20);
}

TEST(ReplyLimitsTest, DepthIsBounded) {
  EXPECT_THAT(ReadPieces({Repeat("*1\r\n", ReplyLimits::kDepth + 1) + ":1\r\n"}),
              ElementsAre("[[[[[[[[:1]]]]]]]]"));
  EXPECT_THAT(ReadPieces({Repeat("*1\r\n", ReplyLimits::kDepth + 2)}), BrokenBecause("nested"));
}

TEST(ReplyErrorTest, NumbersOutOfRangeAreErrors) {
  EXPECT_THAT(ReadPieces({":9223372036854775808\r\n"}), BrokenBecause("integer"));
  EXPECT_THAT(ReadPieces({":12a\r\n"}), BrokenBecause("integer"));
  EXPECT_THAT(ReadPieces({":\r\n"}), BrokenBecause("integer"));
  EXPECT_THAT(ReadPieces({"$-2\r\n"}), BrokenBecause("out of range"));
  EXPECT_THAT(ReadPieces({"*-2\r\n"}), BrokenBecause("out of range"));
  EXPECT_THAT(ReadPieces({"*2147483648\r\n"}), BrokenBecause("out of range"));
  EXPECT_THAT(ReadPieces({"$99999999999999999999\r\n"}), BrokenBecause("length"));
}

TEST(ReplyErrorTest, TextThatGoesOnBehindItsLengthIsAnError) {
  EXPECT_THAT(ReadPieces({"$3\r\nfooXX"}), BrokenBecause("no line end behind a text of 3 bytes"));
  EXPECT_THAT(ReadPieces({"$3\r\nfoo\n\r"}), BrokenBecause("no line end"));
  EXPECT_THAT(ReadPieces({"*1\r\n$0\r\n", "\r", "x"}), BrokenBecause("no line end"));
  EXPECT_THAT(ReadPieces({"$2\r\nfoo\r\n"}), BrokenBecause("no line end"));
}

TEST(ReplyErrorTest, UnknownTypeByteIsNamed) {
  EXPECT_THAT(ReadPieces({"?what\r\n"}), BrokenBecause("not a Redis server: it sent \"?what\""));
  EXPECT_THAT(ReadPieces({"+OK\r\n%1\r\n"}),
              ElementsAre("+OK", AllOf(HasSubstr("protocol error"), HasSubstr("\"%\""))));
}

TEST(ReplyErrorTest, PeerThatSpeaksHttpIsNamed) {
  EXPECT_THAT(ReadPieces({"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"}),
              BrokenBecause("not a Redis server: it speaks HTTP (\"HTTP/1.1 400 Bad Request\")"));
}

TEST(ReplyErrorTest, UnprintableGreetingIsShownHarmlessly) {
  EXPECT_THAT(ReadPieces({"SSH-2.0-\x1b[2J\x07\x7f"}), BrokenBecause("it sent \"SSH-2.0-?[2J??\""));
}

TEST(ReplyErrorTest, ReaderIsDeadAfterAnError) {
  ReplyReader reader;
  reader.Feed("+OK\r\n?\r\n+later\r\n");
  EXPECT_EQ(reader.Next(), ReplyReader::Result::kReply);
  EXPECT_EQ(reader.Next(), ReplyReader::Result::kError);
  const std::string error = reader.error();
  reader.Feed("+OK\r\n");
  EXPECT_EQ(reader.Next(), ReplyReader::Result::kError);
  EXPECT_EQ(reader.error(), error);
}

// Half a header may look like a length already.
TEST(ReplyErrorTest, LengthThatIsNoNumberIsAnErrorOnceItsLineEnds) {
  const ReplyLimits limits = {.bytes = 1000};
  EXPECT_THAT(ReadPieces({"$5000x\r"}, limits), ElementsAre());
  EXPECT_THAT(ReadPieces({"$5000x\r", "\n"}, limits), BrokenBecause("length"));
}

}  // namespace
}  // namespace holdfast::core
