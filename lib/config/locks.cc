#include "config/locks.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "config/servers.h"
#include "config/text.h"
#include "config/values.h"
#include "core/limits.h"

namespace holdfast::detail {
namespace {

using std::chrono::milliseconds;

// AcquireOptions and AtomizeOptions call them alike.
template <class Options>
void ReadTimes(ConfigSection& section, Options& options, milliseconds max_ttl) {
  section.Duration("ttl", options.ttl, core::kMinTtl, max_ttl);
  section.Duration("wait", options.wait, milliseconds(0), kWaitForever);
  section.Duration("retryDelay", options.retry_delay, milliseconds(1), kHour);
  section.Duration("retryJitter", options.retry_jitter, milliseconds(0), kHour);
  milliseconds hold{0};
  if (!section.Duration("maxHold", hold, milliseconds(0), kWaitForever)) return;
  options.max_hold = hold;
  if (hold.count() != 0 && hold < options.ttl) section.Refuse("maxHold", "shorter than the ttl");
}

void ReadLock(ConfigSection& top, AcquireOptions& lock, milliseconds max_ttl) {
  const ConfigValue* const value = top.Find("lock");
  if (value == nullptr) return;
  ConfigSection section(*value, "lock", top.problems());
  ReadTimes(section, lock, max_ttl);
  section.Integer("maxAttempts", lock.max_attempts, 0, 1'000'000'000);
  section.Flag("autoExtend", lock.auto_extend);
  if (lock.max_hold.count() != 0 && !lock.auto_extend) {
    section.Refuse("maxHold", "bounds automatic extension, which is off: set autoExtend");
  }
  section.Finish();
}

void ReadAtomize(ConfigSection& top, AtomizeOptions& atomize, milliseconds max_ttl) {
  const ConfigValue* const value = top.Find("atomize");
  if (value == nullptr) return;
  ConfigSection section(*value, "atomize", top.problems());
  ReadChannel(section, atomize);
  ReadTimes(section, atomize, max_ttl);
  section.Finish();
}

}  // namespace

void ReadChannel(ConfigSection& section, AtomizeOptions& atomize) {
  const ConfigValue* const value = section.Find("channel");
  std::vector<std::string> names;
  if (value == nullptr || !ReadTexts(*value, names, section.problems())) return;
  const absl::Status status = core::CheckNames(names);
  if (!status.ok()) return section.Refuse("channel", MessageOf(status));
  atomize.channel = Names(std::move(names));
}

void ReadLockOptions(ConfigSection& top, Config& config) {
  const milliseconds max_ttl = config.locks.max_ttl;
  // The defaults keep to the bound, too.
  config.lock.ttl = std::min(config.lock.ttl, max_ttl);
  config.atomize.ttl = std::min(config.atomize.ttl, max_ttl);
  ReadLock(top, config.lock, max_ttl);
  ReadAtomize(top, config.atomize, max_ttl);
}

void ReadClientOptions(ConfigSection& top, ClientOptions& locks) {
  ReadClientName(top, "clientName", locks.client_name);
  top.Line("keyPrefix", locks.key_prefix, core::kMaxNameBytes);
  top.Line("owner", locks.owner, core::kMaxOwnerBytes);
  top.Line("label", locks.label, core::kMaxLabelBytes);
  top.Line("membership", locks.membership, core::kMaxMembershipBytes);
  top.Duration("maxTtl", locks.max_ttl, core::kMinTtl, kDay);
  top.Duration("connectTimeout", locks.connect_timeout, milliseconds(1), kHour);
  top.Duration("commandTimeout", locks.command_timeout, milliseconds(1), kHour);
  top.Duration("clusterNodeTimeout", locks.cluster_node_timeout, milliseconds(0),
               std::chrono::minutes(10));
  top.Real("driftFactor", locks.drift_factor, 0, 0.5);
  top.Integer("tolerateForgetful", locks.tolerate_forgetful, 0, 14);
  top.Flag("fencing", locks.fencing);
  top.Flag("trustPersistence", locks.trust_persistence);
  top.Flag("newInstallation", locks.new_installation);
}

}  // namespace holdfast::detail
