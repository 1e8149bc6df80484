// The commands of the bare client, formatted once, and what is put into them each time.
#ifndef HOLDFAST_BENCH_LOAD_LIMIT_COMMANDS_H_
#define HOLDFAST_BENCH_LOAD_LIMIT_COMMANDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::bench {

inline constexpr std::size_t kPassSize = 16;  // Unix time in µs, as a guard has it.

// The bytes of a call's parts. Several go to a node as one (PROTOCOL.md, Joined calls): the head
// and the arguments of the first, the keys of all, and what is the others' own.
struct LimitCommand {
  std::string_view script;
  std::string keys;
  std::string arguments;
  std::string own;         // The nonce, and the hint of an acquire or the token of a release.
  std::size_t pass_at;     // In the arguments. npos: a release shows none.
  std::size_t fence_at;    // In the arguments; npos without fencing.
  std::string_view reply;  // How it starts when it is granted,
  std::size_t reply_size;  // and how long it is.
};

// How many arguments a call has, and how many of them are its own.
inline constexpr std::size_t kOwnArguments = 2;
std::size_t ArgumentsOf(const LimitCommand& command);

// Appends a call that `keys` and `arguments` have been gathered for, of so many.
void AppendCall(std::string& out, const LimitCommand& command, std::size_t calls,
                std::string_view keys, std::string_view arguments);

// Acquire and release of the `number`-th name.
std::array<LimitCommand, 2> MakeLimitCommands(int number, bool fencing);

// Nonces and fencing tokens are the same in both, and never the same twice.
class LimitNumbers {
 public:
  void WriteInto(std::array<LimitCommand, 2>& commands);

 private:
  std::uint64_t next_nonce_ = 1;
  std::int64_t last_hint_ = 0;
};

// Blocks: loads the scripts on a server, and returns the pass that its guard wants to be shown,
// which is there once a client of the library has been admitted.
std::string PrepareServer(int fd);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_LIMIT_COMMANDS_H_
