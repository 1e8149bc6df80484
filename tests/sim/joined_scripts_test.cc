// Calls that are carried out as one: each is answered as if it came alone, and the data are the
// same afterwards.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/joined_calls.h"
#include "core/replies.h"
#include "core/script_call.h"
#include "core/scripts.h"
#include "core/seed.h"
#include "lua_node.h"
#include "lua_runner.h"
#include "random_words.h"

namespace holdfast::core {
namespace {

constexpr int kStates = 6000;
constexpr int kCallsOnEach = 3;
constexpr std::int64_t kStartUs = 1'700'000'000'123'456;
constexpr std::int64_t kDayUs = 86'400'000'000;

// So few that calls are in each other's way.
const Texts kNames = {"a", "b", "c", "d"};
const Texts kNonces = {std::string(32, 'a'), std::string(32, 'b'), std::string(32, 'c'),
                       std::string(32, 'd')};
const Texts kOwners = {"me", "", "a:b:c", std::string(300, 'o')};
const Texts kTtls = {"1", "500", "30000", "600000"};
const Texts kPass = {"1700000000000001"};
const Texts kOtherPasses = {"", "1700000000000002"};
const Texts kConfig = {"1700000000000005"};
const Texts kOtherConfigs = {"", "1700000000000006"};
const Texts kRetention = {"604800000"};
// Up to the end of the counters' range, and past it.
const Texts kNumbers = {"1",
                        "2",
                        "5",
                        "6",
                        "17",
                        "1699999999999999",
                        "1700000000123456",
                        "9007199254740989",
                        "9007199254740990",
                        "9007199254740991"};
const Texts kRubbish = {"", "x", "-5", "1e3x", "9007199254740992", "100000000000000000000"};
const Texts kStrangers = {"",
                          "data",
                          "zz:1:other",
                          ":::",
                          std::string(32, 'a') + ":1e3:me",
                          std::string(32, 'a') + ":9007199254740992:me"};

std::string Lock(const std::string& name) { return "lock:" + name; }
std::string Counter(const std::string& name) { return "fence:" + name; }

std::string Show(const RedisModel::Entries& entries) {
  std::string text;
  for (const auto& [key, entry] : entries) {
    text += "  " + key + " = ";
    if (const auto* string = std::get_if<std::string>(&entry.value)) {
      text += "'" + *string + "'";
    } else {
      for (const auto& [field, value] : std::get<RedisModel::Hash>(entry.value)) {
        text += field + "='" + value + "' ";
      }
    }
    const bool forever = entry.expires_ms == RedisModel::kForever;
    text += forever ? "\n" : " till " + std::to_string(entry.expires_ms) + "\n";
  }
  return text;
}

// What a client asks for: an attempt, or something for a lease. As the engine writes it.
struct Asked {
  const Script* script;
  Texts keys;
  Texts arguments;
  std::vector<bool> own;  // Of the arguments.

  void Write(ScriptCall& call) const {
    for (const std::string& key : keys) call.Key(key);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (own[i]) {
        call.OwnArgument(std::string_view(arguments[i]));
      } else {
        call.Argument(arguments[i]);
      }
    }
  }
};

class JoinedScriptsTest : public ::testing::Test {
 protected:
  // --- The data ---------------------------------------------------------------------------------

  void Do(const Texts& argv, std::int64_t now_us) {
    const std::vector<std::string_view> words(argv.begin(), argv.end());
    joined_.redis().Execute(words, now_us, reply_);
  }

  // Mostly it will last, and for some it is over by now or in this very millisecond.
  void SetText(const std::string& key, const std::string& text) {
    if (random_.OneIn(4)) return Do({"SET", key, text}, now_us_);
    if (random_.OneIn(6)) return Do({"SET", key, text, "PX", "1"}, now_us_ - 2000);
    if (random_.OneIn(6)) return Do({"SET", key, text, "PX", "1"}, now_us_ - 1000);
    Do({"SET", key, text, "PX", random_.Of(kTtls)}, now_us_);
  }

