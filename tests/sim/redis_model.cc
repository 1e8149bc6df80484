#include "redis_model.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
constexpr std::string_view kNoInteger = "ERR value is not an integer or out of range";

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::toupper(x) == std::toupper(y);
  });
}

// As strict as Redis: no sign for plus, no leading zeros or spaces.
std::optional<std::int64_t> StrictInteger(std::string_view text) {
  const auto value = ParseNumber<std::int64_t>(text);
  return value && Digits(*value).view() == text ? value : std::nullopt;
}

[[noreturn]] void NotModelled(std::string_view what) {
  std::fprintf(stderr, "the model of Redis does not know %.*s\n", static_cast<int>(what.size()),
               what.data());
  std::abort();
}

}  // namespace

void RedisModel::Call::AnswerError(std::string_view text) const {
  reply.AddText(Reply::kNone, ReplyType::kError, text);
}
void RedisModel::Call::AnswerStatus(std::string_view text) const {
  reply.AddText(Reply::kNone, ReplyType::kStatus, text);
}
void RedisModel::Call::AnswerInteger(std::int64_t value) const {
  reply.AddInteger(Reply::kNone, value);
}
void RedisModel::Call::AnswerNil() const { reply.AddNil(Reply::kNone); }
void RedisModel::Call::AnswerString(std::string_view text) const {
  reply.AddText(Reply::kNone, ReplyType::kString, text);
}

RedisModel::RedisModel(std::uint64_t id) : id_(id) { ChangeRunId(); }

void RedisModel::Flush() {
  entries_.clear();
  ++flushes_;
}

void RedisModel::Restart() {
  flushes_ = 0;
  ChangeRunId();
}

void RedisModel::RestartEmpty() { RestartFrom({}); }

void RedisModel::RestartFrom(Entries saved) {
  entries_ = std::move(saved);
  Restart();
}

void RedisModel::ChangeRunId() {
  char digits[41];
  snprintf(digits, sizeof digits, "%024llx%016x", static_cast<unsigned long long>(id_), ++starts_);
  run_id_ = digits;
}

const RedisModel::Entries& RedisModel::Live(std::int64_t now_us) {
  std::erase_if(entries_, [now_ms = now_us / 1000](const auto& entry) {
    return now_ms > entry.second.expires_ms;
  });
  return entries_;
}

const RedisModel::Command* RedisModel::FindCommand(std::string_view name) {
  // Those that the scripts use most come first: that is most of what a simulation does.
  static constexpr Command kCommands[] = {
      {"GET", 2, &RedisModel::Get},    {"TIME", 1, &RedisModel::Time},
      {"MGET", -2, &RedisModel::MGet}, {"HMGET", -3, &RedisModel::HMGet},
      {"SET", -3, &RedisModel::Set},   {"PTTL", 2, &RedisModel::PTtl},
      {"DEL", -2, &RedisModel::Del},   {"HGET", 3, &RedisModel::HGet},
      {"HSET", -4, &RedisModel::HSet}, {"PEXPIRE", -3, &RedisModel::PExpire},
      {"TYPE", 2, &RedisModel::Type},  {"EXISTS", -2, &RedisModel::Exists},
      {"INFO", -1, &RedisModel::Info}, {"FLUSHALL", -1, &RedisModel::FlushAll}};
  const auto* found = std::find_if(std::begin(kCommands), std::end(kCommands),
                                   [name](const Command& command) { return command.name == name; });
  if (found != std::end(kCommands)) return found;
  found = std::find_if(std::begin(kCommands), std::end(kCommands), [name](const Command& command) {
    return EqualsIgnoringCase(command.name, name);
  });
  return found == std::end(kCommands) ? nullptr : found;
}

void RedisModel::Execute(Words argv, std::int64_t now_us, Reply& reply, Caller caller) {
  reply.Clear();
  const Call call{argv, now_us, reply};
  const Command* command = FindCommand(argv[0]);
  if (command == nullptr) NotModelled(argv[0]);
  const int count = static_cast<int>(argv.size());
  if (command->arity < 0 ? count >= -command->arity : count == command->arity) {
    return (this->*command->run)(call);
  }
  if (caller == Caller::kScript) {
    return call.AnswerError("ERR Wrong number of args calling Redis command from script");
  }
  std::string name(command->name);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return tolower(c); });
  call.AnswerError("ERR wrong number of arguments for '" + name + "' command");
}

