// Data sources of LoopBack's Redis connectors: one alone, or by their names in datasources.json.
#include <algorithm>
#include <array>
#include <string_view>

#include "config/servers.h"
#include "config/shapes.h"

namespace holdfast::detail {
namespace {

constexpr std::array<std::string_view, 4> kConnectors = {
    "redis", "kv-redis", "loopback-connector-redis", "loopback-connector-kv-redis"};

bool IsRedis(const ConfigValue& source) {
  const ConfigValue* const connector = source.Find("connector");
  return connector != nullptr &&
         std::find(kConnectors.begin(), kConnectors.end(), connector->text) != kConnectors.end();
}

void ReadSource(const ConfigValue& source, ConfigProblems& problems, Config& config) {
  ConfigSection section(source, "a LoopBack data source", problems);
  RedisOptions redis;
  std::string ignored_name;  // The data source's, by which LoopBack's own files refer to it.
  section.Text("name", ignored_name);
  section.Find("connector");
  ReadAddress(section, redis.server, false);
  ReadLogin(section, redis.server);
  if (section.Has("database") && section.Has("db")) section.Refuse("db", "not besides database");
  ReadDatabase(section, section.Has("db") ? "db" : "database", redis.server);
  ReadUrl(section, redis.server);
  section.Finish();
  UseServer(redis, section.line(), problems, config);
}

// The only one of Redis; those of other databases are not ours to judge.
const ConfigValue* FindSource(const ConfigValue& root, ConfigProblems& problems) {
  const ConfigValue* found = nullptr;
  for (const ConfigValue& source : root.children) {
    if (!source.Has("connector")) {
      problems.AddTo(source, "has no connector, so it is no LoopBack data source");
    }
    if (!IsRedis(source)) continue;
    if (found != nullptr) problems.AddTo(source, "a second Redis data source; there must be one");
    found = &source;
  }
  if (found == nullptr) problems.Add(root.line, "no data source with the connector redis");
  return found;
}

}  // namespace

bool IsLoopBack(const ConfigValue& root) {
  return root.Has("connector") ||
         std::any_of(root.children.begin(), root.children.end(),
                     [](const ConfigValue& entry) { return entry.Has("connector"); });
}

void ReadLoopBack(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  if (!root.Has("connector")) {
    const ConfigValue* const source = FindSource(root, problems);
    if (source != nullptr) ReadSource(*source, problems, config);
    return;
  }
  if (!IsRedis(root)) {
    problems.AddTo(*root.Find("connector"), "must be redis or kv-redis; no other is read here");
  }
  ReadSource(root, problems, config);
}

}  // namespace holdfast::detail
