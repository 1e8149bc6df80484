// A port that leads nowhere.
#ifndef HOLDFAST_TESTS_SUPPORT_BLACK_HOLE_H_
#define HOLDFAST_TESTS_SUPPORT_BLACK_HOLE_H_

#include <cstdint>
#include <string>

#include "support/socket.h"

namespace holdfast::testing {

enum class Hole {
  kConnecting,  // Connecting neither succeeds nor fails.
  kAnswering,   // Connecting succeeds; nobody reads, answers or closes.
};

class BlackHole {
 public:
  explicit BlackHole(Hole hole);

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + address(); }

 private:
  Fd listener_;
  std::uint16_t port_;
  Fd filler_;  // Takes the only place in the listener's queue.
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_BLACK_HOLE_H_
