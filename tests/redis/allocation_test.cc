// What a free lock costs in allocations, from the call to the handler, on real servers.
#include <gmock/gmock.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/client.h"
#include "support/clients.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace {

// Only those of the thread that runs the loop.
thread_local std::size_t allocations = 0;

void* Allocate(std::size_t size) noexcept {
  ++allocations;
  return std::malloc(size);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = Allocate(size)) return memory;
  throw std::bad_alloc();
}
// Beside a sanitizer the default of this one is the sanitizer's own, which does not call the above.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return Allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace holdfast::testing {
namespace {

// Acquires and releases, so many locks at a time, each name again and again.
class Pairs {
 public:
  explicit Pairs(const std::vector<std::string>& urls)
      : client_(Client::Create(io_.get_executor(), {.nodes = urls})) {
    EXPECT_THAT(client_, IsOk());
  }

  // The allocations of a pair, once the first ones have made room. Rounds live until the last node
  // has answered: one that falls further behind than ever before, on a busy machine, takes more
  // room once. What a pair takes each time is the least of several tries.
  double AllocationsOfEach(int in_flight) {
    locks_.resize(static_cast<std::size_t>(in_flight));
    for (int i = 0; i < in_flight; ++i) names_.push_back("a-name-" + std::to_string(i));
    Run(20 * in_flight);
    constexpr int kPairs = 400;
    std::size_t least = std::numeric_limits<std::size_t>::max();
    for (int i = 0; i < 5; ++i) {
      const std::size_t before = allocations;
      Run(kPairs);
      least = std::min(least, allocations - before);
    }
    return static_cast<double>(least) / kPairs;
  }

 private:
  void Run(int pairs) {
    to_start_ = to_finish_ = pairs;
    for (std::size_t i = 0; i < locks_.size(); ++i) Start(i);
    io_.restart();
    io_.run();
  }

  void Start(std::size_t i) {
    if (to_start_ == 0) return;
    --to_start_;
    client_->Acquire(names_[i], {}, [this, i](absl::StatusOr<Lock> lock) {
      // A matcher would allocate, too.
      if (!lock.ok()) return Fail(lock.status());
      locks_[i].emplace(*std::move(lock)).Release([this, i](const absl::Status& status) {
        if (!status.ok()) return Fail(status);
        if (--to_finish_ == 0) return io_.stop();
        Start(i);
      });
    });
  }

  void Fail(const absl::Status& status) {
    ADD_FAILURE() << status;
    io_.stop();
  }

  asio::io_context io_{1};
  absl::StatusOr<Client> client_;
  std::vector<std::string> names_;
  std::vector<std::optional<Lock>> locks_;
  int to_start_ = 0;
  int to_finish_ = 0;
};

// One for the lock, one for each of the two operations, and what the loop needs itself.
class AllocationTest : public ::testing::TestWithParam<int> {};

TEST_P(AllocationTest, AcquireAndReleaseTakeFourAtMost) {
  Nodes nodes(3);
  Pairs pairs(nodes.urls());
  const double allocated = pairs.AllocationsOfEach(GetParam());
  EXPECT_GE(allocated, 3) << "counted at all";
  EXPECT_LE(allocated, 4);
}

INSTANTIATE_TEST_SUITE_P(InFlight, AllocationTest, ::testing::Values(1, 64));

}  // namespace
}  // namespace holdfast::testing