  void SetUpGuard() {
    if (random_.OneIn(40)) return;
    if (random_.OneIn(40)) return Do({"SET", "guard", "text"}, now_us_);
    Do({"HSET", "guard", "pass", random_.Of(random_.OneIn(12) ? kOtherPasses : kPass)}, now_us_);
    Do({"HSET", "guard", "config", random_.Of(random_.OneIn(12) ? kOtherConfigs : kConfig)},
       now_us_);
    for (const char* field : {"hwm", "floor"}) {
      if (random_.OneIn(3)) continue;
      Do({"HSET", "guard", field, random_.OneIn(8) ? random_.Of(kRubbish) : Number()}, now_us_);
    }
  }

  // Not so often one at which the range ends that most acquires would be refused.
  std::string Number() {
    return random_.OneIn(3) ? random_.Of(kNumbers) : std::to_string(random_.Below(20));
  }

  void SetUpName(const std::string& name) {
    const unsigned lock = random_.Below(10);
    if (lock < 4) {
      SetText(Lock(name), random_.Of(kNonces) + ":" + Number() + ":" + random_.Of(kOwners));
    } else if (lock == 4) {
      SetText(Lock(name), random_.Of(kStrangers));
    } else if (lock == 5) {
      Do({"HSET", Lock(name), "f", "v"}, now_us_);
    }
    const unsigned counter = random_.Below(10);
    if (counter < 5) {
      SetText(Counter(name), Number());
    } else if (counter == 5) {
      SetText(Counter(name), random_.Of(kRubbish));
    } else if (counter == 6) {
      Do({"HSET", Counter(name), "f", "v"}, now_us_);
    }
  }

  void SetUpNodes() {
    now_us_ = kStartUs + random_.Below(5000);
    joined_.redis().Flush();
    SetUpGuard();
    for (const std::string& name : kNames) SetUpName(name);
    apart_.redis().Copy(joined_.redis());
  }

  // --- The calls --------------------------------------------------------------------------------

  Texts SomeNames(std::size_t count) {
    Texts names = kNames;
    for (std::size_t i = 0; i < count; ++i) {
      std::swap(names[i], names[i + random_.Below(static_cast<unsigned>(names.size() - i))]);
    }
    names.resize(count);
    return names;
  }

  std::string Deadline() {
    const std::int64_t now_ms = now_us_ / 1000;
    if (random_.OneIn(10)) return std::to_string(now_ms - 1);
    return std::to_string(now_ms + (random_.OneIn(3) ? 0 : 1'000'000));
  }

  std::string Hint() {
    switch (random_.Below(8)) {
      case 0:  // As far ahead as a hint may be, and too far.
        return std::to_string(now_us_ + kDayUs + random_.Below(2));
      case 1:
        return random_.Of(kNumbers);
      case 2:
      case 3:  // The clock's, as clients send it.
        return std::to_string(now_us_ - 1 + random_.Below(3));
      default:
        return std::to_string(1 + random_.Below(20));
    }
  }

  // Of one client, and with what has to agree for all: else they would not be joined.
  std::vector<Asked> SomeCalls() {
    const std::size_t calls = random_.OneIn(20) ? 1 + random_.Below(32) : 1 + random_.Below(4);
    const std::size_t names = random_.OneIn(3) ? 2 + random_.Below(2) : 1;
    switch (random_.Below(3)) {
      case 0:
        return SomeAttempts(calls, names);
      case 1:
        return SomeExtends(calls, names);
      default:
        return SomeReleases(calls, names);
    }
  }

