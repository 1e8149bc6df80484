// Ways between clients and nodes that are cut, lose packets, delay them or mix them up.
#ifndef HOLDFAST_TESTS_CHAOS_NETWORK_FAULTS_H_
#define HOLDFAST_TESTS_CHAOS_NETWORK_FAULTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/mischief.h"
#include "chaos/site.h"

namespace holdfast::testing {

// Some at a time, between one client host or all, and one node or all.
class NetworkFaults : public Mischief {
 public:
  NetworkFaults(Site& site, std::uint64_t seed);

  void Step() override;
  void Heal() override;

 private:
  struct Pair {
    int client;  // Of the hosts.
    int node;
  };
  struct Fault {
    std::int64_t until;
    std::vector<Pair> pairs;
  };

  std::vector<Pair> DrawPairs();
  bool Taken(const Pair& pair) const;
  std::string Spoil(const std::vector<Pair>& pairs);
  void Mend(const std::vector<Pair>& pairs);
  void Quicken(Way& way);

  Site& site_;
  std::vector<Fault> faults_;
  std::int64_t next_ = 0;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_NETWORK_FAULTS_H_
