// What a server's INFO tells about whether its votes can be trusted.
#ifndef HOLDFAST_CORE_SERVER_INFO_H_
#define HOLDFAST_CORE_SERVER_INFO_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::core {

struct ServerInfo {
  std::string run_id =
      {};  // 40 hexadecimal digits, new at each start. Empty: the server shows none.
  std::int64_t uptime_s = 0;
  bool replica = false;
  // Names its data's history after it was a replica, and may lack what its master acknowledged;
  // empty where it never was one.
  std::string promoted = {};
  bool aof = false;                   // It writes an append-only file.
  std::string maxmemory_policy = {};  // What it does when memory runs out.
  bool cluster = false;               // It is a node of a Redis Cluster.
  bool flushed = false;               // It was told to forget data, or to swap it, since its start.
};

// Adds what an answer to INFO or to `INFO commandstats` says; lines that are not known are skipped,
// and a value that cannot be right counts as absent. False, with `into` unchanged, for a text that
// is no such answer.
bool ParseInfo(std::string_view text, ServerInfo& into);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SERVER_INFO_H_