  std::vector<Asked> SomeAttempts(std::size_t calls, std::size_t names) {
    const std::string ttl = random_.Of(kTtls);
    const std::string deadline = Deadline();
    const std::string pass = random_.Of(random_.OneIn(12) ? kOtherPasses : kPass);
    const std::string owner = random_.Of(kOwners);
    const bool fenced = !random_.OneIn(4);
    std::vector<Asked> asked(calls, {&kAcquireScript, {"guard"}, {}, {1, 0, 0, 0, 1, 0, 0}});
    for (Asked& one : asked) {
      AddNames(SomeNames(names), one);
      one.arguments = {random_.Of(kNonces),    ttl,  deadline, pass, fenced ? Hint() : "0",
                       random_.Of(kRetention), owner};
    }
    return asked;
  }

  std::vector<Asked> SomeExtends(std::size_t calls, std::size_t names) {
    const std::string ttl = random_.Of(kTtls);
    const std::string deadline = Deadline();
    const std::string config = random_.Of(random_.OneIn(12) ? kOtherConfigs : kConfig);
    std::vector<Asked> asked(calls, {&kExtendScript, {"guard"}, {}, {1, 0, 0, 0}});
    for (Asked& one : asked) {
      for (const std::string& name : SomeNames(names)) one.keys.push_back(Lock(name));
      one.arguments = {NonceFor(one.keys), ttl, deadline, config};
    }
    return asked;
  }

  std::vector<Asked> SomeReleases(std::size_t calls, std::size_t names) {
    std::vector<Asked> asked(calls, {&kReleaseScript, {"guard"}, {}, {1, 0}});
    for (Asked& one : asked) {
      AddNames(SomeNames(names), one);
      one.arguments = {NonceFor(one.keys), random_.Of(kRetention)};
      for (std::size_t i = 0; i < names; ++i) {
        one.arguments.push_back(Token(one.keys[1 + 2 * i]));
        one.own.push_back(true);
      }
    }
    return asked;
  }

  static void AddNames(const Texts& names, Asked& asked) {
    for (const std::string& name : names) {
      asked.keys.push_back(Lock(name));
      asked.keys.push_back(Counter(name));
    }
  }

  // Mostly the holder's of one of the locks, if it has any.
  std::string NonceFor(const Texts& keys) {
    const std::string* held = apart_.redis().Peek(random_.Of(keys), now_us_ / 1000);
    if (held == nullptr || held->size() < 32 || random_.OneIn(4)) return random_.Of(kNonces);
    return held->substr(0, 32);
  }

  // None, that with which the lock is held, or any.
  std::string Token(const std::string& lock) {
    if (random_.OneIn(4)) return "0";
    const std::string* held = apart_.redis().Peek(lock, now_us_ / 1000);
    if (held == nullptr || held->size() < 34 || random_.OneIn(3)) return Number();
    const std::string token = held->substr(33, held->find(':', 33) - 33);
    return token.empty() || token.find_first_not_of("0123456789") != token.npos ? Number() : token;
  }

  // --- Carrying them out ------------------------------------------------------------------------

  void RunAlone(const Asked& asked, LuaNode& node, Reply& reply) {
    const std::vector<std::string_view> keys(asked.keys.begin(), asked.keys.end());
    const std::vector<std::string_view> arguments(asked.arguments.begin(), asked.arguments.end());
    node.Eval(*asked.script, keys, arguments, now_us_, reply);
  }

  // By the very command that a node would get.
  void RunJoined(const std::vector<Asked>& calls, Reply& reply) {
    JoinedCalls joined;
    for (const Asked& asked : calls) {
      ScriptCall call(*asked.script, false);
      asked.Write(call);
      ASSERT_TRUE(joined.Join(call));
    }
    std::string bytes;
    joined.MoveTo(bytes);
    ReplyReader reader;
    reader.Feed(bytes);
    ASSERT_EQ(reader.Next(), ReplyReader::Result::kReply);
    std::vector<std::string_view> words;
    for (const ReplyView word : reader.reply().root()) words.push_back(word.text());
    const auto keys = static_cast<std::size_t>(std::stoul(std::string(words[2])));
    const Words all(words);
    joined_.Load(*calls[0].script);
    joined_.EvalSha(words[1], all.subspan(3, keys), all.subspan(3 + keys), now_us_, reply);
  }