RedisModel::Entry* RedisModel::Find(std::string_view key, std::int64_t now_ms) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  if (now_ms <= found->second.expires_ms) return &found->second;
  entries_.erase(found);
  return nullptr;
}

const std::string* RedisModel::Peek(std::string_view key, std::int64_t now_ms) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || now_ms > found->second.expires_ms) return nullptr;
  return std::get_if<std::string>(&found->second.value);
}

void RedisModel::Time(const Call& call) {
  const std::size_t array = call.reply.AddArray(Reply::kNone);
  call.reply.AddText(array, ReplyType::kString, Digits(call.now_us / 1'000'000).view());
  call.reply.AddText(array, ReplyType::kString, Digits(call.now_us % 1'000'000).view());
}

// Of the statistics of commands only what is counted here.
void RedisModel::Info(const Call& call) {
  if (call.argv.size() != 2 || call.argv[1] != "commandstats") NotModelled("this section of INFO");
  std::string text = "# Commandstats\r\n";
  if (flushes_ > 0) text += "cmdstat_flushall:calls=" + std::to_string(flushes_) + ",usec=1\r\n";
  call.AnswerString(text);
}

// --- Keys -------------------------------------------------------------------------------------

void RedisModel::Del(const Call& call) {
  std::int64_t deleted = 0;
  for (const std::string_view key : call.argv.subspan(1)) {
    if (Find(key, call.now_ms()) == nullptr) continue;
    entries_.erase(entries_.find(key));
    ++deleted;
  }
  call.AnswerInteger(deleted);
}

void RedisModel::Exists(const Call& call) {
  const Words keys = call.argv.subspan(1);
  call.AnswerInteger(std::count_if(keys.begin(), keys.end(), [&](std::string_view key) {
    return Find(key, call.now_ms()) != nullptr;
  }));
}

void RedisModel::FlushAll(const Call& call) {
  if (call.argv.size() > 1) NotModelled("options of FLUSHALL");
  Flush();
  call.AnswerStatus("OK");
}

void RedisModel::Type(const Call& call) {
  const Entry* entry = Find(call.argv[1], call.now_ms());
  if (entry == nullptr) return call.AnswerStatus("none");
  call.AnswerStatus(std::holds_alternative<Hash>(entry->value) ? "hash" : "string");
}

void RedisModel::PTtl(const Call& call) {
  const Entry* entry = Find(call.argv[1], call.now_ms());
  if (entry == nullptr) return call.AnswerInteger(-2);
  if (entry->expires_ms == kForever) return call.AnswerInteger(-1);
  call.AnswerInteger(entry->expires_ms - call.now_ms());
}

void RedisModel::PExpire(const Call& call) {
  if (call.argv.size() > 3) NotModelled("options of PEXPIRE");
  const auto ttl_ms = StrictInteger(call.argv[2]);
  if (!ttl_ms) return call.AnswerError(kNoInteger);
  if (*ttl_ms > kForever - call.now_ms()) {
    return call.AnswerError("ERR invalid expire time in 'pexpire' command");
  }
  Entry* entry = Find(call.argv[1], call.now_ms());
  if (entry == nullptr) return call.AnswerInteger(0);
  entry->expires_ms = call.now_ms() + *ttl_ms;
  if (*ttl_ms <= 0) entries_.erase(entries_.find(call.argv[1]));
  call.AnswerInteger(1);
}

// --- Strings ----------------------------------------------------------------------------------

void RedisModel::Get(const Call& call) {
  const Entry* entry = Find(call.argv[1], call.now_ms());
  if (entry == nullptr) return call.AnswerNil();
  const auto* text = std::get_if<std::string>(&entry->value);
  if (text == nullptr) return call.AnswerError(kWrongType);
  call.AnswerString(*text);
}

