// Hosts with a network of their own, in user space, whose ways can be cut and made bad.
#ifndef HOLDFAST_TESTS_CHAOS_NETWORK_H_
#define HOLDFAST_TESTS_CHAOS_NETWORK_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/carrier.h"
#include "chaos/namespaces.h"

namespace holdfast::testing {

class Network {
 public:
  // After LeaveNetwork. `why` is left empty, or says why there is none. The process that carries
  // the packets dies with the calling thread.
  Network(int hosts, std::uint64_t seed, std::string& why);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const NetworkNamespace& host(int host) const { return hosts_[static_cast<std::size_t>(host)]; }
  Way& way(int from, int to) { return ways_->from_to[from][to]; }
  const Ways& ways() const { return *ways_; }

 private:
  std::vector<NetworkNamespace> hosts_;
  Ways* ways_;
  pid_t carrier_ = -1;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_NETWORK_H_
