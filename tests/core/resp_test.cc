// Commands to bytes, bytes to replies.
#include "core/resp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "replies.h"

namespace holdfast::core {
namespace {

using namespace std::string_literals;  // NOLINT(build/namespaces): bytes with zeros in them.
using ::testing::ElementsAre;

struct Example {
  std::string bytes;
  std::string shown;
};

std::vector<Example> Examples() {
  return {
      {"+OK\r\n", "+OK"},
      {"+\r\n", "+"},
      {"-ERR no such thing\r\n", "-ERR no such thing"},
      {":0\r\n", ":0"},
      {":9223372036854775807\r\n", ":9223372036854775807"},
      {":-9223372036854775808\r\n", ":-9223372036854775808"},
      {"$0\r\n\r\n", "''"},
      {"$5\r\nhello\r\n", "'hello'"},
      {"$6\r\na\r\n\0b\n\r\n"s, "'a\r\n\0b\n'"s},
      {"$-1\r\n", "nil"},
      {"*-1\r\n", "nil"},
      {"*0\r\n", "[]"},
      {"*3\r\n$4\r\nBUSY\r\n:5000\r\n$0\r\n\r\n", "['BUSY' :5000 '']"},
      {"*2\r\n*2\r\n:1\r\n*0\r\n*2\r\n$-1\r\n-ERR x\r\n", "[[:1 []] [nil -ERR x]]"},
      {"*4\r\n*-1\r\n*1\r\n*1\r\n+a\r\n:2\r\n$1\r\nb\r\n", "[nil [[+a]] :2 'b']"},
  };
}

TEST(ReplyReaderTest, ReadsEveryTypeOfReply) {
  for (const Example& example : Examples()) {
    EXPECT_THAT(ReadPieces({example.bytes}), ElementsAre(example.shown));
  }
}

TEST(ReplyReaderTest, ReadsTheSameWhereverTheReplyIsCut) {
  for (const Example& example : Examples()) {
    const std::string_view bytes = example.bytes;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      EXPECT_THAT(ReadPieces({bytes.substr(0, cut), bytes.substr(cut)}), ElementsAre(example.shown))
          << "cut at " << cut;
    }
  }
}

TEST(ReplyReaderTest, ReadsByteAfterByte) {
  for (const Example& example : Examples()) {
    std::vector<std::string_view> pieces;
    for (const char& byte : example.bytes) pieces.emplace_back(&byte, 1);
    EXPECT_THAT(ReadPieces(pieces), ElementsAre(example.shown));
  }
}

TEST(ReplyReaderTest, IncompleteReplyIsNoReply) {
  for (const Example& example : Examples()) {
    for (std::size_t cut = 0; cut < example.bytes.size(); ++cut) {
      EXPECT_THAT(ReadPieces({std::string_view(example.bytes).substr(0, cut)}), ElementsAre());
    }
  }
}

TEST(ReplyReaderTest, ReadsPipelinedRepliesInOrderWhereverTheyAreCut) {
  std::string all;
  std::vector<std::string> shown;
  for (const Example& example : Examples()) {
    all += example.bytes;
    shown.push_back(example.shown);
  }
  const std::string_view bytes = all;
  EXPECT_EQ(ReadPieces({bytes}), shown);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(ReadPieces({bytes.substr(0, cut), bytes.substr(cut)}), shown) << "cut at " << cut;
  }
}

TEST(ReplyReaderTest, ReplyStaysValidWhileMoreIsFed) {
  ReplyReader reader;
  reader.Feed("+first\r\n+second\r\n");
  ASSERT_EQ(reader.Next(), ReplyReader::Result::kReply);
  const ReplyView first = reader.reply().root();
  reader.Feed(std::string(4096, 'x'));
  EXPECT_EQ(first.text(), "first");
  ASSERT_EQ(reader.Next(), ReplyReader::Result::kReply);
  EXPECT_EQ(reader.reply().root().text(), "second");
}

TEST(ReplyReaderTest, NothingFedIsNothingRead) {
  ReplyReader reader;
  EXPECT_EQ(reader.Next(), ReplyReader::Result::kNeedMore);
  reader.Feed("");
  EXPECT_EQ(reader.Next(), ReplyReader::Result::kNeedMore);
  EXPECT_EQ(reader.error(), "");
}

std::string Command(std::initializer_list<std::string_view> words) {
  std::string out;
  AppendCommand(out, std::span(words.begin(), words.size()));
  return out;
}

TEST(AppendCommandTest, WritesAnArrayOfBulkStrings) {
  EXPECT_EQ(Command({"SELECT", "12"}), "*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\n");
}

TEST(AppendCommandTest, KeepsEveryByteAndEmptyArguments) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::string written = Command({"SET", every_byte, ""});
  EXPECT_EQ(written, "*3\r\n$3\r\nSET\r\n$256\r\n" + every_byte + "\r\n$0\r\n\r\n");
  EXPECT_THAT(ReadPieces({written}), ElementsAre("['SET' '" + every_byte + "' '']"));
}

TEST(AppendCommandTest, AppendsToWhatIsThere) {
  std::string out = "*1\r\n$4\r\nPING\r\n";
  const std::string_view time[] = {"TIME"};
  AppendCommand(out, time);
  EXPECT_EQ(out, "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nTIME\r\n");
}

}  // namespace
}  // namespace holdfast::core