  // By the script and the first word of the answer.
  void Count(const Asked& asked, ReplyView answer) {
    std::string word(answer.size() > 0 ? answer.at(0).text() : answer.text());
    if (answer.is_error()) word = word.substr(0, word.find(' '));
    ++seen_[std::string(asked.script->name) + " " + word];
  }

  std::string Explain(const std::vector<Asked>& calls, const std::string& before) const {
    std::string text = "at " + std::to_string(now_us_) + ", on\n" + before;
    for (const Asked& asked : calls) {
      text += std::string(asked.script->name);
      for (const std::string& key : asked.keys) text += " " + key;
      text += " |";
      for (const std::string& argument : asked.arguments) text += " '" + argument + "'";
      text += "\n";
    }
    return text;
  }

  void Compare(const std::vector<Asked>& calls) {
    const RedisModel::Entries before = apart_.redis().Live(now_us_);
    Reply together;
    RunJoined(calls, together);
    const ReplyView all = together.root();
    if (calls.size() > 1 && !all.is_error()) {
      ASSERT_EQ(all.size(), calls.size()) << core::Show(all) << "\n"
                                          << Explain(calls, Show(before));
    }
    Reply alone;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      RunAlone(calls[i], apart_, alone);
      // A call by itself answers by itself, and an error is the answer to all.
      const ReplyView answer = calls.size() == 1 || all.is_error() ? all : all.at(i);
      const std::string expected = core::Show(alone.root());
      ASSERT_EQ(core::Show(answer), expected) << "of call " << i << "\n"
                                              << Explain(calls, Show(before));
      Count(calls[i], answer);
      first_.redis().Copy(before);
      RunAlone(calls[i], first_, alone);
      if (core::Show(alone.root()) != expected) {
        ++seen_[std::string(calls[i].script->name) + " otherwise for those before it"];
      }
    }
    ASSERT_EQ(Show(joined_.redis().Live(now_us_)), Show(apart_.redis().Live(now_us_)))
        << Explain(calls, Show(before));
  }

  const std::uint32_t seed_ = TestSeed();
  RandomWords random_{seed_};
  LuaRunner lua_;
  LuaNode joined_{lua_, 1};
  LuaNode apart_{lua_, 2};
  LuaNode first_{lua_, 3};  // On which a call comes before all others.
  std::int64_t now_us_ = kStartUs;
  std::map<std::string, int> seen_;
  Reply reply_;
};

TEST_F(JoinedScriptsTest, DoWhatTheyDoAlone) {
  SCOPED_TRACE(SeedText(seed_));
  for (int i = 0; i < kStates && !HasFatalFailure(); ++i) {
    SCOPED_TRACE("state " + std::to_string(i));
    SetUpNodes();
    for (int j = 0; j < kCallsOnEach && !HasFatalFailure(); ++j) {
      Compare(SomeCalls());
      now_us_ += random_.Below(3) * 700;
    }
  }
  std::printf("[ answers  ] %s\n", SeedText(seed_).c_str());
  for (const auto& [answer, count] : seen_) {
    std::printf("[ answers  ] %6d %s\n", count, answer.c_str());
  }
  for (const char* answer :
       {"acquire OK", "acquire OWN", "acquire BUSY", "acquire SHUT", "acquire LATE", "acquire ERR",
        "acquire WRONGTYPE", "acquire otherwise for those before it", "extend EXTENDED",
        "extend ABSENT", "extend FOREIGN", "extend SHUT", "extend LATE", "extend WRONGTYPE",
        "release DELETED", "release ABSENT", "release FOREIGN",
        "release otherwise for those before it"}) {
    EXPECT_TRUE(seen_.contains(answer)) << "never: " << answer;
  }
}

}  // namespace
}  // namespace holdfast::core
