#include "support/temp_dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace holdfast::testing {
namespace {

std::string MakeDir(std::string pattern) {
  if (mkdtemp(pattern.data()) == nullptr) {
    perror(("mkdtemp " + pattern).c_str());
    abort();
  }
  return pattern;
}

// Only async-signal-safe calls: the program may have threads.
[[noreturn]] void BecomeJanitor(int lifeline, const char* root) {
  setsid();  // Ctrl-C is meant for the tests.
  const int null = open("/dev/null", O_WRONLY);
  dup2(lifeline, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(null, STDERR_FILENO);
  execl("/bin/sh", "sh", "-c", "read line; exec rm -rf -- \"$0\"", root, nullptr);
  _exit(127);
}

// The folder of this program. A janitor process removes it when the pipe that only this program
// holds breaks, however the program ended.
std::string StartRoot() {
  const std::string root =
      MakeDir((std::filesystem::temp_directory_path() / "holdfast-test-XXXXXX").string());
  std::array<int, 2> lifeline{};
  if (pipe2(lifeline.data(), O_CLOEXEC) != 0) {
    perror("pipe2");
    abort();
  }
  if (fork() == 0) BecomeJanitor(lifeline[0], root.c_str());
  close(lifeline[0]);
  return root;
}

const std::string& Root() {
  static const std::string root = StartRoot();
  return root;
}

}  // namespace

TempDir::TempDir() : path_(MakeDir(Root() + "/XXXXXX")) {}

TempDir::~TempDir() {
  std::error_code ignored;  // What is left here, the janitor removes.
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdfast::testing
