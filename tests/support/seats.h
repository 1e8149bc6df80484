// The seats of a cluster that has three of them, written down apart from the library.
#ifndef HOLDFAST_TESTS_SUPPORT_SEATS_H_
#define HOLDFAST_TESTS_SUPPORT_SEATS_H_

#include <string>
#include <vector>

#include "support/key_slot.h"
#include "support/redis_cluster.h"

namespace holdfast::testing {

inline const std::vector<std::string> kSeatTags = {"{54h}", "{fjl}", "{1x3}"};

inline std::string GuardOf(const std::string& tag) { return tag + "holdfast:guard"; }

// The servers that have the seats now.
inline std::vector<int> SeatMasters(RedisCluster& cluster) {
  std::vector<int> masters;
  for (const std::string& tag : kSeatTags) masters.push_back(cluster.MasterOf(tag));
  return masters;
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_SEATS_H_
