// Hash slots, computed apart from the library.
#ifndef HOLDFAST_TESTS_SUPPORT_KEY_SLOT_H_
#define HOLDFAST_TESTS_SUPPORT_KEY_SLOT_H_

#include <string>
#include <string_view>

namespace holdfast::testing {

inline constexpr int kClusterSlots = 16384;

// The slot of a key, by its hash tag if it has one.
int SlotOf(std::string_view key);

// A key of that slot without a hash tag: `prefix` and a number.
std::string KeyIn(int slot, const std::string& prefix = "key");

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_KEY_SLOT_H_
