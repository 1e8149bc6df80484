#include "load/limit_commands.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "core/resp.h"
#include "core/scripts.h"
#include "core/text.h"
#include "load/die.h"
#include "load/setup.h"

namespace holdfast::bench {
namespace {

constexpr std::string_view kNonce = "00000000000000000000000000000000";
constexpr std::string_view kPass = "pass56789012345*";
static_assert(kPass.size() == kPassSize);
constexpr std::string_view kFence = "1000000000000000";  // As Unix time in µs has digits.
constexpr std::string_view kRetention = "604800000";
constexpr std::string_view kAcquired = "*2\r\n$2\r\nOK\r\n:";
constexpr std::string_view kReleased = "$7\r\nDELETED\r\n";

std::string EncodeArguments(const std::vector<std::string_view>& arguments) {
  std::string bytes;
  core::AppendArguments(bytes, arguments);
  return bytes;
}

std::string Encode(const std::vector<std::string_view>& arguments) {
  std::string bytes;
  core::AppendCommand(bytes, arguments);
  return bytes;
}

// The reply is a bulk string of 40 digits.
void Load(int fd, const core::Script& script) {
  const std::string command = Encode({"SCRIPT", "LOAD", script.text});
  Must(send(fd, command.data(), command.size(), MSG_NOSIGNAL), "send");
  char reply[sizeof("$40\r\n") - 1 + 40 + 2];
  const ssize_t size = Must(recv(fd, reply, sizeof(reply), MSG_WAITALL), "recv");
  const std::string_view answer(reply, static_cast<std::size_t>(size));
  if (answer.substr(5, 40) != script.sha1) Die("a server did not load the scripts");
}

std::string AwaitPass(int fd) {
  const std::string command = Encode({"HGET", "holdfast:guard", "pass"});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    Must(send(fd, command.data(), command.size(), MSG_NOSIGNAL), "send");
    char reply[64];
    const ssize_t size = Must(recv(fd, reply, sizeof(reply), 0), "recv");
    const std::string_view answer(reply, static_cast<std::size_t>(size));
    if (answer.starts_with("$16\r\n")) return std::string(answer.substr(5, kPass.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Die("no client was admitted to a server");
}

std::string DeadlineInAnHour() {
  const auto time = std::chrono::system_clock::now().time_since_epoch() + std::chrono::hours(1);
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

LimitCommand MakeCommand(const core::Script& script, const std::vector<std::string_view>& keys,
                         const std::vector<std::string_view>& arguments, std::string_view fence,
                         std::string_view reply, std::size_t reply_size) {
  std::string bytes = EncodeArguments(arguments);
  const std::size_t pass_at = bytes.find(kPass);
  const std::size_t fence_at = bytes.find(kFence);
  return {script.sha1,
          EncodeArguments(keys),
          std::move(bytes),
          EncodeArguments({kNonce, fence}),
          pass_at,
          fence_at,
          reply,
          reply_size};
}

// Where the text of the nonce starts: behind its length, as the first argument.
constexpr std::size_t kNonceAt = 5;
// The same of a number of as many digits as a fence has, as the second argument of its own.
constexpr std::size_t kOwnFenceAt = kNonceAt + kNonce.size() + 2 + 5;

}  // namespace

std::array<LimitCommand, 2> MakeLimitCommands(int number, bool fencing) {
  const std::string key = "lock:" + NameOf(number);
  const std::string counter = "holdfast:fence:" + key;
  const std::string deadline = DeadlineInAnHour();
  const std::string_view fence = fencing ? kFence : "0";
  return {MakeCommand(core::kAcquireScript, {key, counter},
                      {kNonce, "10000", deadline, kPass, fence, kRetention, "host:12345"}, fence,
                      kAcquired, kAcquired.size() + fence.size() + 2),
          MakeCommand(core::kReleaseScript, {key, counter}, {kNonce, kRetention, fence}, fence,
                      kReleased, kReleased.size())};
}

std::size_t ArgumentsOf(const LimitCommand& command) {
  return command.pass_at == std::string::npos ? 3 : 7;
}

void AppendCall(std::string& out, const LimitCommand& command, std::size_t calls,
                std::string_view keys, std::string_view arguments) {
  const std::size_t key_count = 1 + 2 * calls;
  const core::Digits digits(static_cast<std::int64_t>(key_count));
  const std::string_view head[] = {"EVALSHA", command.script, digits.view(), "holdfast:guard"};
  const std::size_t argument_count = ArgumentsOf(command) + kOwnArguments * (calls - 1);
  core::AppendCount(out, 3 + key_count + argument_count);
  core::AppendArguments(out, head);
  out.append(keys).append(arguments);
}

void LimitNumbers::WriteInto(std::array<LimitCommand, 2>& commands) {
  char nonce[kNonce.size() + 1];
  std::snprintf(nonce, sizeof(nonce), "%032llx", static_cast<unsigned long long>(next_nonce_++));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  last_hint_ = std::max<std::int64_t>(last_hint_ + 1, micros);
  const core::Digits fence(last_hint_);
  for (LimitCommand& command : commands) {
    command.arguments.replace(kNonceAt, kNonce.size(), nonce, kNonce.size());
    command.own.replace(kNonceAt, kNonce.size(), nonce, kNonce.size());
    if (command.fence_at == std::string::npos) continue;
    command.arguments.replace(command.fence_at, kFence.size(), fence.view());
    command.own.replace(kOwnFenceAt, kFence.size(), fence.view());
  }
}

std::string PrepareServer(int fd) {
  Load(fd, core::kAcquireScript);
  Load(fd, core::kReleaseScript);
  return AwaitPass(fd);
}

}  // namespace holdfast::bench
