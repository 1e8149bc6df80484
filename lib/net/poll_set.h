// The connected sockets of one strand, as one thing to wait for.
#ifndef HOLDFAST_NET_POLL_SET_H_
#define HOLDFAST_NET_POLL_SET_H_

#include <sys/epoll.h>

#include <asio/any_io_executor.hpp>
#include <asio/error_code.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "holdfast/detail/queued.h"
#include "net/clock.h"

namespace holdfast::net {

// The loop waits for an epoll set that has all the sockets. So one turn reads what all of them got,
// and at its end, in one piece for each, goes out what came of it: by itself each socket would cost
// a wait in the loop, and be written to before the others were read. Lives on the strand,
// `executor`.
class PollSet final : public std::enable_shared_from_this<PollSet> {
 public:
  // Who has a socket. Whatever is called may find nothing to do.
  class Member {
   public:
    // There are bytes, the end, or an error; said again in the next turn unless it was read.
    virtual void OnReadable() = 0;
    virtual void OnWritable() = 0;
    virtual void Flush() = 0;

   protected:
    ~Member() = default;
  };

  explicit PollSet(const asio::any_io_executor& executor);

  // Until Remove(), which must come before the socket is closed.
  asio::error_code Add(int socket, std::weak_ptr<Member> member);
  void Remove(int socket);

  // Calls OnWritable() once, when there is room.
  void AwaitRoom(int socket);

  // Calls Flush() at the end of this turn; or once the handlers that are ready now have run.
  void ScheduleFlush(std::weak_ptr<Member> member);

  // In a turn: handlers were posted that may have more to write. What they write goes out together,
  // once they have run, and only then is more read.
  void AwaitHandlers() { handlers_awaited_ = in_turn_; }

 private:
  // The set is the parent's, which takes out what it has put in.
  bool InForkedChild() const { return ForkGeneration() != fork_generation_; }
  asio::error_code Open();
  asio::error_code Control(int operation, int socket, std::uint32_t events);
  void Wait();
  std::unique_ptr<detail::Queued> RunTurn(const asio::error_code& error);
  void OnReady(const asio::error_code& error);
  void Turn();
  int Ready(std::span<epoll_event> events);
  void PostFlush();
  void Deliver(int socket, std::uint32_t events);
  void FlushAll();

  const asio::any_io_executor executor_;
  const asio::any_io_executor underlying_;
  const int fork_generation_ = ForkGeneration();
  asio::posix::stream_descriptor epoll_;  // Opened with the first socket.
  std::unordered_map<int, std::weak_ptr<Member>> members_;
  std::vector<std::weak_ptr<Member>> unflushed_;
  bool waiting_ = false;
  bool in_turn_ = false;
  bool flush_scheduled_ = false;
  bool handlers_awaited_ = false;
  bool room_awaited_ = false;  // Perhaps.
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_POLL_SET_H_
