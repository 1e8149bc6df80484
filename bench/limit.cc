#include "limit.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "core/scripts.h"
#include "die.h"
#include "servers.h"

namespace holdfast::bench {
namespace {

constexpr std::string_view kNonce = "00000000000000000000000000000000";
constexpr std::string_view kPass = "pass56789012345*";
constexpr std::string_view kFence = "1000000000000000";  // As Unix time in µs has digits.
constexpr std::string_view kRetention = "604800000";
constexpr std::string_view kAcquired = "*2\r\n$2\r\nOK\r\n:";
constexpr std::size_t kAcquiredSize = kAcquired.size() + kFence.size() + 2;
constexpr std::string_view kReleased = "$7\r\nDELETED\r\n";
constexpr std::size_t kBufferSize = 64 * 1024;

std::string Encode(const std::vector<std::string_view>& arguments) {
  std::string bytes;
  const auto append = [&bytes](char mark, std::size_t number) {
    bytes.append(1, mark).append(std::to_string(number)).append("\r\n");
  };
  append('*', arguments.size());
  for (std::string_view argument : arguments) {
    append('$', argument.size());
    bytes.append(argument).append("\r\n");
  }
  return bytes;
}

// The socket still blocks, and the reply is a bulk string of 40 digits.
void Load(int fd, const core::Script& script) {
  const std::string command = Encode({"SCRIPT", "LOAD", script.text});
  Must(send(fd, command.data(), command.size(), MSG_NOSIGNAL), "send");
  char reply[sizeof("$40\r\n") - 1 + 40 + 2];
  const ssize_t size = Must(recv(fd, reply, sizeof(reply), MSG_WAITALL), "recv");
  const std::string_view answer(reply, static_cast<std::size_t>(size));
  if (answer.substr(5, 40) != script.sha1) Die("a server did not load the scripts");
}

// As the library's clients find it.
std::string AwaitPass(int fd) {
  const std::string command = Encode({"HGET", "holdfast:guard", "pass"});
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(10);
  while (Clock::now() < deadline) {
    Must(send(fd, command.data(), command.size(), MSG_NOSIGNAL), "send");
    char reply[64];
    const ssize_t size = Must(recv(fd, reply, sizeof(reply), 0), "recv");
    const std::string_view answer(reply, static_cast<std::size_t>(size));
    if (answer.starts_with("$16\r\n")) return std::string(answer.substr(5, kPass.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  Die("no client was admitted to a server");
}

// Of a transfer that does not block.
std::size_t Moved(ssize_t size, std::string_view what) {
  if (size < 0 && errno == EAGAIN) return 0;
  return static_cast<std::size_t>(Must(size, what));
}

std::string DeadlineInAnHour() {
  const auto time = std::chrono::system_clock::now().time_since_epoch() + std::chrono::hours(1);
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

Limit::Limit(const std::vector<int>& ports)
    : epoll_(Must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      quorum_(static_cast<int>(ports.size()) / 2 + 1) {
  for (int port : ports) {
    const int fd = Must(ConnectTo(port), "connect");
    Load(fd, core::kAcquireScript);
    Load(fd, core::kReleaseScript);
    std::string pass = AwaitPass(fd);
    Must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = nodes_.size()}};
    Must(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    nodes_.push_back({fd, std::move(pass), {}, std::string(kBufferSize, '\0'), 0, {}});
  }
}

Limit::~Limit() {
  for (const Node& node : nodes_) close(node.fd);
  close(epoll_);
}

Limit::Command Limit::MakeCommand(const std::vector<std::string_view>& arguments,
                                  std::string_view reply, std::size_t reply_size) {
  std::string bytes = Encode(arguments);
  const std::size_t nonce_at = bytes.find(kNonce);
  const std::size_t pass_at = bytes.find(kPass);
  const std::size_t fence_at = bytes.find(kFence);
  return {std::move(bytes), nonce_at, pass_at, fence_at, reply, reply_size};
}

Limit::Slot Limit::MakeSlot(int number) const {
  const std::string key = "limit:" + std::to_string(number);
  const std::string counter = "holdfast:fence:" + key;
  const std::string deadline = DeadlineInAnHour();
  Slot slot;
  slot.commands = {
      MakeCommand({"EVALSHA", core::kAcquireScript.sha1, "3", "holdfast:guard", key, counter,
                   kNonce, "10000", deadline, kPass, kFence, kRetention, "host:12345"},
                  kAcquired, kAcquiredSize),
      MakeCommand({"EVALSHA", core::kReleaseScript.sha1, "3", "holdfast:guard", key, counter,
                   kNonce, kRetention, kFence},
                  kReleased, kReleased.size())};
  return slot;
}

// Never the same twice.
std::string Limit::NextHint() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  last_hint_ = std::max<std::int64_t>(
      last_hint_ + 1, std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  return std::to_string(last_hint_);
}

void Limit::RunPairs(int in_flight, int pairs, Durations& durations) {
  durations_ = &durations;
  to_start_ = pairs;
  while (static_cast<int>(slots_.size()) < in_flight) {
    slots_.push_back(MakeSlot(static_cast<int>(slots_.size())));
  }
  for (int slot = 0; slot < in_flight; ++slot) StartPair(slot);
  for (Node& node : nodes_) Write(node);
  while (!Quiet()) Turn();
}

void Limit::StartPair(int slot) {
  if (to_start_ == 0) return;
  --to_start_;
  slots_[slot].start = Clock::now();
  char nonce[kNonce.size() + 1];
  std::snprintf(nonce, sizeof(nonce), "%032llx", static_cast<unsigned long long>(next_nonce_++));
  const std::string fence = NextHint();
  for (Command& command : slots_[slot].commands) {
    command.bytes.replace(command.nonce_at, kNonce.size(), nonce, kNonce.size());
    command.bytes.replace(command.fence_at, kFence.size(), fence);
  }
  Send(slot);
}

void Limit::Send(int slot) {
  const std::uint64_t step = slots_[slot].step;
  const Command& command = slots_[slot].commands[step % 2];
  slots_[slot].grants = 0;
  for (Node& node : nodes_) {
    const std::size_t start = node.out.size();
    node.out += command.bytes;
    if (command.pass_at != std::string::npos) {
      node.out.replace(start + command.pass_at, kPass.size(), node.pass);
    }
    node.expected.push_back({slot, step});
  }
}

void Limit::Turn() {
  std::array<epoll_event, 16> events;
  const int ready = Must(epoll_wait(epoll_, events.data(), events.size(), -1), "epoll_wait");
  for (int i = 0; i < ready; ++i) Read(nodes_[events[i].data.u64]);
  for (Node& node : nodes_) Write(node);
}

void Limit::Read(Node& node) {
  const ssize_t size = recv(node.fd, &node.in[node.filled], kBufferSize - node.filled, 0);
  if (size == 0) Die("a server closed the connection");
  node.filled += Moved(size, "recv");
  const std::string_view input(node.in.data(), node.filled);
  std::size_t taken = 0;
  while (const std::size_t length = TakeReply(node, input.substr(taken))) taken += length;
  node.filled -= taken;
  std::memmove(&node.in[0], &node.in[taken], node.filled);
}

// What does not fit into the socket goes with the next turn: there is one, as answers to what did
// fit are due.
void Limit::Write(Node& node) {
  if (node.out.empty()) return;
  node.out.erase(0, Moved(send(node.fd, node.out.data(), node.out.size(), MSG_NOSIGNAL), "send"));
}

// The reply's length, or 0 when not all of it is there.
std::size_t Limit::TakeReply(Node& node, std::string_view input) {
  if (node.expected.empty()) return 0;
  const Expected next = node.expected.front();
  const Command& command = slots_[next.slot].commands[next.step % 2];
  const std::string_view head = input.substr(0, command.reply.size());
  if (head != command.reply.substr(0, head.size())) Die("a server answered " + std::string(input));
  if (input.size() < command.reply_size) return 0;
  node.expected.pop_front();
  Count(next);
  return command.reply_size;
}

void Limit::Count(const Expected& answered) {
  Slot& slot = slots_[answered.slot];
  if (slot.step != answered.step || ++slot.grants < quorum_) return;
  const bool released = slot.step++ % 2 == 1;
  if (released) {
    durations_->push_back(Clock::now() - slot.start);
    StartPair(answered.slot);
  } else {
    Send(answered.slot);
  }
}

// All replies are read, also those that decided nothing.
bool Limit::Quiet() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node& node) { return node.expected.empty(); });
}

}  // namespace holdfast::bench
