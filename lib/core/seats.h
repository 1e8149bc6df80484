// The seats of a Redis Cluster: fixed places that vote, whichever server has them (PROTOCOL.md,
// Clusters).
#ifndef HOLDFAST_CORE_SEATS_H_
#define HOLDFAST_CORE_SEATS_H_

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::core {

inline constexpr int kMaxSeats = 7;
inline constexpr int kMaxSeatGroups = 16;

// Those that all clients of a cluster have in common, whatever seats they vote by.
inline constexpr int kWitnesses = 3;
inline constexpr std::string_view kWitnessTags[kWitnesses] = {"{54h}", "{fjl}", "{1x3}"};

// Hash tags with their braces: of each group the seats in order, all of them in slots of their own,
// and those of a group spread evenly over all slots. Group 0 is what it is with one group; of three
// seats it is the witnesses. The same in all versions: the tags are where the locks are.
std::vector<std::vector<std::string>> SeatTags(int seats, int groups);

// Which group has the locks of that name: by its hash tag, if it has one.
int SeatGroupOf(std::string_view name, int groups);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SEATS_H_
