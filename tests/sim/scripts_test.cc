// Our scripts with random words: the model answers as a real server does, and is left with the same
// data. What the simulated nodes do is then what nodes do.
#include "core/scripts.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/seed.h"
#include "random_words.h"
#include "twins.h"

namespace holdfast::core {
namespace {

const std::string kNonceA(32, 'a');
const std::string kNonceB(32, 'b');
constexpr char kPass[] = "1700000000000001";

const Texts kGuard = {"guard"};
const Texts kLocks = {"lock:a", "lock:b"};
const Texts kCounters = {"fence:a", "fence:b"};
const Texts kNonces = {kNonceA, kNonceB};
const Texts kOwners = {"me", "", "a:b:c", std::string(300, 'o')};
// Times are so far away, or lengths of it so different, that the time the test takes does not
// count.
const Texts kTtls = {"100000", "200000", "400000", "600000"};
const Texts kTimes = {"1", "9000000000000"};
const Texts kRetention = {"604800000"};
const Texts kNumbers = {"0", "1", "5", "17", "1700000000000003", "9007199254740990"};
const Texts kNone = {"0"};
const Texts kHints = {"1", "5", "17", "1700000000000003", "9007199254740990"};
const Texts kPasses = {kPass, kPass, kPass, "", "1700000000000002"};
const Texts kRunIds = {std::string(40, '1'), std::string(40, '2')};
const Texts kFingerprints = {"schema=1 nodes=3", "schema=1 nodes=3", "schema=1 nodes=5",
                             "schema=1 seats=3 groups=1 q", "schema=1 seats=5 groups=1 q"};
const Texts kConfigs = {"1700000000000005", "1700000000000005", ""};
const Texts kUptimes = {"0", "100"};
const Texts kFlag = {"0", "0", "0", "1"};

const Texts kLockValues = {"",
                           kNonceA + ":0:me",
                           kNonceA + ":5:me",
                           kNonceB + ":17:you",
                           kNonceB + ":1700000000000003:",
                           "zz:1:other",
                           "data"};
const Texts kOddWords = {"", "x", "zz:1:other", "0", "-5", "900000", "1e3x"};

// A script, and what its words are drawn from.
struct Shape {
  const Script* script;
  std::vector<Texts> keys;
  std::vector<Texts> arguments;
};

const std::vector<Shape> kScripts = {
    {&kAcquireScript,
     {kGuard, kLocks, kCounters},
     {kNonces, kTtls, kTimes, kPasses, kNumbers, kRetention, kOwners}},
    {&kAcquireScript,
     {kGuard, {"lock:a"}, {"fence:a"}, {"lock:b"}, {"fence:b"}},
     {kNonces, kTtls, kTimes, kPasses, kNumbers, kRetention, kOwners}},
    {&kFinaliseScript, {kGuard, kLocks, kCounters}, {kNonces, kRetention, kNumbers, kNumbers}},
    {&kFinaliseScript,
     {kGuard, {"lock:a"}, {"fence:a"}, {"lock:b"}, {"fence:b"}},
     {kNonces, kRetention, kNumbers, kNumbers, kNumbers, kNumbers}},
    {&kExtendScript, {kGuard, kLocks}, {kNonces, kTtls, kTimes, kConfigs}},
    {&kExtendScript, {kGuard, kLocks, kLocks}, {kNonces, kTtls, kTimes, kConfigs}},
    {&kReleaseScript, {kGuard, kLocks, kCounters}, {kNonces, kRetention, kNumbers}},
    {&kReleaseScript,
     {kGuard, {"lock:a"}, {"fence:a"}, {"lock:b"}, {"fence:b"}},
     {kNonces, kRetention, kNumbers, kNumbers}},
    {&kInspectScript, {kLocks, kCounters}, {}},
    {&kAdmitScript,
     {kGuard},
     {kRunIds, kFingerprints, kTtls, kUptimes, kFlag, kFlag, kFlag, kFlag}},
    {&kOpenScript, {kGuard}, {kRunIds, kFingerprints, kTimes, kNumbers, kTtls}},
    {&kFencedSetScript, {{"data"}, {"fence:a"}}, {kLockValues, kNumbers}},
    {&kFencedSetScript, {{"data"}, {"fence:a"}}, {kLockValues, kNumbers, kTtls}}};

const Texts kLockA = {"lock:a"};
const Texts kLockB = {"lock:b"};
const Texts kLockC = {"lock:c"};
const Texts kCounterA = {"fence:a"};
const Texts kCounterB = {"fence:b"};
const Texts kCounterC = {"fence:c"};

// Two and three attempts or leases at once. (A client fences all of its attempts, or none.)
const std::vector<Shape> kJoinedScripts = {
    {&kAcquireScript,
     {kGuard, kLocks, kCounters, kLocks, kCounters},
     {kNonces, kTtls, kTimes, kPasses, kHints, kRetention, kOwners, kNonces, kHints}},
    {&kAcquireScript,
     {kGuard, kLocks, kCounters, kLocks, kCounters, kLocks, kCounters},
     {kNonces, kTtls, kTimes, kPasses, kHints, kRetention, kOwners, kNonces, kHints, kNonces,
      kHints}},
    {&kAcquireScript,
     {kGuard, kLocks, kCounters, kLocks, kCounters, kLocks, kCounters},
     {kNonces, kTtls, kTimes, kPasses, kNone, kRetention, kOwners, kNonces, kNone, kNonces, kNone}},
    {&kAcquireScript,
     {kGuard, kLockA, kCounterA, kLockB, kCounterB, kLocks, kCounters, kLockC, kCounterC},
     {kNonces, kTtls, kTimes, kPasses, kHints, kRetention, kOwners, kNonces, kHints}},
    {&kAcquireScript,
     {kGuard, kLockA, kCounterA, kLockB, kCounterB, kLocks, kCounters, kLockC, kCounterC},
     {kNonces, kTtls, kTimes, kPasses, kNone, kRetention, kOwners, kNonces, kNone}},
    {&kAcquireScript,
     {kGuard, kLockA, kCounterA, kLockB, kCounterB, kLocks, kCounters, kLockC, kCounterC, kLockB,
      kCounterB, kLockC, kCounterC},
     {kNonces, kTtls, kTimes, kPasses, kHints, kRetention, kOwners, kNonces, kHints, kNonces,
      kHints}},
    {&kExtendScript, {kGuard, kLocks, kLocks}, {kNonces, kTtls, kTimes, kConfigs, kNonces}},
    {&kExtendScript,
     {kGuard, kLocks, kLocks, kLocks},
     {kNonces, kTtls, kTimes, kConfigs, kNonces, kNonces}},
    {&kExtendScript,
     {kGuard, kLocks, kLockC, kLocks, kLockC},
     {kNonces, kTtls, kTimes, kConfigs, kNonces}},
    {&kExtendScript,
     {kGuard, kLocks, kLockC, kLocks, kLocks, kLocks, kLockC},
     {kNonces, kTtls, kTimes, kConfigs, kNonces, kNonces}},
    {&kReleaseScript,
     {kGuard, kLocks, kCounters, kLocks, kCounters},
     {kNonces, kRetention, kNumbers, kNonces, kNumbers}},
    {&kReleaseScript,
     {kGuard, kLocks, kCounters, kLocks, kCounters, kLocks, kCounters},
     {kNonces, kRetention, kNumbers, kNonces, kNumbers, kNonces, kNumbers}},
    {&kReleaseScript,
     {kGuard, kLocks, kCounters, kLocks, kCounters, kLocks, kCounters},
     {kNonces, kRetention, kNone, kNonces, kNone, kNonces, kNone}},
    {&kReleaseScript,
     {kGuard, kLockA, kCounterA, kLockB, kCounterB, kLocks, kCounters, kLockC, kCounterC},
     {kNonces, kRetention, kNumbers, kNumbers, kNonces, kNumbers, kNumbers}},
    {&kReleaseScript,
     {kGuard, kLockA, kCounterA, kLockB, kCounterB, kLocks, kCounters, kLockC, kCounterC, kLockB,
      kCounterB, kLockC, kCounterC},
     {kNonces, kRetention, kNumbers, kNumbers, kNonces, kNumbers, kNumbers, kNonces, kNumbers,
      kNumbers}}};

// What makes a state that the scripts alone would rarely or never get to.
const std::vector<std::vector<Texts>> kCommands = {{{"SET"}, kLocks, kLockValues},
                                                   {{"SET"}, kLocks, kLockValues, {"PX"}, kTtls},
                                                   {{"SET"}, kCounters, kNumbers, {"PX"}, kTtls},
                                                   {{"SET"}, kCounters, kOddWords},
                                                   {{"SET"}, kGuard, kLockValues},
                                                   {{"HSET"}, kLocks, {"f"}, {"v"}},
                                                   {{"HSET"}, kCounters, {"f"}, {"v"}},
                                                   {{"HSET"}, kGuard, {"hwm", "floor"}, kNumbers},
                                                   {{"HSET"}, kGuard, {"till", "young"}, kTimes},
                                                   {{"DEL"}, kLocks},
                                                   {{"DEL"}, kCounters},
                                                   {{"DEL"}, kGuard},
                                                   {{"FLUSHALL"}}};

class ScriptsTest : public ::testing::Test {
 protected:
  Texts OneOfEach(const std::vector<Texts>& pools) {
    Texts words;
    for (const Texts& pool : pools) words.push_back(random_.Of(pool));
    return words;
  }

