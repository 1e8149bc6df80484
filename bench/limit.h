// The bare client: what this protocol costs when nothing is done but the protocol. Raw sockets,
// commands formatted beforehand, all nodes at once, one read and one write per node and turn of the
// loop, replies compared with the bytes that are expected. No failure is handled: any ends it.
// It is let in by what a client of the library has been admitted with. Fencing tokens are its
// clock's, as the library's are while nobody else locks the same names.
#ifndef HOLDFAST_BENCH_LIMIT_H_
#define HOLDFAST_BENCH_LIMIT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "contestant.h"

namespace holdfast::bench {

class Limit final : public Contestant {
 public:
  // Waits until a client of the library has been admitted to the nodes.
  explicit Limit(const std::vector<int>& ports);
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() override;

  void RunPairs(int in_flight, int pairs, Durations& durations) override;

 private:
  struct Command {
    std::string bytes;
    std::size_t nonce_at;
    std::size_t pass_at;     // npos: a release shows none.
    std::size_t fence_at;    // The hint of an acquire, the token of a release.
    std::string_view reply;  // How it starts when it is granted,
    std::size_t reply_size;  // and how long it is.
  };

  // A name, and the command that is under way on it: steps count commands, so that answers which
  // come after the quorum are told from those to the next command.
  struct Slot {
    std::array<Command, 2> commands;  // Acquire, release.
    std::uint64_t step = 0;
    int grants = 0;
    Clock::time_point start;
  };

  struct Expected {
    int slot;
    std::uint64_t step;
  };

  struct Node {
    int fd;
    std::string pass;  // What its guard wants to be shown.
    std::string out;
    std::string in;  // A buffer of fixed size, of which so much is filled:
    std::size_t filled = 0;
    std::deque<Expected> expected;
  };

  static Command MakeCommand(const std::vector<std::string_view>& arguments, std::string_view reply,
                             std::size_t reply_size);
  Slot MakeSlot(int number) const;
  std::string NextHint();
  void StartPair(int slot);
  void Send(int slot);
  void Turn();
  void Read(Node& node);
  void Write(Node& node);
  std::size_t TakeReply(Node& node, std::string_view input);
  void Count(const Expected& answered);
  bool Quiet() const;

  int epoll_;
  int quorum_;
  std::vector<Node> nodes_;
  std::vector<Slot> slots_;
  std::uint64_t next_nonce_ = 1;
  std::int64_t last_hint_ = 0;
  Durations* durations_ = nullptr;
  int to_start_ = 0;
};

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LIMIT_H_
