// A slot of a RedisCluster on its way from one master to another.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "support/redis_cluster.h"

namespace holdfast::testing {
namespace {

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

void RedisCluster::MigrateSlot(int slot, int from, int to) {
  BeginMigration(slot, from, to);
  MoveKeys(slot, from, to);
  EndMigration(slot, from, to);
}

// In this order: `from` must send nobody to a node that does not expect him.
void RedisCluster::BeginMigration(int slot, int from, int to) {
  Must(to, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", id(from)});
  Must(from, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", id(to)});
}

int RedisCluster::MoveKeys(int slot, int from, int to, int most) {
  int moved = 0;
  while (moved < most) {
    const std::string count = std::to_string(std::min(100, most - moved));
    const auto keys = Lines(Must(from, {"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), count}));
    if (keys.empty()) break;
    Must(from, MigrateCommand((*this)[to], keys));
    moved += static_cast<int>(keys.size());
  }
  return moved;
}

std::vector<std::string> RedisCluster::MigrateCommand(RedisServer& to,
                                                      const std::vector<std::string>& keys) {
  std::vector<std::string> argv = {"MIGRATE", "127.0.0.1", std::to_string(ClusterPortOf(to)),
                                   "",        "0",         "10000"};
  if (to.setup().has_users()) {
    argv.insert(argv.end(), {"AUTH2", kTestUser, kTestPassword});
  }
  argv.emplace_back("KEYS");
  argv.insert(argv.end(), keys.begin(), keys.end());
  return argv;
}

// The new owner first: then there is no moment at which nobody owns the slot.
void RedisCluster::EndMigration(int slot, int from, int to) {
  const std::vector<std::string> command = {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE",
                                            id(to)};
  Must(to, command);
  Must(from, command);
  for (int i = 0; i < size(); ++i) {
    if (i != from && i != to && (*this)[i].runs() && IsMaster(i)) Must(i, command);
  }
  AwaitOk();
}

}  // namespace holdfast::testing
