#include "chaos/program.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "absl/strings/str_join.h"
#include "chaos/store.h"
#include "nlohmann/json.hpp"
#include "support/eventually.h"
#include "support/process.h"
#include "support/spawn.h"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

// Far more than a call takes that is to end within a second or two.
constexpr std::chrono::milliseconds kCallEnds{20'000};

std::string Milliseconds(std::int64_t count) { return std::to_string(count) + "ms"; }

// What it says when it ended as it should not.
bool Explained(const Words& words, const Finished& finished) {
  if (MayEndWith(finished.exit_status)) return true;
  fprintf(stderr, "holdfast %s: exit status %d, signal %d\n%s\n", words[0].c_str(),
          finished.exit_status, finished.signal, finished.err.c_str());
  return false;
}

class Script {
 public:
  Script(int number, const Shift& shift, Words environment, Ledger& ledger)
      : number_(number),
        name_(NameOf(Role::kMixed, number)),
        ttl_(Milliseconds(shift.options.max_ttl.count())),
        // The lease began no earlier than we asked, and drift takes a hundredth of it.
        term_(std::chrono::nanoseconds(shift.options.max_ttl).count() * 97 / 100),
        environment_(std::move(environment)),
        store_(shift.store),
        random_(shift.seed + static_cast<std::uint64_t>(number)),
        ledger_(ledger) {}

  bool Run() {
    while (good_ && !ledger_.over()) {
      const std::int64_t asked = BootTime();
      const Finished acquired =
          Call({"acquire", "--json", "-w", "500ms", "--ttl", ttl_, LockName(name_)});
      if (acquired.exit_status == 0) Use(nlohmann::json::parse(acquired.out), asked);
    }
    return good_;
  }

 private:
  Finished Call(const Words& words) {
    Words argv = {HOLDFAST_PROGRAM};
    argv.insert(argv.end(), words.begin(), words.end());
    const Finished finished = Process(argv, environment_).Wait(kCallEnds);
    good_ = Explained(words, finished) && good_;
    return finished;
  }

  void Use(const nlohmann::json& lock, std::int64_t asked) {
    end_ = asked + term_;
    const std::int64_t now = BootTime();
    if (now >= end_) return;
    const std::string token = lock["token"];
    const Hold hold = {name_, number_, lock["fence"], asked, now, now};
    until_ = &ledger_.Begin(hold);
    Stay(300);
    if (random_() % 3 == 0) Extend(token);
    good_ = store_.Put(
                hold, [this] { return Holds(); }, ledger_) &&
            good_;
    if (random_() % 8 != 0) Call({"release", LockName(name_), token});
  }

  void Extend(const std::string& token) {
    const std::int64_t asked = BootTime();
    const Finished extended = Call({"extend", "--ttl", ttl_, LockName(name_), token});
    if (extended.exit_status != 0) return;
    end_ = asked + term_;
    Stay(600);
  }

  void Stay(int longest_ms) {
    const auto stay = static_cast<std::int64_t>(random_() % static_cast<unsigned>(longest_ms));
    const std::int64_t leave = BootTime() + stay * 1'000'000;
    while (BootTime() < leave && Holds() && !ledger_.over()) Yield();
  }

  bool Holds() {
    const std::int64_t now = BootTime();
    if (now >= end_) return false;
    *until_ = now;
    return true;
  }

  const int number_;
  const int name_;
  const std::string ttl_;
  const std::int64_t term_;
  const Words environment_;
  Store store_;
  std::mt19937_64 random_;
  Ledger& ledger_;
  std::int64_t end_ = 0;
  std::int64_t* until_ = nullptr;
  bool good_ = true;
};

}  // namespace

Words ProgramEnvironment(const Shift& shift) {
  return {"HOLDFAST_NODES=" + absl::StrJoin(shift.options.nodes, ","),
          "HOLDFAST_MAX_TTL=" + Milliseconds(shift.options.max_ttl.count())};
}

bool WorkByProgram(int number, const Shift& shift, const Words& environment, Ledger& ledger) {
  return Script(number, shift, environment, ledger).Run();
}

pid_t StartRun(int number, const Shift& shift, const Words& environment, std::mt19937_64& random,
               const Ledger& ledger) {
  const int name = NameOf(Role::kMixed, number);
  const auto stay = random() % (random() % 4 == 0 ? 3'000 : 200);
  const Words words = {HOLDFAST_PROGRAM,
                       "run",
                       "-w",
                       "2s",
                       "--ttl",
                       Milliseconds(shift.options.max_ttl.count()),
                       "--on-lost",
                       random() % 2 == 0 ? "term" : "kill",
                       LockName(name),
                       "--",
                       HOLDFAST_HOLDER,
                       ledger.path(),
                       shift.store,
                       std::to_string(name),
                       std::to_string(number),
                       std::to_string(BootTime()),
                       std::to_string(stay)};
  return Spawn(words, {}, environment);
}

bool MayEndWith(int exit_status) {
  static constexpr int kExpected[] = {0, 69, 74, 75};
  return std::find(std::begin(kExpected), std::end(kExpected), exit_status) != std::end(kExpected);
}

}  // namespace holdfast::testing
