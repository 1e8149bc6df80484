#include "core/slots.h"

#include <array>
#include <cstddef>

namespace holdfast::core {
namespace {

// CRC-16/XMODEM, which Redis Cluster prescribes: polynomial 0x1021, from 0, nothing reflected.
constexpr std::uint16_t kPolynomial = 0x1021;

consteval std::uint16_t CrcOfByte(unsigned byte) {
  unsigned crc = byte << 8;
  for (int bit = 0; bit < 8; ++bit) {
    crc = (crc & 0x8000) != 0 ? (crc << 1) ^ kPolynomial : crc << 1;
  }
  return static_cast<std::uint16_t>(crc);
}

consteval std::array<std::uint16_t, 256> MakeCrcTable() {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) table[byte] = CrcOfByte(byte);
  return table;
}

constexpr std::array<std::uint16_t, 256> kCrcTable = MakeCrcTable();

std::uint16_t Crc(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc = ((crc << 8) ^ kCrcTable[(crc >> 8) ^ static_cast<unsigned char>(c)]) & 0xffff;
  }
  return static_cast<std::uint16_t>(crc);
}

std::string_view HashedPart(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t SlotOf(std::string_view key) { return Crc(HashedPart(key)) % kSlots; }

}  // namespace holdfast::core
