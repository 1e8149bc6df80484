// INFO: what a server says is read as it says it, line by line, the last word counts, and what
// cannot be right counts as absent.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/server_info.h"
#include "fuzz/check.h"

namespace holdfast::fuzz {
namespace {

using core::ParseInfo;
using core::ServerInfo;

bool IsSame(const ServerInfo& a, const ServerInfo& b) {
  return a.run_id == b.run_id && a.uptime_s == b.uptime_s && a.replica == b.replica &&
         a.promoted == b.promoted && a.aof == b.aof && a.maxmemory_policy == b.maxmemory_policy &&
         a.cluster == b.cluster && a.flushed == b.flushed;
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

void CheckFields(const ServerInfo& info) {
  Check(info.run_id.empty() || (info.run_id.size() == 40 &&
                                std::all_of(info.run_id.begin(), info.run_id.end(), IsHex)),
        "a run id is 40 hexadecimal digits, or none", info.run_id);
  Check(info.uptime_s >= 0 && info.uptime_s <= 100'000'000'000, "an uptime can be computed with");
  Check(IsPrintable(info.promoted) && info.promoted.size() <= 100, "a history fits into a key");
  Check(IsPrintable(info.maxmemory_policy) && info.maxmemory_policy.size() <= 200,
        "a policy can be shown");
}

// The value of the last line that begins with `key` and a colon; "" if there is none.
std::string_view LastValue(std::string_view text, std::string_view key) {
  std::string_view value;
  while (!text.empty()) {
    std::string_view line = TakeUntil(text, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':')) continue;
    value = line.substr(key.size() + 1);
  }
  return value;
}

void CheckLastWord(std::string_view text, const ServerInfo& info) {
  const std::string_view role = LastValue(text, "role");
  Check(info.replica == (role == "slave" || role == "replica"), "its role", role);
  Check(info.aof == (LastValue(text, "aof_enabled") == "1"), "whether it writes a file");
  Check(info.cluster == (LastValue(text, "cluster_enabled") == "1"), "whether it is in a cluster");
  const std::string_view run_id = LastValue(text, "run_id");
  Check(info.run_id.empty() || info.run_id == run_id, "its run id", run_id);
  const bool plain = run_id.size() == 40 && run_id.find_first_not_of("0123456789abcdef") > 40;
  Check(!plain || info.run_id == run_id, "a run id as servers write it", run_id);
}

// Two answers say what they say together, and a line that nobody knows says nothing.
void CheckParts(std::string_view text, const ServerInfo& whole) {
  const std::size_t middle = text.find('\n', text.size() / 2);
  if (middle == std::string_view::npos) return;
  ServerInfo parts;
  ParseInfo(text.substr(0, middle + 1), parts);
  ParseInfo("# Unknown\r\nfuture_field:run_id:1\r\n", parts);
  ParseInfo(text.substr(middle + 1), parts);
  Check(IsSame(parts, whole), "two answers are read as one");
}

void CheckLineEnds(std::string_view text, const ServerInfo& whole) {
  if (text.find('\r') != std::string_view::npos) return;
  std::string other;
  for (const char c : text) other.append(c == '\n' ? "\r\n" : std::string_view(&c, 1));
  ServerInfo info;
  ParseInfo(other, info);
  Check(IsSame(info, whole), "both line ends are read");
}

void Run(std::string_view text) {
  ServerInfo info;
  const bool is_info = ParseInfo(text, info);
  CheckFields(info);
  Check(is_info || IsSame(info, ServerInfo()), "what is no answer changes nothing");
  CheckLastWord(text, info);
  CheckParts(text, info);
  CheckLineEnds(text, info);
  ServerInfo again = info;
  Check(ParseInfo(text, again) == is_info && IsSame(again, info), "said twice it says the same");
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
