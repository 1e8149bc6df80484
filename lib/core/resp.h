// RESP2, the protocol of Redis: commands to bytes, bytes to replies. No I/O.
#ifndef HOLDFAST_CORE_RESP_H_
#define HOLDFAST_CORE_RESP_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/reply.h"

struct redisReader;

namespace holdfast::core {

// Appends a command to `out`, as an array of bulk strings.
void AppendCommand(std::string& out, std::span<const std::string_view> arguments);
// The same piece by piece: how many arguments there are, and arguments.
void AppendCount(std::string& out, std::size_t arguments);
void AppendArguments(std::string& out, std::span<const std::string_view> arguments);

// What may stand around a text: its type, its length, two line ends.
inline constexpr std::size_t kFrameBytes = 32;
// Into a buffer that has room for the text and kFrameBytes more. Returns where it ends there.
char* WriteArgument(char* at, std::string_view argument);

// What a peer may make us keep. Checked before anything is allocated for it.
struct ReplyLimits {
  std::size_t bytes = 64 * 1024;    // Of the texts in one reply.
  std::size_t elements = 1024;      // Of one reply, in all its arrays.
  static constexpr int kDepth = 7;  // Arrays within arrays; fixed by hiredis.
};

// Cuts a stream of bytes into replies, on hiredis' reader. After an error it is dead: the stream
// cannot be trusted any more, and a new connection needs a new reader.
class ReplyReader {
 public:
  enum class Result { kReply, kNeedMore, kError };

  explicit ReplyReader(ReplyLimits limits = {});
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // For the replies to come.
  void set_limits(ReplyLimits limits);

  // Adds what was received. May be followed by any number of calls to Next().
  void Feed(std::string_view bytes);

  // Reads the next reply; it stays valid until the next call of Next().
  Result Next();

  const Reply& reply() const;

  // What was wrong, in words for people, after kError.
  const std::string& error() const;

 private:
  struct Builder;
  Result Fail(std::string error);
  std::string Explain() const;

  ReplyLimits limits_;
  std::unique_ptr<Builder> builder_;
  redisReader* reader_;
  std::string start_;  // The first bytes of the stream, to tell what speaks there instead.
  std::string error_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_RESP_H_
