#include "core/resp.h"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace holdfast::core {
namespace {

// Enough to recognise another protocol, e.g. "HTTP/1.1 400 Bad Request".
constexpr std::size_t kStartBytes = 24;

// "$40\r\n": the length of what follows. At most kFrameBytes.
char* WriteLength(char* at, char type, std::size_t length) {
  *at++ = type;
  if (length >= 100) {
    at = std::to_chars(at, at + kFrameBytes, length).ptr;
  } else {
    if (length >= 10) *at++ = static_cast<char>('0' + length / 10);
    *at++ = static_cast<char>('0' + length % 10);
  }
  *at++ = '\r';
  *at++ = '\n';
  return at;
}

// Gathers short pieces, so that the text they are appended to grows once for many of them.
class Pieces {
 public:
  explicit Pieces(std::string& out) : out_(out) {}

  void Count(std::size_t arguments) { end_ = WriteLength(end_, '*', arguments); }

  void Argument(std::string_view text) {
    if (left() < text.size() + kFrameBytes) Flush();
    if (text.size() > kCapacity) return Long(text);
    end_ = WriteArgument(end_, text);
  }

  void Flush() {
    out_.append(bytes_, end_);
    end_ = bytes_;
  }

 private:
  static constexpr std::size_t kCapacity = 512;

  std::size_t left() const { return static_cast<std::size_t>(bytes_ + sizeof bytes_ - end_); }

  void Long(std::string_view text) {
    end_ = WriteLength(end_, '$', text.size());
    Flush();
    out_.append(text);
    out_.append("\r\n");
  }

  std::string& out_;
  char bytes_[kCapacity + kFrameBytes];
  char* end_ = bytes_;
};

std::string FirstLine(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, bytes.find_first_of("\r\n"))) {
    text.push_back(c >= ' ' && c <= '~' ? c : '?');
  }
  return text;
}

// Of the reader's innermost unfinished element; the stack has another form since hiredis 1.0.
template <class Reader>
int TypeUnderWay(const Reader& reader) {
  if (reader.ridx < 0) return 0;
  if constexpr (requires { reader.rstack[0].type; }) {
    return reader.rstack[reader.ridx].type;
  } else {
    return reader.task[reader.ridx]->type;
  }
}

// The length of the bulk string whose header is there and whose bytes are awaited; else 0.
std::size_t AnnouncedBytes(const redisReader& reader) {
  if (TypeUnderWay(reader) != REDIS_REPLY_STRING) return 0;
  const char* begin = reader.buf + reader.pos;
  const char* end = reader.buf + reader.len;
  const char* line_end = std::find(begin, std::min(end, begin + kFrameBytes), '\r');
  if (line_end == end) return 0;
  std::size_t length = 0;
  const auto [rest, error] = std::from_chars(begin, line_end, length);
  return error == std::errc() && rest == line_end ? length : 0;
}

}  // namespace

void AppendCommand(std::string& out, std::span<const std::string_view> arguments) {
  Pieces pieces(out);
  pieces.Count(arguments.size());
  for (const std::string_view argument : arguments) pieces.Argument(argument);
  pieces.Flush();
}

void AppendCount(std::string& out, std::size_t arguments) {
  Pieces pieces(out);
  pieces.Count(arguments);
  pieces.Flush();
}

void AppendArguments(std::string& out, std::span<const std::string_view> arguments) {
  Pieces pieces(out);
  for (const std::string_view argument : arguments) pieces.Argument(argument);
  pieces.Flush();
}

char* WriteArgument(char* at, std::string_view argument) {
  at = WriteLength(at, '$', argument.size());
  at += argument.copy(at, argument.size());
  *at++ = '\r';
  *at++ = '\n';
  return at;
}

// Turns hiredis' callbacks into elements of a Reply. A callback must not throw and answers null to
// end the parse, for which hiredis says "Out of memory": `problem` has the real reason. Objects are
// indices into the reply, one up, because null means failure.
struct ReplyReader::Builder {
  explicit Builder(const ReplyLimits& reply_limits) : limits(reply_limits) {}

  static Builder& Of(const redisReadTask* task) { return *static_cast<Builder*>(task->privdata); }
  static void* Object(std::size_t index) { return reinterpret_cast<void*>(index + 1); }
  static std::size_t Parent(const redisReadTask* task) {
    if (task->parent == nullptr) return Reply::kNone;
    return reinterpret_cast<std::size_t>(task->parent->obj) - 1;
  }

