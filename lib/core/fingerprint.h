// What all clients of the same nodes must agree on, as a text that each node keeps.
#ifndef HOLDFAST_CORE_FINGERPRINT_H_
#define HOLDFAST_CORE_FINGERPRINT_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace holdfast::core {

// The name of a set of nodes that was given none: their names, in an order that does not depend on
// how they were listed.
std::string MembershipOf(std::vector<std::string> names);

// `schema=1 nodes=5 quorum=3 max_ttl=30000 membership=a:6379,b:6379`. The schema is the version of
// the keys and scripts. Key prefixes are left out: several programs may share the nodes.
std::string MakeFingerprint(int nodes, int quorum, milliseconds max_ttl,
                            std::string_view membership);

// The same of the seats of one cluster, for all of their groups: `schema=1 seats=3 groups=1
// quorum=2 max_ttl=30000 membership=cluster`.
std::string MakeClusterFingerprint(int seats, int groups, int quorum, milliseconds max_ttl,
                                   std::string_view membership);

// Whether one is of other seats of a cluster than the other, or one of seats and the other not:
// then the locks are in other places, and neither may replace the other.
bool AreOfOtherSeats(std::string_view stored, std::string_view ours);

// How a node's fingerprint differs from ours, for people: "it is configured for quorum 2, not 3;
// for other members (a:1,b:2), not (a:1,c:3)". Empty if it does not. `stored` may be any text.
std::string FingerprintDifference(std::string_view stored, std::string_view ours);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_FINGERPRINT_H_
