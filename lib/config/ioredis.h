// Options of the package ioredis, which deepstream and alova pass on.
#ifndef HOLDFAST_CONFIG_IOREDIS_H_
#define HOLDFAST_CONFIG_IOREDIS_H_

#include "config/section.h"
#include "holdfast/redis_options.h"

namespace holdfast::detail {

// Of a single server.
void ReadIoServer(ConfigSection& section, RedisOptions& redis);

// Of a cluster: what `new Cluster(nodes, options)` takes as its second argument. Before the nodes.
void ReadIoCluster(ConfigSection& options, RedisOptions& redis);

// The list `nodes` of {host, port, username, password, tls}, or of URLs. Without a password of its
// own a node has that of `redis`; with `password: null` it has none.
void ReadIoNodes(ConfigSection& section, RedisOptions& redis);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_IOREDIS_H_
