// Carries packets from TUN device to TUN device: late, in another order, or not at all.
#ifndef HOLDFAST_TESTS_CHAOS_CARRIER_H_
#define HOLDFAST_TESTS_CHAOS_CARRIER_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <queue>
#include <random>
#include <vector>

namespace holdfast::testing {

inline constexpr int kMostHosts = 12;

// The way from one host to another, one direction. In memory that processes share.
struct Way {
  std::atomic<bool> cut = false;
  std::atomic<int> loss_percent = 0;
  std::atomic<int> delay_us = 0;    // Of each packet,
  std::atomic<int> jitter_us = 0;   // and up to so much more, drawn for each one.
  std::atomic<bool> mixed = false;  // A packet may overtake those before it.
};

struct Ways {
  std::array<std::array<Way, kMostHosts>, kMostHosts> from_to;
  std::atomic<std::uint64_t> carried = 0;
  std::atomic<std::uint64_t> dropped = 0;
  std::atomic<std::uint64_t> overtaken = 0;
};

class Carrier {
 public:
  // Host i has the device `tuns[i]`, and an address that ends with i + 1.
  Carrier(std::vector<int> tuns, Ways& ways, std::uint64_t seed);

  [[noreturn]] void Run();

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Bytes = std::vector<char>;
  struct Packet {
    Time due;
    std::uint64_t number;
    int to;
    Bytes bytes;
    bool operator>(const Packet& other) const {
      return due != other.due ? due > other.due : number > other.number;
    }
  };

  void AwaitWork() const;
  void ReadFrom(int from);
  void Accept(int from, const char* bytes, std::size_t size);
  Time DueTime(const Way& way, Time& last);
  void Deliver();
  int Draw(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  const std::vector<int> tuns_;
  Ways& ways_;
  std::mt19937 random_;
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> waiting_;
  std::array<std::array<Time, kMostHosts>, kMostHosts> last_{};  // Due of a way's last packet.
  std::uint64_t number_ = 0;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_CARRIER_H_