void RedisModel::MGet(const Call& call) {
  const std::size_t array = call.reply.AddArray(Reply::kNone);
  for (const std::string_view key : call.argv.subspan(1)) {
    const Entry* entry = Find(key, call.now_ms());
    const auto* text = entry == nullptr ? nullptr : std::get_if<std::string>(&entry->value);
    if (text == nullptr) {
      call.reply.AddNil(array);
    } else {
      call.reply.AddText(array, ReplyType::kString, *text);
    }
  }
}

struct RedisModel::SetOptions {
  bool only_if_absent = false;
  std::optional<std::string_view> ttl_ms;
};

bool RedisModel::ReadSetOptions(const Call& call, SetOptions& options) {
  for (std::size_t i = 3; i < call.argv.size(); ++i) {
    if (EqualsIgnoringCase(call.argv[i], "NX")) {
      options.only_if_absent = true;
    } else if (EqualsIgnoringCase(call.argv[i], "PX")) {
      if (i + 1 == call.argv.size()) return false;
      options.ttl_ms = call.argv[++i];
    } else {
      NotModelled("this option of SET: " + std::string(call.argv[i]));
    }
  }
  return true;
}

void RedisModel::Set(const Call& call) {
  SetOptions options;
  if (!ReadSetOptions(call, options)) return call.AnswerError("ERR syntax error");
  std::int64_t expires_ms = kForever;
  if (options.ttl_ms) {
    const auto ttl_ms = StrictInteger(*options.ttl_ms);
    if (!ttl_ms) return call.AnswerError(kNoInteger);
    if (*ttl_ms <= 0 || *ttl_ms > kForever - call.now_ms()) {
      return call.AnswerError("ERR invalid expire time in 'set' command");
    }
    expires_ms = call.now_ms() + *ttl_ms;
  }
  Entry* entry = Find(call.argv[1], call.now_ms());
  if (entry != nullptr && options.only_if_absent) return call.AnswerNil();
  if (entry == nullptr) entry = &entries_[std::string(call.argv[1])];
  *entry = {std::string(call.argv[2]), expires_ms};
  call.AnswerStatus("OK");
}

// --- Hashes -----------------------------------------------------------------------------------

// False, and answered, if the key is no hash; a null hash if there is no key.
bool RedisModel::FindHash(const Call& call, Hash*& hash) {
  Entry* entry = Find(call.argv[1], call.now_ms());
  hash = entry == nullptr ? nullptr : std::get_if<Hash>(&entry->value);
  if (entry == nullptr || hash != nullptr) return true;
  call.AnswerError(kWrongType);
  return false;
}

void RedisModel::HGet(const Call& call) {
  Hash* hash = nullptr;
  if (!FindHash(call, hash)) return;
  if (hash == nullptr) return call.AnswerNil();
  const auto field = hash->find(call.argv[2]);
  if (field == hash->end()) return call.AnswerNil();
  call.AnswerString(field->second);
}

void RedisModel::HMGet(const Call& call) {
  Hash* hash = nullptr;
  if (!FindHash(call, hash)) return;
  const std::size_t array = call.reply.AddArray(Reply::kNone);
  for (const std::string_view name : call.argv.subspan(2)) {
    const Hash::const_iterator field = hash == nullptr ? Hash::const_iterator() : hash->find(name);
    if (hash == nullptr || field == hash->end()) {
      call.reply.AddNil(array);
    } else {
      call.reply.AddText(array, ReplyType::kString, field->second);
    }
  }
}

void RedisModel::HSet(const Call& call) {
  if (call.argv.size() % 2 != 0) {
    return call.AnswerError("ERR wrong number of arguments for 'hset' command");
  }
  Hash* hash = nullptr;
  if (!FindHash(call, hash)) return;
  if (hash == nullptr) {
    hash = &entries_[std::string(call.argv[1])].value.emplace<Hash>();
  }
  std::int64_t added = 0;
  for (std::size_t i = 2; i < call.argv.size(); i += 2) {
    added += hash->insert_or_assign(std::string(call.argv[i]), call.argv[i + 1]).second ? 1 : 0;
  }
  call.AnswerInteger(added);
}

}  // namespace holdfast::core
