#include "load/limit.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/joined_calls.h"
#include "load/die.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;
constexpr int kHalvesInFlight = 64;

// Of a transfer that does not block.
std::size_t Moved(ssize_t size, std::string_view what) {
  if (size < 0 && errno == EAGAIN) return 0;
  return static_cast<std::size_t>(Must(size, what));
}

}  // namespace

Limit::Limit(const Setup& setup)
    : fencing_(setup.fencing),
      epoll_(Must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      quorum_(static_cast<int>(setup.urls.size()) / 2 + 1) {
  for (const std::string& url : setup.urls) {
    const int fd = ConnectTo(PortOf(url));
    std::string pass = PrepareServer(fd);
    Must(fcntl(fd, F_SETFL, O_NONBLOCK), "fcntl");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = nodes_.size()}};
    Must(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    nodes_.push_back(
        {fd, std::move(pass), {}, 0, std::string(kBufferSize, '\0'), 0, {}, {}, {}, {}});
  }
}

Limit::~Limit() {
  for (const Node& node : nodes_) close(node.fd);
  close(epoll_);
}

void Limit::MakeSlots(int count) {
  while (static_cast<int>(slots_.size()) < count) {
    slots_.push_back({MakeLimitCommands(static_cast<int>(slots_.size()), fencing_), 0, 0, {}, {}});
  }
}

void Limit::RunPairs(int in_flight, int pairs, Times& times) {
  MakeSlots(in_flight);
  times_ = &times;
  to_start_ = pairs;
  const std::size_t finished = times.pairs.size() + static_cast<std::size_t>(pairs);
  for (int i = 0; i < in_flight; ++i) Start(i);
  for (Node& node : nodes_) Write(node);
  while (times.pairs.size() < finished) Turn();
}

// All replies are read, also those that decided nothing.
void Limit::Drain() {
  while (!Quiet()) Turn();
}

void Limit::AcquireAll(int names) {
  MakeSlots(names);
  RunHalves(names);
}

void Limit::ReleaseAll(int names) { RunHalves(names); }

void Limit::RunHalves(int names) {
  times_ = nullptr;
  next_ = 0;
  last_ = names;
  for (int i = 0; i < kHalvesInFlight; ++i) AfterStep(0);
  for (Node& node : nodes_) Write(node);
  Drain();
}

void Limit::Start(int slot) {
  if (to_start_ == 0) return;
  --to_start_;
  slots_[slot].start = Clock::now();
  Send(slot);
}

void Limit::Send(int slot) {
  const std::uint64_t step = slots_[slot].step;
  if (step % 2 == 0) numbers_.WriteInto(slots_[slot].commands);
  slots_[slot].grants = 0;
  for (Node& node : nodes_) Join(node, {slot, step});
}

void Limit::Join(Node& node, const Expected& call) {
  const LimitCommand& command = slots_[call.slot].commands[call.step % 2];
  const bool fits = !node.joining.empty() && node.joining.size() < core::JoinedCalls::kMost &&
                    node.joining.front().step % 2 == call.step % 2;
  if (!fits) EndJoined(node);
  node.keys += command.keys;
  if (fits) {
    node.arguments += command.own;
  } else {
    node.arguments += command.arguments;
    if (command.pass_at != std::string::npos) {
      node.arguments.replace(command.pass_at, kPassSize, node.pass);
    }
  }
  node.joining.push_back(call);
}

void Limit::EndJoined(Node& node) {
  if (node.joining.empty()) return;
  const Expected& first = node.joining.front();
  AppendCall(node.out, slots_[first.slot].commands[first.step % 2], node.joining.size(), node.keys,
             node.arguments);
  if (node.joining.size() > 1) node.joining.front().joined = node.joining.size();
  for (const Expected& call : node.joining) node.expected.push_back(call);
  node.joining.clear();
  node.keys.clear();
  node.arguments.clear();
}

void Limit::Turn() {
  std::array<epoll_event, 16> events;
  const int ready = Must(epoll_wait(epoll_, events.data(), events.size(), -1), "epoll");
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
  EndJoined(node);
  const std::size_t size = node.out.size() - node.written;
  if (size == 0) return;
  node.written += Moved(send(node.fd, node.out.data() + node.written, size, MSG_NOSIGNAL), "send");
  if (node.written < node.out.size()) return;
  node.out.clear();
  node.written = 0;
}

// The reply's length, or 0 when not all of it is there.
std::size_t Limit::TakeReply(Node& node, std::string_view input) {
  if (node.expected.empty()) return 0;
  const Expected next = node.expected.front();
  const LimitCommand& command = slots_[next.slot].commands[next.step % 2];
  std::size_t array = 0;
  if (next.joined > 0) {
    array = next.joined < 10 ? 4 : 5;
    if (input.size() < array) return 0;
    std::size_t size = 0;
    std::from_chars(input.data() + 1, input.data() + array - 2, size);
    if (input[0] != '*' || size != next.joined) Die("a server answered " + std::string(input));
    input.remove_prefix(array);
  }
  const std::string_view head = input.substr(0, command.reply.size());
  if (head != command.reply.substr(0, head.size())) Die("a server answered " + std::string(input));
  if (input.size() < command.reply_size) return 0;
  node.expected.pop_front();
  Count(next);
  return array + command.reply_size;
}

void Limit::Count(const Expected& answered) {
  Slot& slot = slots_[answered.slot];
  if (slot.step != answered.step || ++slot.grants < quorum_) return;
  ++slot.step;
  AfterStep(answered.slot);
}

void Limit::AfterStep(int i) {
  if (times_ == nullptr) {
    if (next_ < last_) Send(next_++);
    return;
  }
  Slot& slot = slots_[i];
  if (slot.step % 2 == 1) {
    slot.acquired = Clock::now();
    return Send(i);
  }
  times_->Add(slot.start, slot.acquired, Clock::now());
  Start(i);
}

bool Limit::Quiet() const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [](const Node& node) { return node.expected.empty(); });
}

}  // namespace holdfast::bench
