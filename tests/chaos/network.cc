#include "chaos/network.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <new>

#include "chaos/processes.h"
#include "chaos/shared_memory.h"

namespace holdfast::testing {

Network::Network(int hosts, std::uint64_t seed, std::string& why)
    : ways_(new (MapShared(sizeof(Ways))) Ways) {
  for (int host = 0; host < hosts && why.empty(); ++host) {
    hosts_.emplace_back("10.77.0." + std::to_string(host + 1), why);
  }
  if (!why.empty()) return;
  std::vector<int> tuns;
  for (const NetworkNamespace& host : hosts_) tuns.push_back(host.tun().get());
  carrier_ = Fork([&]() -> bool { Carrier(tuns, *ways_, seed).Run(); });
  for (NetworkNamespace& host : hosts_) host.CloseTun();
}

Network::~Network() {
  if (carrier_ > 0) {
    kill(carrier_, SIGKILL);
    waitpid(carrier_, nullptr, 0);
  }
  munmap(ways_, sizeof(Ways));
}

}  // namespace holdfast::testing
