#include "support/key_slot.h"

namespace holdfast::testing {
namespace {

// CRC-16/XMODEM, bit by bit.
unsigned Crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000U) != 0 ? 0x11021U : 0U);
  }
  return crc;
}

}  // namespace

int SlotOf(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const std::size_t close = key.find('}', open + 1);
    const bool has_tag = close != std::string_view::npos && close != open + 1;
    if (has_tag) key = key.substr(open + 1, close - open - 1);
  }
  return static_cast<int>(Crc16(key) % kClusterSlots);
}

std::string KeyIn(int slot, const std::string& prefix) {
  for (int i = 0;; ++i) {
    std::string key = prefix + std::to_string(i);
    if (SlotOf(key) == slot) return key;
  }
}

}  // namespace holdfast::testing
