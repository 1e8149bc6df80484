// The cache of deepstream's config.yml.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/ioredis.h"
#include "config/servers.h"
#include "config/shapes.h"

namespace holdfast::detail {
namespace {

// Puts the environment's variables in place of ${NAME}, as deepstream does before it looks at the
// file. What stands in a variable is not looked at again.
std::string Expand(const ConfigValue& value, ConfigProblems& problems) {
  std::string expanded;
  std::string_view rest = value.text;
  while (!rest.empty()) {
    const std::size_t start = rest.find("${");
    const std::size_t end = rest.find('}', start);
    if (start == std::string_view::npos || end == std::string_view::npos) break;
    const std::string name(rest.substr(start + 2, end - start - 2));
    const char* const found = std::getenv(name.c_str());
    if (found == nullptr) {
      problems.AddTo(value, "the environment has no variable " + ShownKey(name));
    }
    expanded += std::string(rest.substr(0, start)) + (found == nullptr ? "" : found);
    rest.remove_prefix(end + 1);
  }
  return expanded += rest;
}

ConfigValue Expanded(ConfigValue value, ConfigProblems& problems) {
  if (value.kind == ConfigValue::Kind::kText) value.text = Expand(value, problems);
  for (ConfigValue& child : value.children) child = Expanded(std::move(child), problems);
  return value;
}

void ReadTtl(ConfigSection& options, CacheOptions& cache) {
  std::int64_t seconds = 0;
  const auto longest = std::chrono::floor<std::chrono::seconds>(kLongestTtl).count();
  if (options.Integer("ttl", seconds, 0, longest)) cache.ttl = std::chrono::seconds(seconds);
}

void ReadOptions(const ConfigValue& value, ConfigProblems& problems, Config& config) {
  ConfigSection options(value, "the options of deepstream's Redis cache", problems);
  ReadTtl(options, config.cache);
  options.Text("prefix", config.cache.prefix);
  RedisOptions redis;
  if (!options.Has("nodes")) {
    ReadIoServer(options, redis);
    options.Finish();
    UseServer(redis, options.line(), problems, config);
    return;
  }
  ReadIoCluster(options, redis);
  ReadIoNodes(options, redis);
  options.Finish();
  UseCluster(std::move(redis), config);
}

void ReadCache(const ConfigValue& value, ConfigProblems& problems, Config& config) {
  ConfigSection cache(value, "deepstream's cache", problems);
  cache.RefuseUnless("name", "redis", "must be redis; no other cache is read here");
  const ConfigValue* const options = cache.Find("options");
  cache.Finish();
  if (options == nullptr) return problems.AddTo(value, "has no options");
  ReadOptions(*options, problems, config);
}

void ReadTop(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  ConfigSection top(root, "a file with deepstream's cache: only the cache is read here", problems);
  const ConfigValue* const cache = top.Find("cache");
  const ConfigValue* const plugins = cache == nullptr ? top.Find("plugins") : nullptr;
  top.Finish();
  if (cache != nullptr) return ReadCache(*cache, problems, config);
  ConfigSection section(*plugins, "deepstream's plugins: only the cache is read here", problems);
  const ConfigValue* const plugin = section.Find("cache");
  section.Finish();
  if (plugin == nullptr) return problems.AddTo(*plugins, "has no cache");
  ReadCache(*plugin, problems, config);
}

}  // namespace

bool IsDeepstream(const ConfigValue& root) {
  const ConfigValue* const cache = root.Find("cache");
  return cache == nullptr ? root.Has("plugins") : cache->Has("name");
}

void ReadDeepstream(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  ReadTop(Expanded(root, problems), problems, config);
}

}  // namespace holdfast::detail
