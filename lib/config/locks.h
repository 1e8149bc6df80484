// How locks are taken, as the shapes of configuration say it.
#ifndef HOLDFAST_CONFIG_LOCKS_H_
#define HOLDFAST_CONFIG_LOCKS_H_

#include "config/section.h"
#include "holdfast/config.h"

namespace holdfast::detail {

// `channel`: one name or a list.
void ReadChannel(ConfigSection& section, AtomizeOptions& atomize);

// `lock` and `atomize` of our own shape; behind `max_ttl`, which bounds them.
void ReadLockOptions(ConfigSection& top, Config& config);

// All of our own options of clients of the locks but who votes, and TLS.
void ReadClientOptions(ConfigSection& top, ClientOptions& locks);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_LOCKS_H_