  void Spoil(Texts& words) {
    for (std::string& word : words) {
      if (random_.OneIn(40)) word = random_.Of(kOddWords);
    }
    if (!words.empty() && random_.OneIn(40)) words.pop_back();
  }

  void SetUpGuard() {
    twins_.Command({"DEL", "guard"});
    twins_.Command({"HSET",        "guard",
                    "run_id",      random_.Of(kRunIds),
                    "fingerprint", random_.Of(kFingerprints),
                    "pass",        random_.Of(kPasses),
                    "hwm",         random_.Of(kNumbers),
                    "floor",       random_.Of(kNumbers),
                    "till",        random_.Of(kTimes),
                    "young",       random_.Of(kTimes),
                    "max_ttl",     "300000",
                    "config",      random_.Of(kConfigs)});
  }

  void CallScript() {
    const Shape& shape = random_.Of(random_.OneIn(4) ? kJoinedScripts : kScripts);
    const Texts keys = OneOfEach(shape.keys);
    Texts arguments = OneOfEach(shape.arguments);
    Spoil(arguments);
    if (random_.OneIn(3)) return twins_.Eval(*shape.script, keys, arguments);
    twins_.EvalSha(*shape.script, keys, arguments);
  }

  void Step() {
    if (random_.OneIn(15)) return SetUpGuard();
    if (random_.OneIn(8)) return twins_.Command(OneOfEach(random_.Of(kCommands)));
    CallScript();
  }

