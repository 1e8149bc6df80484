// The reader of replies: whatever comes, in whatever pieces, it yields what the bytes say, keeps to
// its limits, and does not depend on where a piece ends.
//
// An input is a letter for the limits, a byte that the cuts follow from, and the stream: as it is,
// or behind a '~' in the language of reply_text.h, with bytes as they are between double quotes.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/resp.h"
#include "fuzz/check.h"
#include "fuzz/reply_text.h"

namespace holdfast::fuzz {
namespace {

using core::Reply;
using core::ReplyLimits;
using core::ReplyReader;
using core::ReplyType;
using core::ReplyView;
using Result = ReplyReader::Result;

constexpr std::array<ReplyLimits, 4> kLimits = {{{},
                                                 {.bytes = 16, .elements = 4},
                                                 {.bytes = 0, .elements = 1},
                                                 {.bytes = 100, .elements = 30}}};

// What a reader made of a stream.
struct Outcome {
  std::string replies;  // In RESP, one after the other.
  Result end = Result::kNeedMore;
};

// A stream, and what must come of it, as far as that is known.
struct Stream {
  std::string bytes;
  bool known = false;  // It is `replies`, all within the limits, and nothing else.
};

void CheckLimits(ReplyView root, const ReplyLimits& limits, const Reply& reply) {
  Check(reply.text_bytes() <= limits.bytes, "no more text than allowed");
  Check(CountElements(root) <= limits.elements + 1, "no more elements than allowed");
}

bool TakeExactly(std::string_view& bytes, std::string_view wanted) {
  if (!bytes.starts_with(wanted)) return false;
  bytes.remove_prefix(wanted.size());
  return true;
}

// Takes the bytes of the reply off the stream. Nil has two spellings, everything else has one.
bool TakeReply(std::string_view& bytes, ReplyView element) {
  if (element.is_nil()) return TakeExactly(bytes, "$-1\r\n") || TakeExactly(bytes, "*-1\r\n");
  if (element.type() != ReplyType::kArray) {
    std::string wanted;
    AppendResp(wanted, element);
    return TakeExactly(bytes, wanted);
  }
  if (!TakeExactly(bytes, "*" + std::to_string(element.size()) + "\r\n")) return false;
  for (const ReplyView child : element) {
    if (!TakeReply(bytes, child)) return false;
  }
  return true;
}

// All replies that are complete now.
Result ReadAll(ReplyReader& reader, const ReplyLimits& limits, std::string& replies) {
  while (true) {
    const Result result = reader.Next();
    if (result != Result::kReply) return result;
    CheckLimits(reader.reply().root(), limits, reader.reply());
    AppendResp(replies, reader.reply().root());
  }
}

Outcome ReadWhole(std::string_view bytes, const ReplyLimits& limits) {
  ReplyReader reader(limits);
  reader.Feed(bytes);
  Outcome outcome;
  while ((outcome.end = reader.Next()) == Result::kReply) {
    const ReplyView root = reader.reply().root();
    Check(TakeReply(bytes, root), "a reply is what its bytes say");
    CheckLimits(root, limits, reader.reply());
    const std::size_t start = outcome.replies.size();
    AppendResp(outcome.replies, root);
    Reply copy;
    copy.Append(Reply::kNone, root);
    std::string copied;
    AppendResp(copied, copy.root());
    Check(outcome.replies.substr(start) == copied, "a copy of a reply is the same");
  }
  if (outcome.end == Result::kError) CheckMessage(absl::InternalError(reader.error()));
  return outcome;
}

Outcome ReadPieces(std::string_view bytes, const ReplyLimits& limits, std::uint32_t cuts) {
  ReplyReader reader(limits);
  Outcome outcome;
  const std::uint32_t longest = cuts % 8 == 0 ? 1 : cuts;
  while (!bytes.empty()) {
    cuts = cuts * 1664525 + 1013904223;
    const std::string piece(bytes.substr(0, 1 + (cuts >> 16) % longest));  // Of its own: gone soon.
    bytes.remove_prefix(piece.size());
    reader.Feed(piece);
    outcome.end = ReadAll(reader, limits, outcome.replies);
    if (outcome.end == Result::kError) break;
  }
  if (outcome.end != Result::kError) return outcome;
  const std::string error = reader.error();
  reader.Feed(":1\r\n");
  Check(reader.Next() == Result::kError && reader.error() == error, "after an error it is dead");
  return outcome;
}

bool IsWithin(const Reply& reply, const ReplyLimits& limits) {
  return reply.text_bytes() <= limits.bytes && CountElements(reply.root()) <= limits.elements + 1;
}

Stream WriteStream(std::string_view text, const ReplyLimits& limits) {
  Stream stream;
  if (!text.starts_with('~')) {
    stream.bytes = text;
    return stream;
  }
  text.remove_prefix(1);
  stream.known = true;
  while (!text.empty()) {
    if (text.front() == '"') {
      text.remove_prefix(1);
      stream.bytes += TakeUntil(text, '"');
      stream.known = false;
      continue;
    }
    Reply reply;
    std::string_view element = text.substr(0, text.find('"'));
    const std::size_t size = element.size();
    if (TakeElement(element, reply)) AppendResp(stream.bytes, reply.root());
    text.remove_prefix(size - element.size());
    stream.known = stream.known && IsWithin(reply, limits);
  }
  return stream;
}

void Run(std::string_view input) {
  const ReplyLimits& limits = kLimits[TakeByte(input) % kLimits.size()];
  const std::uint32_t cuts = 1 + TakeByte(input);
  const Stream stream = WriteStream(input, limits);
  const Outcome whole = ReadWhole(stream.bytes, limits);
  if (stream.known) {
    Check(whole.end == Result::kNeedMore, "what keeps to the protocol is no error");
    Check(whole.replies == stream.bytes, "each reply that was sent is read");
  }
  const Outcome pieces = ReadPieces(stream.bytes, limits, cuts);
  Check(whole.replies == pieces.replies, "the replies do not depend on the pieces");
  Check(whole.end == pieces.end, "how it ends does not depend on the pieces");
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
