#include "core/command_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace holdfast::core {
namespace {

constexpr KeyPositions kFirstWord = {KeyFinder::kRange, 1, 1, 1};
constexpr KeyPositions kSecondWord = {KeyFinder::kRange, 2, 2, 1};
constexpr KeyPositions kTwoWords = {KeyFinder::kRange, 1, 2, 1};
constexpr KeyPositions kAllWords = {KeyFinder::kRange, 1, -1, 1};
constexpr KeyPositions kAllButFirst = {KeyFinder::kRange, 2, -1, 1};
constexpr KeyPositions kAllButLast = {KeyFinder::kRange, 1, -2, 1};
constexpr KeyPositions kPairs = {KeyFinder::kRange, 1, -1, 2};
constexpr KeyPositions kCountFirst = {KeyFinder::kCounted, 1, 0, 1};
constexpr KeyPositions kCountSecond = {KeyFinder::kCounted, 2, 0, 1};
constexpr KeyPositions kTargetAndCount = {KeyFinder::kCountedAndFirst, 2, 0, 1};

// Commands that are alike.
struct Group {
  KeyPositions keys;
  bool read_only;
  std::string_view names;  // With one space behind each.
};

// As the server itself tells by COMMAND.
constexpr Group kGroups[] = {
    {kFirstWord, false,
     "append bitfield decr decrby expire expireat geoadd getdel getex getset hdel hincrby "
     "hincrbyfloat hmset hset hsetnx incr incrby incrbyfloat linsert lpop lpush lpushx lrem lset "
     "ltrim move persist pexpire pexpireat pfadd psetex restore restore-asking rpop rpush rpushx "
     "sadd set setbit setex setnx setrange spop spublish srem xack xadd xautoclaim xclaim xdel "
     "xsetid xtrim zadd zincrby zpopmax zpopmin zrem zremrangebylex zremrangebyrank "
     "zremrangebyscore "},
    {kFirstWord, true,
     "bitcount bitfield_ro bitpos dump expiretime geodist geohash geopos georadius_ro "
     "georadiusbymember_ro geosearch get getbit getrange hexists hget hgetall hkeys hlen hmget "
     "hrandfield hscan hstrlen hvals lindex llen lpos lrange pexpiretime pttl scard sismember "
     "smembers smismember srandmember sscan strlen substr ttl type xlen xpending xrange xrevrange "
     "zcard zcount zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange "
     "zrevrangebylex zrevrangebyscore zrevrank zscan zscore "},
    {kTwoWords, false,
     "blmove brpoplpush copy geosearchstore lmove rename renamenx rpoplpush smove zrangestore "},
    {kTwoWords, true, "lcs "},
    {kAllWords, false,
     "del pfmerge sdiffstore sinterstore ssubscribe sunionstore sunsubscribe unlink watch "},
    {kAllWords, true, "exists mget pfcount sdiff sinter sunion touch "},
    {kAllButLast, false, "blpop brpop bzpopmax bzpopmin "},
    {kAllButFirst, false, "bitop "},
    {kPairs, false, "mset msetnx "},
    {kSecondWord, false,
     "pfdebug xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy "
     "xgroup|setid "},
    {kSecondWord, true,
     "memory|usage object|encoding object|freq object|idletime object|refcount xinfo|consumers "
     "xinfo|groups xinfo|stream "},
    {{KeyFinder::kContainer}, false, "memory object xgroup xinfo "},
    {kCountFirst, false, "lmpop zmpop "},
    {kCountFirst, true, "sintercard zdiff zinter zintercard zunion "},
    {kCountSecond, false, "blmpop bzmpop eval evalsha fcall "},
    {kCountSecond, true, "eval_ro evalsha_ro fcall_ro "},
    {kTargetAndCount, false, "zdiffstore zinterstore zunionstore "},
    {{KeyFinder::kStreams}, false, "xreadgroup "},
    {{KeyFinder::kStreams}, true, "xread "},
    {{KeyFinder::kSort}, false, "sort "},
    {{KeyFinder::kSort}, true, "sort_ro "},
    {{KeyFinder::kGeoRadius}, false, "georadius georadiusbymember "},
    {{KeyFinder::kMigrate}, false, "migrate "},
    {{}, true, "dbsize keys lolwut randomkey scan "},
    {{},
     false,
     "acl asking auth bgrewriteaof bgsave client cluster command config debug discard echo exec "
     "failover flushall flushdb function hello info lastsave latency module monitor multi "
     "pfselftest ping psubscribe psync publish pubsub punsubscribe quit readonly readwrite "
     "replconf replicaof reset role save script select shutdown slaveof slowlog subscribe swapdb "
     "sync time unsubscribe unwatch wait "},
};

consteval std::size_t CountNames() {
  std::size_t names = 0;
  for (const Group& group : kGroups) {
    names += static_cast<std::size_t>(std::count(group.names.begin(), group.names.end(), ' '));
  }
  return names;
}

constexpr bool ByName(const CommandRow& a, const CommandRow& b) { return a.name < b.name; }

consteval std::array<CommandRow, CountNames()> MakeTable() {
  std::array<CommandRow, CountNames()> table{};
  std::size_t row = 0;
  for (const Group& group : kGroups) {
    for (std::string_view rest = group.names; !rest.empty();) {
      const std::size_t end = rest.find(' ');
      table[row++] = {rest.substr(0, end), group.keys, group.read_only};
      rest.remove_prefix(end + 1);
    }
  }
  std::sort(table.begin(), table.end(), ByName);
  return table;
}

constexpr std::array<CommandRow, CountNames()> kTable = MakeTable();

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A name as the table spells it, without an allocation.
class Name {
 public:
  void Append(std::string_view word) {
    for (const char c : word.substr(0, sizeof text_ - size_)) text_[size_++] = Lower(c);
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[32];  // Longer than all names: what was cut off is none of them.
  std::size_t size_ = 0;
};

const CommandRow* Find(std::string_view name) {
  const CommandRow wanted = {.name = name};
  const auto row = std::lower_bound(kTable.begin(), kTable.end(), wanted, ByName);
  return row != kTable.end() && row->name == name ? &*row : nullptr;
}

}  // namespace

const CommandRow* FindCommand(std::span<const std::string_view> words) {
  if (words.empty()) return nullptr;
  Name name;
  name.Append(words[0]);
  const CommandRow* row = Find(name.view());
  if (row == nullptr || row->keys.finder != KeyFinder::kContainer || words.size() < 2) return row;
  name.Append("|");
  name.Append(words[1]);
  const CommandRow* subcommand = Find(name.view());
  return subcommand != nullptr ? subcommand : row;
}

bool IsWord(std::string_view word, std::string_view lower) {
  return std::equal(word.begin(), word.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return Lower(a) == b; });
}

}  // namespace holdfast::core