  void LookAtEverything() {
    for (const char* key :
         {"lock:a", "lock:b", "lock:c", "fence:a", "fence:b", "fence:c", "guard", "data"}) {
      twins_.Command({"TYPE", key});
      twins_.Command({"PTTL", key});
      twins_.Command({"GET", key});
      twins_.Command({"HMGET", key, "run_id", "fingerprint", "till", "pass", "hwm", "floor",
                      "young", "max_ttl", "config"});
    }
  }

  const std::uint32_t seed_ = TestSeed();
  RandomWords random_{seed_};
  Twins twins_;
};

TEST_F(ScriptsTest, DoInTheModelWhatTheyDoInRedis) {
  SCOPED_TRACE(SeedText(seed_));
  // So often that the rarest answer, FINAL, is missing from hardly any run.
  for (int i = 0; i < 300 && !HasFailure(); ++i) {
    twins_.Reset();
    for (int j = 0; j < 100; ++j) Step();
    LookAtEverything();
    twins_.Compare();
  }
  // Those in brackets: by the first of several attempts or leases at once.
  for (const char* word : {"[OK]",    "[OWN]",   "[BUSY]", "[SHUT]", "[LATE]", "OK",       "OWN",
                           "BUSY",    "SHUT",    "LATE",   "FINAL",  "GONE",   "EXTENDED", "ABSENT",
                           "FOREIGN", "DELETED", "FREE",   "HELD",   "STATE",  "MISMATCH"}) {
    EXPECT_TRUE(twins_.words().contains(word)) << "never answered: " << word;
  }
}

}  // namespace
}  // namespace holdfast::core
