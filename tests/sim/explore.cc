#include "explore.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

#include "lua_runner.h"
#include "run.h"

namespace holdfast::core {
namespace {

using Clock = std::chrono::steady_clock;

// What one process has done.
struct Job {
  Happenings happenings = {};
  std::uint64_t seed = 0;  // The present one.
  bool bad = false;        // It was.
};

// In memory that all of them see.
struct Board {
  std::atomic<bool> over = false;
  std::array<Job, kMostJobs> jobs = {};
};

Board* NewBoard() {
  void* memory =
      mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("sim: mmap");
    exit(2);
  }
  return new (memory) Board;
}

void PrintProgress(const Board& board, int jobs, double seconds) {
  std::uint64_t runs = 0;
  for (int i = 0; i < jobs; ++i) runs += board.jobs[i].happenings.runs;
  fprintf(stderr, "%8.0f s  %llu schedules\n", seconds, static_cast<unsigned long long>(runs));
}

void Work(const Goal& goal, int number, Board& board, Clock::time_point start) {
  constexpr std::chrono::seconds kProgress{30};
  LuaRunner lua;
  Job& job = board.jobs[number];
  auto next_progress = start + kProgress;
  for (std::uint64_t i = number; i < goal.schedules && !board.over; i += goal.jobs) {
    const Clock::time_point now = Clock::now();
    if (now >= start + goal.time) return;
    if (number == 0 && now >= next_progress) {
      PrintProgress(board, goal.jobs, std::chrono::duration<double>(now - start).count());
      next_progress += kProgress;
    }
    job.seed = goal.first_seed + i;
    job.bad = !Simulate({.seed = job.seed}, lua, job.happenings).good();
    if (job.bad) board.over = true;
  }
}

pid_t Start(const Goal& goal, int number, Board& board, Clock::time_point start) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    perror("sim: fork");
    exit(2);
  }
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  Work(goal, number, board, start);
  _exit(0);
}

bool EndedWell(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Explored Explore(const Goal& goal) {
  Board* board = NewBoard();
  const Clock::time_point start = Clock::now();
  fflush(nullptr);  // Not once more by each child.
  std::vector<pid_t> children;
  for (int i = 0; i < goal.jobs; ++i) children.push_back(Start(goal, i, *board, start));
  Explored explored;
  for (int i = 0; i < goal.jobs; ++i) {
    const bool crashed = !EndedWell(children[i]);
    const Job& job = board->jobs[i];
    explored.happenings.Add(job.happenings);
    explored.crashed = explored.crashed || crashed;
    if (!job.bad && !crashed) continue;
    explored.bad_seed = std::min(explored.bad_seed.value_or(job.seed), job.seed);
    board->over = true;
  }
  explored.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  munmap(board, sizeof(Board));
  return explored;
}

}  // namespace holdfast::core
