#include "support/black_hole.h"

#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>

#include "support/tcp_client.h"

namespace holdfast::testing {

// A queue of length 0 takes one connection; what comes after it, the kernel drops silently.
BlackHole::BlackHole(Hole hole) : listener_(BindLoopback(0)), port_(PortOf(listener_)) {
  const int queue = hole == Hole::kConnecting ? 0 : 64;
  if (listen(listener_.get(), queue) != 0) {
    perror("listen");
    abort();
  }
  if (hole == Hole::kConnecting) filler_ = StartConnecting(port_);
}

}  // namespace holdfast::testing
