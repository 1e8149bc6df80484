// The resource's side of fencing: a write that only the newest holder of a lock can make.
//
// A lease is not a proof: its holder may be stopped for longer than the ttl, and go on writing when
// the lock has long been somebody else's. So each holder gets a fencing token that is larger than
// all before it (`fence()` of the lock), writes it along with the data, and the store refuses a
// write whose token is older than the newest that it has seen. For data in Redis, by any client:
//
//   const auto words = FencedSetCommand({.key = "report", .value = text, .fence = lock->fence()});
//   auto* reply = static_cast<redisReply*>(                                        // hiredis
//       redisCommandArgv(redis, static_cast<int>(words.size()), WordPointers(words).data(),
//                        WordSizes(words).data()));
//   if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY) return Failed(reply);
//   if (reply->element[0]->integer == 0) return Stale();     // We are not the holder any more.
//
// The reply is an array of two integers: 1 and our token when the value was written, 0 and the
// newest token when ours is older and nothing was changed. The same token may write again and
// again; it does not put the writes of one holder in order, so repeat none but the last. It is an
// error, which changes nothing, if the token is 0 (a lock without fencing) or not below 2^53, if
// the ttl is not positive, or if somebody wrote other things to the fence's key.
//
// The newest token is kept beside the data, in the key `<key>:fence`, so that the data stays a
// plain string for whoever reads it and may expire. The fence has no expiry, and must be neither
// deleted nor evicted (no `allkeys-…` policy): a store that forgets the newest token lets every old
// holder in. The data may be deleted. Whoever writes it by another command is not checked. All
// writers of a key must use the same lock: tokens of two locks do not compare. On a Redis Cluster,
// give the key a hash tag (`{report}` or `report:{7}`), so that both keys are in one slot.
//
// In SQL the newest token is a column, `fence bigint NOT NULL DEFAULT 0`, and the check a
// condition. No row updated: stale (or there is no such row):
//
//   UPDATE report SET value = :value, fence = :fence WHERE id = :id AND fence <= :fence;
//
// In PostgreSQL (SQLite 3.24, too), where the row may be missing:
//
//   INSERT INTO report (id, value, fence) VALUES (:id, :value, :fence)
//     ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value, fence = EXCLUDED.fence
//     WHERE report.fence <= EXCLUDED.fence;
//
// Mark rows as deleted (by such an UPDATE) instead of deleting them: the fence goes with the row.
#ifndef HOLDFAST_FENCED_SET_H_
#define HOLDFAST_FENCED_SET_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace holdfast {

// What to write. Key and value are any bytes.
struct FencedSet {
  std::string key = {};
  std::string value = {};
  std::uint64_t fence = 0;  // `fence()` of the lock.
  // How long the value lasts, as SET's PX; without one it lasts for good, as by a plain SET.
  std::optional<std::chrono::milliseconds> ttl = {};
};

// The command that makes the write, as words for any Redis client: EVAL, which carries the script
// (2 KB) each time and so always works.
std::vector<std::string> FencedSetCommand(const FencedSet& write);

// The same by EVALSHA, which carries the script's name alone. A server that does not know the
// script (its first use, or since a restart) answers with an error that begins with NOSCRIPT: send
// FencedSetCommand once, and it knows it.
std::vector<std::string> FencedSetShaCommand(const FencedSet& write);

// `<key>:fence`, where the newest token is kept.
std::string FenceKey(const std::string& key);

// The words in C, as hiredis wants them. They point into `words`.
std::vector<const char*> WordPointers(const std::vector<std::string>& words);
std::vector<std::size_t> WordSizes(const std::vector<std::string>& words);

}  // namespace holdfast

#endif  // HOLDFAST_FENCED_SET_H_
