// The bare client: what this protocol costs when nothing is done but the protocol. Raw sockets,
// commands formatted beforehand, all nodes at once, one read and one write per node and turn of the
// loop, calls of one script joined as the library joins them, replies compared with the bytes that
// are expected. No failure is handled: any ends it. It is let in by what a client of the library
// has been admitted with. Fencing tokens are its clock's, as the library's are while nobody else
// locks the same names.
#ifndef HOLDFAST_BENCH_LOAD_LIMIT_H_
#define HOLDFAST_BENCH_LOAD_LIMIT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ring.h"
#include "load/contestant.h"
#include "load/limit_commands.h"

namespace holdfast::bench {

class Limit final : public Contestant {
 public:
  // Waits until a client of the library has been admitted to the nodes.
  explicit Limit(const Setup& setup);
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() override;

  void RunPairs(int in_flight, int pairs, Times& times) override;
  void Drain() override;

  // One half of a pair alone, on so many names: to tell what each costs a server.
  void AcquireAll(int names);
  void ReleaseAll(int names);

 private:
  // A name, and the command that is under way on it: steps count commands, so that answers which
  // come after the quorum are told from those to the next command.
  struct Slot {
    std::array<LimitCommand, 2> commands;  // Acquire, release.
    std::uint64_t step = 0;
    int grants = 0;
    Clock::time_point start;
    Clock::time_point acquired;
  };

  struct Expected {
    int slot = 0;
    std::uint64_t step = 0;
    std::size_t joined = 0;  // The first of so many that are answered with one array.
  };

  struct Node {
    int fd;
    std::string pass;  // What its guard wants to be shown.
    std::string out;
    std::size_t written = 0;  // Of `out`.
    std::string in;           // A buffer of fixed size, of which so much is filled:
    std::size_t filled = 0;
    core::Ring<Expected> expected;
    std::vector<Expected> joining = {};  // To go out as one call,
    std::string keys = {};               // of which these are the keys,
    std::string arguments = {};          // and these the arguments.
  };

  void MakeSlots(int count);
  void RunHalves(int names);
  void Start(int slot);
  void Send(int slot);
  void Join(Node& node, const Expected& call);
  void EndJoined(Node& node);
  void Turn();
  void Read(Node& node);
  void Write(Node& node);
  std::size_t TakeReply(Node& node, std::string_view input);
  void Count(const Expected& answered);
  void AfterStep(int slot);
  bool Quiet() const;

  const bool fencing_;
  int epoll_;
  int quorum_;
  std::vector<Node> nodes_;
  std::vector<Slot> slots_;
  LimitNumbers numbers_;
  Times* times_ = nullptr;  // Null while halves are run.
  int to_start_ = 0;
  int next_ = 0;  // The next name of those of which halves are run.
  int last_ = 0;
};

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_LIMIT_H_
