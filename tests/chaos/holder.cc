// What `holdfast run` runs in a chaos run: while it lives, it has the lock, or so it was promised.
//
//   chaos_holder LEDGER STORE NAME WORKER ASKED MILLISECONDS
#include <cstdio>
#include <cstdlib>
#include <string>

#include "chaos/ledger.h"
#include "chaos/store.h"
#include "support/eventually.h"

namespace holdfast::testing {
namespace {

// It knows nothing of its lease: whoever started it has to end it in time.
int HoldOn(Ledger& ledger, Store& store, Hold hold, int milliseconds) {
  hold.from = BootTime();
  hold.until = hold.from;
  std::int64_t& until = ledger.Begin(hold);
  const std::int64_t end = hold.from + milliseconds * std::int64_t{1'000'000};
  const std::int64_t seen = ledger.counter(hold.name).value;
  while (BootTime() < end && !ledger.over()) {
    until = BootTime();
    Yield();
  }
  ledger.counter(hold.name).Raise(seen);
  const auto holds = [&] {
    until = BootTime();
    return true;
  };
  return holds() && store.Put(hold, holds, ledger) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int Run(char** argv) {
  const char* fence = getenv("HOLDFAST_FENCE");
  if (fence == nullptr) return EXIT_FAILURE;
  Ledger ledger{std::string(argv[1])};
  Store store(argv[2]);
  return HoldOn(ledger, store,
                {.name = atoi(argv[3]),
                 .worker = atoi(argv[4]),
                 .fence = strtoull(fence, nullptr, 10),
                 .asked = strtoll(argv[5], nullptr, 10)},
                atoi(argv[6]));
}

}  // namespace
}  // namespace holdfast::testing

int main(int argc, char** argv) {
  if (argc == 7) return holdfast::testing::Run(argv);
  fprintf(stderr, "usage: chaos_holder LEDGER STORE NAME WORKER ASKED MILLISECONDS\n");
  return 2;
}
