#include "support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <utility>

#include "support/spawn.h"

namespace holdfast::testing {
namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) abort();
  return {Fd(ends[0]), Fd(ends[1])};
}

void ReadSome(const Fd& from, std::string& to) {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t n = read(from.get(), buffer.data(), buffer.size());
    if (n <= 0) return;
    to.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& os, const Finished& finished) {
  return os << "exit status " << finished.exit_status << ", signal " << finished.signal
            << "\nstdout: " << finished.out << "\nstderr: " << finished.err;
}

Process::Process(const std::vector<std::string>& argv, const std::vector<std::string>& env,
                 const std::string& input) {
  Pipe in = MakePipe();
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  pid_ = Spawn(argv, {in.read.get(), out.write.get(), err.write.get()}, env);
  // Short inputs only: they fit the pipe, so nobody waits.
  if (write(in.write.get(), input.data(), input.size()) < 0) abort();
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  fcntl(out_.get(), F_SETFL, O_NONBLOCK);
  fcntl(err_.get(), F_SETFL, O_NONBLOCK);
}

Process::~Process() {
  if (Ended()) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::Signal(int signal) const { kill(pid_, signal); }

bool Process::WaitForOutput(const std::string& text, std::chrono::milliseconds deadline) {
  const auto seen = [&] { return result_.out.find(text) != std::string::npos; };
  Eventually(
      [&] {
        const bool ended = Ended();
        ReadWhatIsThere();
        return seen() || ended;
      },
      deadline);
  return seen();
}

Finished Process::Wait(std::chrono::milliseconds deadline) {
  const bool in_time = Eventually(
      [this] {
        ReadWhatIsThere();
        return Ended();
      },
      deadline);
  if (!in_time) {
    Signal(SIGKILL);
    Eventually([this] { return Ended(); });
    result_.err += "\n[killed by the test: did not end in time]";
  }
  ReadWhatIsThere();
  return result_;
}

bool Process::Ended() {
  if (ended_) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  ended_ = true;
  if (WIFEXITED(status)) result_.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  return true;
}

void Process::ReadWhatIsThere() {
  ReadSome(out_, result_.out);
  ReadSome(err_, result_.err);
}

bool Running(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return false;
  const char state = line[line.rfind(')') + 2];
  return state != 'Z' && state != 'X';
}

}  // namespace holdfast::testing
