// alova's Redis storage adapter, with its locks, and the options of its atomize.
#include <chrono>
#include <string>
#include <utility>

#include "config/ioredis.h"
#include "config/locks.h"
#include "config/servers.h"
#include "config/shapes.h"
#include "core/limits.h"

namespace holdfast::detail {
namespace {

using std::chrono::milliseconds;

constexpr int kMaxRetries = 1'000'000'000;
// The defaults of the packages that alova locks with.
constexpr milliseconds kLockTtl{5'000};
constexpr int kRetryCount = 10;
constexpr milliseconds kInterval{100};

void SetDefaults(Config& config) {
  config.locks.key_prefix = "";
  config.lock.ttl = kLockTtl;
  config.lock.wait = kWaitForever;
  config.lock.max_attempts = kRetryCount + 1;
  config.atomize.retry_delay = kInterval;
}

// -1 is without end, as is our 0.
void ReadRetries(ConfigSection& redlock, AcquireOptions& lock) {
  int retries = kRetryCount;
  redlock.Integer("retryCount", retries, -1, kMaxRetries);
  lock.max_attempts = retries + 1;
  redlock.Duration("retryDelay", lock.retry_delay, milliseconds(1), kHour);
  redlock.Duration("retryJitter", lock.retry_jitter, milliseconds(0), kHour);
}

void ReadRedlock(ConfigSection& top, Config& config, int& database) {
  const ConfigValue* const value = top.Find("redlockOptions");
  if (value == nullptr) return;
  ConfigSection redlock(*value, "redlockOptions", top.problems());
  ReadRetries(redlock, config.lock);
  redlock.Real("driftFactor", config.locks.drift_factor, 0, 0.5);
  redlock.RefuseUnless("automaticExtensionThreshold", "500",
                       "can only be 500, the default: a lock is extended at each third of its ttl");
  Endpoint lock_node;
  ReadDatabase(redlock, "db", lock_node);
  database = lock_node.database;
  redlock.Finish();
}

void ReadAtomize(ConfigSection& top, AtomizeOptions& atomize) {
  const ConfigValue* const value = top.Find("atomize");
  if (value == nullptr) return;
  ConfigSection section(*value, "the options of alova's atomize", top.problems());
  ReadChannel(section, atomize);
  section.Duration("timeout", atomize.wait, milliseconds(0), kWaitForever);
  section.Duration("interval", atomize.retry_delay, milliseconds(1), kHour);
  section.Finish();
}

void ReadLocks(ConfigSection& top, Config& config, int& database) {
  SetDefaults(config);
  ReadRedlock(top, config, database);
  top.Duration("redlockTTL", config.lock.ttl, core::kMinTtl, config.locks.max_ttl);
  config.atomize.ttl = config.lock.ttl;
  top.Refuse("redlockFilter",
             "a function cannot come from a file, and must not change a quorum anyway");
  ReadAtomize(top, config.atomize);
}

void ReadStorage(ConfigSection& top, Config& config, int database) {
  RedisOptions redis;
  if (!top.Has("nodes")) {
    ReadIoServer(top, redis);
    UseServer(redis, top.line(), top.problems(), config);
    // Its locks select a database of their own, whatever that of the storage.
    redis.server.database = database;
    config.locks.nodes = {FormatUrl(redis.server)};
    return;
  }
  if (database != 0) {
    top.problems().AddTo(*top.Find("redlockOptions"), "db: a cluster has no database but 0");
  }
  const ConfigValue* const options = top.Find("options");
  if (options != nullptr) {
    ConfigSection section(*options, "the options of a cluster", top.problems());
    ReadIoCluster(section, redis);
    section.Finish();
  }
  ReadIoNodes(top, redis);
  UseCluster(std::move(redis), config);
}

}  // namespace

bool IsAlova(const ConfigValue& root) {
  for (const char* const key : {"host", "port", "db", "redlockOptions", "redlockTTL"}) {
    if (root.Has(key)) return true;
  }
  return root.Has("nodes") && root.Has("options");
}

void ReadAlova(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  ConfigSection top(root, "alova's Redis storage", problems);
  int database = 0;
  ReadLocks(top, config, database);
  ReadStorage(top, config, database);
  top.Text("keyPrefix", config.cache.prefix);
  top.Finish();
}

}  // namespace holdfast::detail
