// What the options of a Redis client may be.
#ifndef HOLDFAST_REDIS_LIMITS_H_
#define HOLDFAST_REDIS_LIMITS_H_

#include "absl/status/status.h"
#include "holdfast/redis_options.h"

namespace holdfast::detail {

// Puts what `url` says into `server`, and checks all that can be checked without looking at files.
// kInvalidArgument names the option.
absl::Status CheckRedisOptions(RedisOptions& options);

}  // namespace holdfast::detail

#endif  // HOLDFAST_REDIS_LIMITS_H_
