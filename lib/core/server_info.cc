#include "core/server_info.h"

#include <algorithm>
#include <cstddef>

#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr std::size_t kRunIdDigits = 40;
constexpr std::size_t kMaxOffsetBytes = 24;
constexpr std::size_t kMaxPolicyBytes = 40;
// 3000 years: beyond it is no uptime, and could overflow what is computed with it.
constexpr std::int64_t kMaxUptimeSeconds = 100'000'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool IsKeyCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
         c == '|' || c == '.';
}

struct Line {
  std::string_view key;  // Empty: it is none of the form `key:value`.
  std::string_view value;
};

Line ParseLine(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view key = line.substr(0, colon);
  if (!std::all_of(key.begin(), key.end(), IsKeyCharacter)) return {};
  return {.key = key, .value = line.substr(colon + 1)};
}

// Takes the first line off `text`, without its end.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string RunId(std::string_view value) {
  const bool valid =
      value.size() == kRunIdDigits && std::all_of(value.begin(), value.end(), IsHexDigit);
  return std::string(valid ? value : "");
}

// An uptime in doubt counts as 0: the node then waits longer than it had to, never shorter.
std::int64_t Uptime(std::string_view value) {
  const std::int64_t seconds = ParseNumber<std::int64_t>(value).value_or(0);
  return seconds >= 0 && seconds <= kMaxUptimeSeconds ? seconds : 0;
}

// All of a node's data can vanish by these while it runs, and its run_id stays.
bool Forgets(std::string_view key) {
  return key == "cmdstat_flushall" || key == "cmdstat_flushdb" || key == "cmdstat_swapdb";
}

// `calls=1,usec=3,...`: whether there were any.
bool WasCalled(std::string_view statistics) {
  constexpr std::string_view kCalls = "calls=";
  if (!statistics.starts_with(kCalls)) return false;
  statistics.remove_prefix(kCalls.size());
  return statistics.substr(0, statistics.find(',')) != "0";
}

void Apply(const Line& line, ServerInfo& into) {
  if (line.key == "run_id") {
    into.run_id = RunId(line.value);
  } else if (line.key == "uptime_in_seconds") {
    into.uptime_s = Uptime(line.value);
  } else if (line.key == "role") {
    into.replica = line.value == "slave" || line.value == "replica";
  } else if (line.key == "second_repl_offset") {
    into.promoted = line.value == "-1" ? "" : Printable(line.value, kMaxOffsetBytes);
  } else if (line.key == "aof_enabled") {
    into.aof = line.value == "1";
  } else if (line.key == "cluster_enabled") {
    into.cluster = line.value == "1";
  } else if (line.key == "maxmemory_policy") {
    into.maxmemory_policy = Printable(line.value, kMaxPolicyBytes);
  } else if (Forgets(line.key) && WasCalled(line.value)) {
    into.flushed = true;
  }
}

}  // namespace

bool ParseInfo(std::string_view text, ServerInfo& into) {
  bool is_info = false;
  while (!text.empty()) {
    const std::string_view text_line = TakeLine(text);
    const Line line = ParseLine(text_line);
    Apply(line, into);
    // A section may be empty but for its heading.
    is_info = is_info || !line.key.empty() || text_line.starts_with("# ");
  }
  return is_info;
}

}  // namespace holdfast::core
