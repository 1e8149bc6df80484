// The slots of a Redis Cluster: which part of the key space a key belongs to.
#ifndef HOLDFAST_CORE_SLOTS_H_
#define HOLDFAST_CORE_SLOTS_H_

#include <cstdint>
#include <string_view>

namespace holdfast::core {

inline constexpr std::uint16_t kSlots = 16384;

// CRC16 of the key, or of its hash tag alone: what is between the first '{' and the first '}'
// behind it, unless that is nothing.
std::uint16_t SlotOf(std::string_view key);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SLOTS_H_
