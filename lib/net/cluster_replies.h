// The replies of a cluster's nodes, for those parts of the core that read them.
#ifndef HOLDFAST_NET_CLUSTER_REPLIES_H_
#define HOLDFAST_NET_CLUSTER_REPLIES_H_

#include "core/reply.h"
#include "holdfast/reply.h"
#include "net/session.h"

namespace holdfast::net {

core::Reply ToCore(const Reply& reply);

// The error by which a node sent the commands elsewhere, or says that it cannot serve them now;
// none of them was executed then. Null: the replies are the result.
const Reply* FindRedirect(const Replies& replies);

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_CLUSTER_REPLIES_H_
