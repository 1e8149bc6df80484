// Runs the program and looks at what it does.
#ifndef HOLDFAST_TESTS_SUPPORT_PROCESS_H_
#define HOLDFAST_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/eventually.h"
#include "support/socket.h"

namespace holdfast::testing {

struct Finished {
  int exit_status = -1;  // -1: ended by `signal`, or not in time.
  int signal = 0;
  std::string out;
  std::string err;
};
std::ostream& operator<<(std::ostream& os, const Finished& finished);

// A child process whose output is collected. Killed by the destructor, if it still runs.
class Process {
 public:
  explicit Process(const std::vector<std::string>& argv, const std::vector<std::string>& env = {},
                   const std::string& input = "");
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& out() const { return result_.out; }

  void Signal(int signal) const;

  // Reads on until `text` was in the output; false at the end of the process or the deadline.
  bool WaitForOutput(const std::string& text, std::chrono::milliseconds deadline = kPatience);

  // Until the process ends; at the deadline it is killed, and the result says so.
  Finished Wait(std::chrono::milliseconds deadline = kPatience);

 private:
  bool Ended();
  void ReadWhatIsThere();

  pid_t pid_ = -1;
  Fd out_;
  Fd err_;
  bool ended_ = false;
  Finished result_;
};

// True while a process of this id runs (a zombie does not).
bool Running(pid_t pid);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_PROCESS_H_
