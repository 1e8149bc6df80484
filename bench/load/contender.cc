#include "load/contender.h"

#include <thread>

#include "load/die.h"

namespace holdfast::bench {
namespace {

constexpr const char* kName = "contended";

// Who asked before the end waits for so long after it.
constexpr std::chrono::seconds kLastWait{2};

BlockingClient MakeClient(const Setup& setup) {
  absl::StatusOr<BlockingClient> client = BlockingClient::Create(OptionsFor(setup));
  MustBeOk(client.status());
  MustBeOk(client->Inspect(kName).status());
  return *std::move(client);
}

}  // namespace

Contender::Contender(const Setup& setup) : client_(MakeClient(setup)) {}

Contention Contender::Contend(Clock::time_point end, std::chrono::microseconds hold) {
  Contention contention;
  for (Clock::time_point now = Clock::now(); now < end; now = Clock::now()) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(end - now) + kLastWait;
    absl::StatusOr<BlockingLock> lock = client_.Acquire(kName, {.wait = wait});
    if (!lock.ok()) {
      ++contention.failed;
      continue;
    }
    const Clock::time_point acquired = Clock::now();
    std::this_thread::sleep_for(hold);
    contention.holds.push_back({now, acquired, Clock::now()});
    MustBeOk(lock->Release());
  }
  return contention;
}

}  // namespace holdfast::bench
