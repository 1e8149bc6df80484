#include "chaos/carrier.h"

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace holdfast::testing {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHeader = 20;

// As many as one device may give before the others have their turn.
constexpr int kBurst = 64;

}  // namespace

Carrier::Carrier(std::vector<int> tuns, Ways& ways, std::uint64_t seed)
    : tuns_(std::move(tuns)), ways_(ways), random_(static_cast<std::uint32_t>(seed)) {}

// On a busy machine the network must not wait for its users; where that is not permitted, it does.
void Carrier::Run() {
  setpriority(PRIO_PROCESS, 0, -20);
  for (;;) {
    AwaitWork();
    for (std::size_t host = 0; host < tuns_.size(); ++host) ReadFrom(static_cast<int>(host));
    Deliver();
  }
}

void Carrier::AwaitWork() const {
  std::vector<pollfd> polls;
  for (const int tun : tuns_) polls.push_back({.fd = tun, .events = POLLIN, .revents = 0});
  if (waiting_.empty()) {
    ppoll(polls.data(), polls.size(), nullptr, nullptr);
    return;
  }
  const auto left = std::max(waiting_.top().due - Clock::now(), Clock::duration::zero());
  const timespec pause{.tv_sec = left / std::chrono::seconds(1),
                       .tv_nsec = (left % std::chrono::seconds(1)).count()};
  ppoll(polls.data(), polls.size(), &pause, nullptr);
}

void Carrier::ReadFrom(int from) {
  std::array<char, 2048> buffer;
  for (int i = 0; i < kBurst; ++i) {
    const ssize_t size = read(tuns_[from], buffer.data(), buffer.size());
    if (size <= 0) return;
    Accept(from, buffer.data(), static_cast<std::size_t>(size));
  }
}

// What is no IPv4 is the kernel's own chatter. The last byte of the destination tells the host.
void Carrier::Accept(int from, const char* bytes, std::size_t size) {
  if (size < kHeader || (bytes[0] & 0xf0) != 0x40) return;
  const int to = static_cast<unsigned char>(bytes[kHeader - 1]) - 1;
  if (to < 0 || to >= static_cast<int>(tuns_.size())) return;
  const Way& way = ways_.from_to[from][to];
  if (way.cut || Draw(100) < way.loss_percent) {
    ++ways_.dropped;
    return;
  }
  const Time due = DueTime(way, last_[from][to]);
  waiting_.push({due, number_++, to, Bytes(bytes, bytes + size)});
}

Carrier::Time Carrier::DueTime(const Way& way, Time& last) {
  const int jitter = way.jitter_us;
  const int late = way.delay_us + (jitter > 0 ? Draw(jitter) : 0);
  Time due = Clock::now() + std::chrono::microseconds(late);
  if (due < last && way.mixed) ++ways_.overtaken;
  if (!way.mixed) due = std::max(due, last);
  last = std::max(due, last);
  return due;
}

// A device that is down, or full, loses what it is given, as a network does.
void Carrier::Deliver() {
  const Time now = Clock::now();
  while (!waiting_.empty() && waiting_.top().due <= now) {
    const Packet& packet = waiting_.top();
    const ssize_t written = write(tuns_[packet.to], packet.bytes.data(), packet.bytes.size());
    ++(written < 0 ? ways_.dropped : ways_.carried);
    waiting_.pop();
  }
}

}  // namespace holdfast::testing
