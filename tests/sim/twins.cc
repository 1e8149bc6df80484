#include "twins.h"

#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "core/replies.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr timeval kReplyTimeout{.tv_sec = 20, .tv_usec = 0};

std::vector<std::string_view> Views(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

void Copy(const redisReply& from, Reply& to, std::size_t parent) {
  const std::string_view text(from.str, from.str == nullptr ? 0 : from.len);
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      to.AddInteger(parent, from.integer);
      return;
    case REDIS_REPLY_STRING:
      to.AddText(parent, ReplyType::kString, text);
      return;
    case REDIS_REPLY_STATUS:
      to.AddText(parent, ReplyType::kStatus, text);
      return;
    case REDIS_REPLY_ERROR:
      to.AddText(parent, ReplyType::kError, text);
      return;
    case REDIS_REPLY_ARRAY: {
      const std::size_t array = to.AddArray(parent);
      for (std::size_t i = 0; i < from.elements; ++i) Copy(*from.element[i], to, array);
      return;
    }
    default:
      to.AddNil(parent);
  }
}

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += Printable(word, 60) + " ";
  return text;
}

constexpr std::int64_t kSlackMs = 20'000;

bool AreAlikeNumbers(std::int64_t a, std::int64_t b, std::int64_t now_us) {
  constexpr std::int64_t kMinuteMs = 60'000;
  constexpr std::int64_t kLaterThanAnyMs = 10'000'000'000'000;
  constexpr std::int64_t kDayUs = 86'400'000'000;
  const std::int64_t low = std::min(a, b);
  const std::int64_t high = std::max(a, b);
  const auto both_in = [&](std::int64_t from, std::int64_t to) {
    return low >= from && high <= to;
  };
  if (low == high) return true;
  if (both_in(kMinuteMs, kLaterThanAnyMs)) return high - low <= kSlackMs;
  if (!both_in(now_us - kDayUs, now_us + kDayUs)) return false;
  return high - low <= 1000 * kSlackMs;
}

bool AreAlikeTexts(std::string_view a, std::string_view b, std::int64_t now_us) {
  if (a == b) return true;
  const auto x = ParseNumber<std::int64_t>(a);
  const auto y = ParseNumber<std::int64_t>(b);
  return x && y && AreAlikeNumbers(*x, *y, now_us);
}

std::string FirstWord(ReplyView reply) {
  if (reply.at(0).size() > 0) return "[" + FirstWord(reply.at(0)) + "]";
  return std::string(reply.size() > 0 ? reply.at(0).text() : reply.text());
}

}  // namespace

bool AreAlike(ReplyView a, ReplyView b, std::int64_t now_us) {
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.type() == ReplyType::kInteger) return AreAlikeNumbers(a.integer(), b.integer(), now_us);
  if (!AreAlikeTexts(a.text(), b.text(), now_us)) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!AreAlike(a.at(i), b.at(i), now_us)) return false;
  }
  return true;
}

std::unique_ptr<redisContext, void (*)(redisContext*)> Twins::Connect(std::uint16_t port) {
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection(
      redisConnectWithTimeout("127.0.0.1", port, kReplyTimeout), &redisFree);
  if (connection == nullptr || connection->err != 0) throw std::runtime_error("cannot connect");
  redisSetTimeout(connection.get(), kReplyTimeout);
  return connection;
}

void Twins::Command(const std::vector<std::string>& argv) {
  Send(argv);
  model_.redis().Execute(Views(argv), now_us_, NewAnswer(argv));
}

void Twins::Eval(const Script& script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments) {
  SendScript("EVAL", std::string(script.text), keys, arguments);
  model_.Eval(script, Views(keys), Views(arguments), now_us_, asked_.back().answer);
}

void Twins::EvalSha(const Script& script, const std::vector<std::string>& keys,
                    const std::vector<std::string>& arguments) {
  SendScript("EVALSHA", std::string(script.sha1), keys, arguments);
  model_.EvalSha(script.sha1, Views(keys), Views(arguments), now_us_, asked_.back().answer);
}

void Twins::SendScript(std::string name, const std::string& body,
                       const std::vector<std::string>& keys,
                       const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {std::move(name), body, std::to_string(keys.size())};
  argv.insert(argv.end(), keys.begin(), keys.end());
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Send(argv);
  NewAnswer(argv);
}

Reply& Twins::NewAnswer(const std::vector<std::string>& argv) {
  return asked_.emplace_back(Asked{Join(argv), {}}).answer;
}

void Twins::Compare() {
  Reply answer;
  for (const Asked& asked : asked_) {
    Receive(answer);
    words_.insert(FirstWord(answer.root()));
    if (::testing::Test::HasFailure()) continue;
    EXPECT_TRUE(AreAlike(answer.root(), asked.answer.root(), now_us_))
        << asked.text << "\n  Redis: " << Show(answer.root())
        << "\n  model: " << Show(asked.answer.root());
  }
  asked_.clear();
}

void Twins::Reset() {
  server_.Command({"FLUSHALL"});
  server_.Command({"SCRIPT", "FLUSH"});
  server_.Command({"CONFIG", "RESETSTAT"});
  model_.RestartEmpty();
  now_us_ = std::chrono::duration_cast<std::chrono::microseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count();
}

std::string Twins::Sha1Of(const std::string& text) {
  return server_.Command({"SCRIPT", "LOAD", text});
}

void Twins::Send(const std::vector<std::string>& argv) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : argv) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(connection_.get(), static_cast<int>(argv.size()), texts.data(),
                         sizes.data());
}

void Twins::Receive(Reply& reply) {
  reply.Clear();
  void* received = nullptr;
  if (redisGetReply(connection_.get(), &received) != REDIS_OK) {
    throw std::runtime_error(connection_->errstr);
  }
  Copy(*static_cast<redisReply*>(received), reply, Reply::kNone);
  freeReplyObject(received);
}

}  // namespace holdfast::core
