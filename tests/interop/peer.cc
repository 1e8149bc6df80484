#include "interop/peer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "support/spawn.h"

namespace holdfast::testing {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Fd read;
  Fd write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) abort();
  return {Fd(ends[0]), Fd(ends[1])};
}

// A test that quietly left them out would show nothing.
void CheckModules() {
  if (std::filesystem::exists(HOLDFAST_PEER_MODULES "/node_modules/ioredis")) return;
  fprintf(stderr, "Node's modules are missing in %s: scripts/test installs them\n",
          HOLDFAST_PEER_MODULES);
  abort();
}

}  // namespace

std::ostream& operator<<(std::ostream& os, const Answer& answer) {
  return os << answer.json.dump();
}

std::ostream& operator<<(std::ostream& os, const Library& library) {
  for (const char c : library.name) os << (c == '-' ? '_' : c);
  return os;
}

Peer::Peer(const Words& argv) {
  signal(SIGPIPE, SIG_IGN);  // A process that ended is found out when it does not answer.
  Pipe in = MakePipe();
  Pipe out = MakePipe();
  pid_ = Spawn(argv, {in.read.get(), out.write.get(), STDERR_FILENO});
  in_ = std::move(in.write);
  out_ = std::move(out.read);
  fcntl(out_.get(), F_SETFL, O_NONBLOCK);
}

Peer::~Peer() {
  in_.Close();
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Peer::Start(const Json& request) const {
  const std::string line = request.dump() + "\n";
  if (write(in_.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    ADD_FAILURE() << "the process takes no requests";
  }
}

Answer Peer::Await(milliseconds deadline) {
  bool ended = false;
  const auto read_some = [&] {
    std::array<char, 4096> buffer;
    const ssize_t n = read(out_.get(), buffer.data(), buffer.size());
    if (n > 0) read_.append(buffer.data(), static_cast<std::size_t>(n));
    ended = n == 0;
    return ended || read_.find('\n') != std::string::npos;
  };
  const bool answered = Eventually(read_some, deadline) && !ended;
  EXPECT_TRUE(answered) << (ended ? "the process has ended" : "no answer in time");
  if (!answered) return {{{"ok", false}}};
  const std::size_t end = read_.find('\n');
  const std::string line = read_.substr(0, end);
  read_.erase(0, end + 1);
  return {Json::parse(line)};
}

Answer Peer::Ask(const Json& request) {
  Start(request);
  return Await();
}

Answer Peer::Acquire(const Words& names, milliseconds ttl, milliseconds wait) {
  return Ask({{"do", "acquire"}, {"names", names}, {"ttl", ttl.count()}, {"wait", wait.count()}});
}

void Peer::StartAcquire(const Words& names, milliseconds ttl) const {
  Start({{"do", "acquire"},
         {"names", names},
         {"ttl", ttl.count()},
         {"wait", milliseconds(kPatience).count()}});
}

Answer Peer::Extend(const Words& names, milliseconds ttl) {
  return Ask({{"do", "extend"}, {"names", names}, {"ttl", ttl.count()}});
}

Answer Peer::Release(const Words& names) { return Ask({{"do", "release"}, {"names", names}}); }

Words TheirArgv(const Library& library, const Words& urls, int db) {
  const std::string scripts = HOLDFAST_PEER_SCRIPTS;
  // Debian's own, whatever else is called so: that is who finds Debian's packages.
  if (!library.many) return {"/usr/bin/python3", scripts + "/peer.py", urls.at(0)};
  CheckModules();
  Words argv = {"node", scripts + "/peer.mjs", HOLDFAST_PEER_MODULES, library.name,
                std::to_string(db)};
  argv.insert(argv.end(), urls.begin(), urls.end());
  return argv;
}

Words OurArgv(const Words& urls, const std::string& key_prefix) {
  Words argv = {HOLDFAST_PEER, key_prefix};
  argv.insert(argv.end(), urls.begin(), urls.end());
  return argv;
}

}  // namespace holdfast::testing
