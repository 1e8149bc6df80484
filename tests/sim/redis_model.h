// A node's data, and what Redis 7 does with them: the few commands that the scripts use, with its
// very answers and errors, on a clock that is passed in.
#ifndef HOLDFAST_TESTS_SIM_REDIS_MODEL_H_
#define HOLDFAST_TESTS_SIM_REDIS_MODEL_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "core/reply.h"

namespace holdfast::core {

using Words = std::span<const std::string_view>;

class RedisModel {
 public:
  static constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

  using Hash = std::map<std::string, std::string, std::less<>>;
  struct Entry {
    std::variant<std::string, Hash> value = {};
    std::int64_t expires_ms = kForever;  // By this node's clock.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  enum class Caller { kClient, kScript };

  // Models of different ids have different run ids.
  explicit RedisModel(std::uint64_t id);

  // `now_us`: this node's Unix time. A command or an option that the model does not know ends the
  // process: to answer like a server of another kind would prove nothing.
  void Execute(Words argv, std::int64_t now_us, Reply& reply, Caller caller = Caller::kClient);

  void Flush();
  bool flushed() const { return flushes_ > 0; }  // Since its start.
  void Restart();
  void RestartEmpty();
  // With the data of an earlier time.
  void RestartFrom(Entries saved);

  const std::string& run_id() const { return run_id_; }  // 40 hexadecimal digits.

  // Gets the data of a server that it follows.
  void Copy(const RedisModel& master) { Copy(master.entries_); }
  void Copy(const Entries& entries) { entries_ = entries; }

  // The text at a key, without a command; null where there is none.
  const std::string* Peek(std::string_view key, std::int64_t now_ms) const;

  // What a server that saves itself now would write down.
  const Entries& entries() const { return entries_; }
  // What has not expired by now.
  const Entries& Live(std::int64_t now_us);

 private:
  struct Call {
    Words argv;
    std::int64_t now_us;
    Reply& reply;

    std::int64_t now_ms() const { return now_us / 1000; }
    void AnswerError(std::string_view text) const;
    void AnswerStatus(std::string_view text) const;
    void AnswerInteger(std::int64_t value) const;
    void AnswerNil() const;
    void AnswerString(std::string_view text) const;
  };
  struct Command {
    std::string_view name;
    int arity;  // Words with the name; negative: at least as many.
    void (RedisModel::*run)(const Call&);
  };
  static const Command* FindCommand(std::string_view name);
  struct SetOptions;

  void Del(const Call& call);
  void Exists(const Call& call);
  void FlushAll(const Call& call);
  void Get(const Call& call);
  void HGet(const Call& call);
  void HMGet(const Call& call);
  void HSet(const Call& call);
  void MGet(const Call& call);
  void Info(const Call& call);
  void PExpire(const Call& call);
  void PTtl(const Call& call);
  void Set(const Call& call);
  void Time(const Call& call);
  void Type(const Call& call);

  static bool ReadSetOptions(const Call& call, SetOptions& options);
  Entry* Find(std::string_view key, std::int64_t now_ms);
  bool FindHash(const Call& call, Hash*& hash);
  void ChangeRunId();

  Entries entries_;
  std::uint64_t id_;
  unsigned starts_ = 0;
  int flushes_ = 0;
  std::string run_id_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_REDIS_MODEL_H_