  static void* Text(const redisReadTask* task, char* bytes, std::size_t size) {
    Builder& self = Of(task);
    if (self.reply.text_bytes() + size > self.limits.bytes) return self.TooLong();
    // hiredis awaits two bytes behind a bulk string, and passes over whatever they are.
    if (task->type == REDIS_REPLY_STRING && std::string_view(bytes + size, 2) != "\r\n") {
      self.problem = "no line end behind a text of " + std::to_string(size) + " bytes";
      return nullptr;
    }
    const ReplyType type = task->type == REDIS_REPLY_ERROR    ? ReplyType::kError
                           : task->type == REDIS_REPLY_STATUS ? ReplyType::kStatus
                                                              : ReplyType::kString;
    return Object(self.reply.AddText(Parent(task), type, {bytes, size}));
  }

#if defined(HIREDIS_MAJOR) && HIREDIS_MAJOR >= 1
  using ElementCount = std::size_t;
#else
  using ElementCount = int;
#endif
  static void* Array(const redisReadTask* task, ElementCount count) {
    Builder& self = Of(task);
    // Arrays within arrays announce more together than each of them.
    self.announced += static_cast<std::size_t>(count);
    if (self.announced > self.limits.elements) {
      self.problem = "an array of " + std::to_string(count) + " elements, where at most " +
                     std::to_string(self.limits.elements) + " are allowed";
      return nullptr;
    }
    return Object(self.reply.AddArray(Parent(task)));
  }

  static void* Integer(const redisReadTask* task, long long value) {
    return Object(Of(task).reply.AddInteger(Parent(task), value));
  }

  static void* Nil(const redisReadTask* task) {
    return Object(Of(task).reply.AddNil(Parent(task)));
  }

  void Start() {
    reply.Clear();
    announced = 0;
  }

  std::size_t bytes_left() const { return limits.bytes - reply.text_bytes(); }

  void* TooLong() {
    problem = "a reply of more than " + std::to_string(limits.bytes) + " bytes";
    return nullptr;
  }

  ReplyLimits limits;
  Reply reply;
  std::size_t announced = 0;  // Elements of the reply's arrays so far.
  std::string problem;
};

ReplyReader::ReplyReader(ReplyLimits limits)
    : limits_(limits), builder_(std::make_unique<Builder>(limits)) {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions f = {};
    f.createString = &Builder::Text;
    f.createArray = &Builder::Array;
    f.createInteger = &Builder::Integer;
    f.createNil = &Builder::Nil;
    f.freeObject = [](void*) {};
    return f;
  }();
  reader_ = redisReaderCreateWithFunctions(&functions);
  if (reader_ == nullptr) {
    Fail("out of memory");
    return;
  }
  reader_->privdata = builder_.get();
}

ReplyReader::~ReplyReader() {
  if (reader_ != nullptr) redisReaderFree(reader_);
}

void ReplyReader::set_limits(ReplyLimits limits) {
  limits_ = limits;
  builder_->limits = limits;
}

void ReplyReader::Feed(std::string_view bytes) {
  if (!error_.empty()) return;
  if (start_.size() < kStartBytes) start_.append(bytes.substr(0, kStartBytes - start_.size()));
  if (redisReaderFeed(reader_, bytes.data(), bytes.size()) != REDIS_OK) Fail("out of memory");
}

ReplyReader::Result ReplyReader::Next() {
  if (!error_.empty()) return Result::kError;
  // hiredis keeps the tasks of an unfinished reply; only a finished one is followed by a new one.
  if (reader_->ridx == -1) builder_->Start();
  void* reply = nullptr;
  if (redisReaderGetReply(reader_, &reply) != REDIS_OK) return Fail(Explain());
  if (reply != nullptr) return Result::kReply;
  // What is left is the start of one reply: a line that never ends does so here.
  const std::size_t left = reader_->len - reader_->pos;
  if (left > limits_.bytes + kFrameBytes || AnnouncedBytes(*reader_) > builder_->bytes_left()) {
    builder_->TooLong();
    return Fail(Explain());
  }
  return Result::kNeedMore;
}

const Reply& ReplyReader::reply() const { return builder_->reply; }

const std::string& ReplyReader::error() const { return error_; }

ReplyReader::Result ReplyReader::Fail(std::string error) {
  error_ = std::move(error);
  return Result::kError;
}

std::string ReplyReader::Explain() const {
  if (start_.starts_with("HTTP/")) {
    return "not a Redis server: it speaks HTTP (\"" + FirstLine(start_) + "\")";
  }
  if (!builder_->problem.empty()) return "protocol error: " + builder_->problem;
  if (!start_.empty() && std::string_view("+-:$*").find(start_[0]) == std::string_view::npos) {
    return "not a Redis server: it sent \"" + FirstLine(start_) + "\"";
  }
  return "protocol error: " + FirstLine(reader_->errstr);
}

}  // namespace holdfast::core
