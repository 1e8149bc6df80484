// Conversations in which one step fails, again and again with the next one.
#ifndef HOLDFAST_TESTS_REDIS_INJECTED_HARNESS_H_
#define HOLDFAST_TESTS_REDIS_INJECTED_HARNESS_H_

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "holdfast/redis_errors.h"
#include "support/eventually.h"
#include "support/fault_proxy.h"

namespace holdfast::testing {

// What is silent, or gone until the test has it back, is waited for until time runs out, so it must
// run out soon. Nothing else may depend on how busy the machine is.
inline std::chrono::milliseconds TimeoutFor(StepFault fault) {
  const bool waits = fault == StepFault::kSilence || fault == StepFault::kRefused;
  return std::chrono::milliseconds(waits ? 200 : 5'000);
}

// What a busy machine may add.
inline constexpr std::chrono::milliseconds kSlack{5'000};

// Calls it; it must end by the deadline. Then the server is back.
template <class Call>
auto InTime(FaultProxy& proxy, StepFault fault, Call call) {
  const auto start = std::chrono::steady_clock::now();
  auto result = call();
  EXPECT_THAT(std::chrono::steady_clock::now() - start, ::testing::Le(TimeoutFor(fault) + kSlack));
  proxy.Heal();
  return result;
}

// Until it is so; the server is back, also if the fault fires only now.
inline bool InTheEnd(FaultProxy& proxy, const std::function<bool()>& condition,
                     std::chrono::milliseconds deadline = kPatience) {
  const auto healed = [&] {
    proxy.Heal();
    return condition();
  };
  return Eventually(healed, deadline);
}

// What a client was told of a counter that it increments.
struct CounterTally {
  int executed = 0;
  int maybe = 0;  // At most so many more.

  void Add(const absl::Status& status, int increments = 1) {
    if (status.ok()) executed += increments;
    if (MayHaveBeenExecuted(status)) maybe += increments;
    EXPECT_EQ(status.ok() + MayHaveBeenExecuted(status) + WasNotSent(status) +
                  GetRedisError(status).has_value(),
              1)
        << status << ": none of what is documented, or more than one";
  }
  // `value`: of GET.
  void Check(const std::string& value) const {
    const int count = std::atoi(value.c_str());  // 0 for "(nil)".
    EXPECT_THAT(count, ::testing::AllOf(::testing::Ge(executed), ::testing::Le(executed + maybe)));
  }
};

// Nothing of a client that is gone is left.
inline void ExpectNoConnection(const FaultProxy& proxy) {
  EXPECT_TRUE(Eventually([&] { return proxy.open_connections() == 0; }));
}

// Calls `converse` for step 1, 2, 3 …, some at a time since most of it is waiting, until it returns
// that the fault did not fire. How often it fired.
inline int AtEachStep(const std::function<bool(int step)>& converse) {
  std::atomic<int> next = 1;
  std::atomic<int> fired = 0;
  std::atomic<bool> done = false;
  const auto work = [&] {
    while (!done) {
      const int step = next++;
      SCOPED_TRACE("step " + std::to_string(step));
      if (converse(step)) {
        ++fired;
      } else {
        done = true;
      }
      if (::testing::Test::HasFailure()) done = true;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return fired;
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_INJECTED_HARNESS_H_
