// The engine of the locks against nodes that answer anything, or nothing, at any time: no lock is
// held without a quorum of grants, every call ends by its deadline, and nothing is left behind.
//
// An input is three digits (nodes, forgetful ones, World::Kind) and then what happens, a letter
// each, with spaces where it is easier to read:
//
//   u0 d0        node 0 connects, or its connection breaks
//   g0 G0 b0     node 0 answers its oldest command well, with another counter, or badly
//   =0[…]        it answers this (reply_text.h)
//   e02          it answers the error of that number
//   *            all nodes answer everything well
//   a3 A3        acquire one name, or two, with the options of that number
//   c x3 r q f k i   cancel, extend, release, release in the background, forget, attach, inspect
//   >3 <3        time passes, or the process is stopped for that time
//   w v s R      the witnesses agree, or do not; when settled; reconfigure
//   F T          the next commands are not taken; the holder is told otherwise; or no longer
#include <array>
#include <cstdint>
#include <string_view>

#include "fuzz/check.h"
#include "fuzz/engine_world.h"
#include "fuzz/reply_text.h"

namespace holdfast::fuzz {
namespace {

using std::chrono::milliseconds;

constexpr std::array<AcquireOptions, 8> kOptions = {{
    {},
    {.wait = milliseconds(1'000)},
    {.ttl = milliseconds(300), .wait = milliseconds(3'000), .max_attempts = 3},
    {.ttl = milliseconds(1'000), .auto_extend = true},
    {.ttl = milliseconds(2'000), .auto_extend = true, .max_hold = milliseconds(3'000)},
    {.ttl = milliseconds(10)},
    {.ttl = milliseconds(30'000), .wait = milliseconds(10)},
    {.ttl = milliseconds(50), .wait = milliseconds(500), .retry_jitter = milliseconds(0)},
}};

constexpr std::array<milliseconds, 8> kTimes = {
    {milliseconds(1), milliseconds(5), milliseconds(30), milliseconds(200), milliseconds(700),
     milliseconds(2'000), milliseconds(9'000), milliseconds(35'000)}};

constexpr std::array<milliseconds, 4> kTtls = {
    {milliseconds(10), milliseconds(400), milliseconds(5'000), milliseconds(30'000)}};

constexpr std::array<std::string_view, 10> kErrors = {
    "NOSCRIPT No matching script. Please use EVAL.",
    "NOAUTH Authentication required.",
    "NOPERM this user has no permissions to run the 'evalsha' command",
    "LOADING Redis is loading the dataset in memory",
    "READONLY You can't write against a read only replica.",
    "MOVED 1 127.0.0.1:6381",
    "ASK 1 127.0.0.1:6381",
    "CLUSTERDOWN The cluster is down",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "BUSY Redis is busy running a script."};

// A digit, so that inputs can be read; of any other byte what remains.
template <class List>
const auto& Pick(const List& list, unsigned char byte) {
  return list[static_cast<unsigned char>(byte - '0') % list.size()];
}

int TakeNumber(std::string_view& text, int bound) {
  return static_cast<unsigned char>(TakeByte(text) - '0') % bound;
}

void AnswerError(World& world, int node, std::string_view error) {
  core::Reply reply;
  reply.AddText(core::Reply::kNone, core::ReplyType::kError, error);
  world.Answer(node, reply.root());
}

void AnswerText(World& world, int node, std::string_view& text) {
  core::Reply reply;
  if (TakeElement(text, reply)) world.Answer(node, reply.root());
}

// What happens to a node.
void StepOfNode(World& world, char what, std::string_view& rest) {
  const int node = TakeNumber(rest, world.nodes());
  switch (what) {
    case 'u':
      return world.Up(node);
    case 'd':
      return world.Down(node);
    case 'g':
      return world.AnswerWell(node, 0);
    case 'G':
      return world.AnswerWell(node, 1 + node);
    case 'b':
      return world.AnswerBadly(node);
    case 'e':
      return AnswerError(world, node, Pick(kErrors, TakeByte(rest)));
    default:
      return AnswerText(world, node, rest);
  }
}

// What the user does.
void StepOfUser(World& world, char what, std::string_view& rest) {
  switch (what) {
    case 'a':
    case 'A':
      return world.Acquire(what == 'a' ? 1 : 2, Pick(kOptions, TakeByte(rest)));
    case 'c':
      return world.Cancel();
    case 'x':
      return world.Extend(Pick(kTtls, TakeByte(rest)));
    case 'r':
    case 'q':
      return world.Release(what == 'r');
    case 'f':
      return world.Forget();
    case 'k':
      return world.Attach();
    case 'i':
      return world.Inspect();
    case 's':
      return world.WhenSettled();
    case 'R':
      return world.Reconfigure();
    default:
      return;
  }
}

void Step(World& world, char what, std::string_view& rest) {
  switch (what) {
    case '*':
      return world.AnswerAll();
    case '>':
      return world.Advance(Pick(kTimes, TakeByte(rest)));
    case '<':
      return world.Freeze(Pick(kTimes, TakeByte(rest)));
    case 'w':
    case 'v':
      return world.SetWitnesses(what == 'w');
    case 'F':
      return world.set_full(!world.full());
    case 'T':
      return world.set_told_otherwise(!world.told_otherwise());
    default:
      break;
  }
  constexpr std::string_view kOfNode = "udgGbe=";
  if (kOfNode.find(what) != std::string_view::npos) return StepOfNode(world, what, rest);
  StepOfUser(world, what, rest);
}

void Run(std::string_view input) {
  const int nodes = 1 + (TakeNumber(input, 7) + 6) % 7;  // '1' to '7' as they are.
  const int forgetful = TakeNumber(input, 3);
  World world(nodes, forgetful, static_cast<World::Kind>(TakeNumber(input, 5)));
  while (!input.empty()) {
    Step(world, static_cast<char>(TakeByte(input)), input);
    world.CheckAll();
  }
  world.Finish();
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
