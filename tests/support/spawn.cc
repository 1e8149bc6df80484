#include "support/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace holdfast::testing {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// The environment without the variables that `changes` sets, then `changes`.
std::vector<std::string> MergedEnvironment(const std::vector<std::string>& changes) {
  std::vector<std::string> merged = changes;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view current = *entry;
    const std::string_view name = current.substr(0, current.find('=') + 1);
    bool changed = false;
    for (const std::string& change : changes) changed |= change.starts_with(name);
    if (!changed) merged.emplace_back(current);
  }
  return merged;
}

// Only async-signal-safe calls from here on: the program may have threads.
[[noreturn]] void BecomeChild(char* const* argv, char* const* env, const Streams& streams,
                              pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // The parent died before the line above.
  const int null = open("/dev/null", O_RDWR);
  dup2(streams.in >= 0 ? streams.in : null, STDIN_FILENO);
  dup2(streams.out >= 0 ? streams.out : null, STDOUT_FILENO);
  dup2(streams.err >= 0 ? streams.err : null, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);  // What the test's own parent left open.
  execvpe(argv[0], argv, env);
  _exit(127);
}

}  // namespace

pid_t Spawn(const std::vector<std::string>& argv, const Streams& streams,
            const std::vector<std::string>& env) {
  const std::vector<std::string> environment = MergedEnvironment(env);
  const std::vector<char*> argv_pointers = Pointers(argv);
  const std::vector<char*> env_pointers = Pointers(environment);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    perror("fork");
    abort();
  }
  if (child == 0) BecomeChild(argv_pointers.data(), env_pointers.data(), streams, parent);
  return child;
}

}  // namespace holdfast::testing
