#include "chaos/processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/clients.h"
#include "support/eventually.h"

namespace holdfast::testing {

pid_t Fork(const std::function<bool()>& body) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // It died before the line above.
  _exit(body() ? 0 : 1);
}

std::vector<pid_t> StartWorkers(const Shift& shift, Ledger& ledger) {
  std::vector<pid_t> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.push_back(Fork([&] { return Work(worker, shift, ledger); }));
  }
  return workers;
}

bool Install(ClientOptions options, int votes) {
  options.new_installation = true;
  return Join({Fork([&] {
    AwaitNodes(NewClient(options), votes);
    return true;
  })});
}

bool Join(const std::vector<pid_t>& processes) {
  bool good = true;
  for (const pid_t process : processes) {
    int status = -1;
    if (!Eventually([&] { return waitpid(process, &status, WNOHANG) == process; }, 2 * kPatience)) {
      kill(process, SIGKILL);
      waitpid(process, nullptr, 0);
    }
    good = good && status == 0;
  }
  return good;
}

}  // namespace holdfast::testing
