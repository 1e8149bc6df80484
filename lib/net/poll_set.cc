#include "net/poll_set.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/error.hpp>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "net/strand.h"
#include "net/turn_slot.h"

namespace holdfast::net {
namespace {

asio::error_code LastError() { return {errno, asio::system_category()}; }

}  // namespace

PollSet::PollSet(const asio::any_io_executor& executor)
    : executor_(executor), underlying_(Underlying(executor)), epoll_(underlying_) {}

asio::error_code PollSet::Add(int socket, std::weak_ptr<Member> member) {
  asio::error_code error;
  if (!epoll_.is_open()) error = Open();
  if (!error) error = Control(EPOLL_CTL_ADD, socket, EPOLLIN);
  if (error) return error;
  members_[socket] = std::move(member);
  Wait();
  return error;
}

void PollSet::Remove(int socket) {
  if (members_.erase(socket) == 0 || InForkedChild()) return;
  Control(EPOLL_CTL_DEL, socket, 0);
  asio::error_code ignored;
  if (members_.empty() && waiting_) epoll_.cancel(ignored);
}

void PollSet::AwaitRoom(int socket) {
  room_awaited_ = true;
  Control(EPOLL_CTL_MOD, socket, EPOLLIN | EPOLLOUT);
}

void PollSet::ScheduleFlush(std::weak_ptr<Member> member) {
  unflushed_.push_back(std::move(member));
  if (!in_turn_) PostFlush();
}

// Behind all handlers that are ready. Not by way of the strand: that would be taken until then, and
// what is called meanwhile would have to queue for it, behind the flush.
void PollSet::PostFlush() {
  if (flush_scheduled_) return;
  PostOn(underlying_, [self = shared_from_this()] {
    DispatchOn(self->executor_, [self] {
      self->flush_scheduled_ = false;
      if (self->InForkedChild()) return;
      self->FlushAll();
      self->Wait();
    });
  });
  flush_scheduled_ = true;
}

asio::error_code PollSet::Open() {
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return LastError();
  asio::error_code error;
  epoll_.assign(set, error);
  if (error) close(set);
  return error;
}

asio::error_code PollSet::Control(int operation, int socket, std::uint32_t events) {
  if (InForkedChild()) return asio::error::operation_not_supported;
  epoll_event event = {};
  event.events = events;
  event.data.fd = socket;
  if (epoll_ctl(epoll_.native_handle(), operation, socket, &event) == 0) return {};
  return LastError();
}

// Where there is no socket there is nothing to wait for, and the loop may end.
void PollSet::Wait() {
  if (members_.empty() || InForkedChild() || std::exchange(waiting_, true)) return;
  // Not on the strand: Asio would make a type-erased one for each wait.
  auto on_ready = [self = shared_from_this()](asio::error_code error) {
    std::unique_ptr<detail::Queued> completed = self->RunTurn(error);
    if (completed) completed.release()->Run();
  };
  epoll_.async_wait(asio::posix::stream_descriptor::wait_read, std::move(on_ready));
}

// What it completed first. Of a turn that has to wait for the strand nothing: that may be on
// another thread.
std::unique_ptr<detail::Queued> PollSet::RunTurn(const asio::error_code& error) {
  TurnSlot slot(underlying_);
  DispatchOn(executor_, [self = shared_from_this(), error] { self->OnReady(error); });
  return slot.Take();
}

void PollSet::OnReady(const asio::error_code& error) {
  if (InForkedChild()) return;
  // Closed by somebody else: those in it fall silent, and the loop must not go round in circles.
  if (error && error != asio::error::operation_aborted) return;
  if (!error) Turn();
  waiting_ = false;
  if (!flush_scheduled_) Wait();
}

void PollSet::Turn() {
  std::array<epoll_event, 64> events;
  const int count = Ready(events);
  in_turn_ = true;
  handlers_awaited_ = false;
  for (int i = 0; i < count; ++i) {
    Deliver(events[static_cast<std::size_t>(i)].data.fd,
            events[static_cast<std::size_t>(i)].events);
  }
  in_turn_ = false;
  // First what does not depend on how long handlers take.
  FlushAll();
  if (handlers_awaited_) PostFlush();
}

// A single socket need not be asked for.
int PollSet::Ready(std::span<epoll_event> events) {
  if (members_.size() != 1 || room_awaited_) {
    return epoll_wait(epoll_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
  }
  events[0].events = EPOLLIN;
  events[0].data.fd = members_.begin()->first;
  return 1;
}

// Of a socket that one before it has closed; or that has its number since, and finds nothing to do.
// A callback may have forked: what is left of the turn is the parent's alone.
void PollSet::Deliver(int socket, std::uint32_t events) {
  if (InForkedChild()) return;
  const auto found = members_.find(socket);
  if (found == members_.end()) return;
  const std::shared_ptr<Member> member = found->second.lock();
  if (!member) return;
  if ((events & EPOLLOUT) != 0) {
    room_awaited_ = members_.size() > 1;  // Others may wait as well.
    Control(EPOLL_CTL_MOD, socket, EPOLLIN);
    member->OnWritable();
  }
  if ((events & ~EPOLLOUT) != 0) member->OnReadable();
}

// What is scheduled meanwhile goes out as well.
void PollSet::FlushAll() {
  in_turn_ = true;
  for (std::size_t i = 0; i < unflushed_.size() && !InForkedChild(); ++i) {
    if (const std::shared_ptr<Member> member = unflushed_[i].lock()) member->Flush();
  }
  unflushed_.clear();
  in_turn_ = false;
}

}  // namespace holdfast::net
