// Waiting for a condition, instead of sleeping for a guess.
#ifndef HOLDFAST_TESTS_SUPPORT_EVENTUALLY_H_
#define HOLDFAST_TESTS_SUPPORT_EVENTUALLY_H_

#include <chrono>
#include <functional>

// Sanitizers slow everything down, and TSan cannot follow threads in a forked child.
#if defined(__SANITIZE_THREAD__)
#define HOLDFAST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HOLDFAST_TSAN 1
#endif
#endif

namespace holdfast::testing {

// How long a test waits for what must come: far more than a busy machine needs.
inline constexpr std::chrono::milliseconds kPatience{30'000};

// Polls `condition` until it holds; false when it did not within `deadline`.
bool Eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds deadline = kPatience);

// Lets the others run for a moment: the step of a polling loop.
void Yield();

// How long `action` took.
std::chrono::milliseconds TimeOf(const std::function<void()>& action);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_EVENTUALLY_H_
