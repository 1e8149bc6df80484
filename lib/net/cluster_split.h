// A command on keys in several slots, as commands of their own.
#ifndef HOLDFAST_NET_CLUSTER_SPLIT_H_
#define HOLDFAST_NET_CLUSTER_SPLIT_H_

#include <memory>

#include "net/cluster_state.h"
#include "net/router.h"

namespace holdfast::net {

// Executes the request, a single command, in parts, if that is how its keys are; else leaves it
// alone and returns false.
bool ExecuteSplit(const std::shared_ptr<ClusterState>& cluster, Request& request);

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_SPLIT_H_
