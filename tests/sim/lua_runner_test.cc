// Scripts in the model against scripts in a real server: values, errors, and who knows them.
#include "lua_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>

#include "core/replies.h"
#include "core/scripts.h"
#include "lua_node.h"
#include "twins.h"

namespace holdfast::core {
namespace {

// KEYS are {'h'}, a hash with the field f; ARGV are {'1', 'two'}.
const char* const kScripts[] = {
    "return",
    "return {1, 2.9, -2.9, nil, 4}",
    "return {{1, {2}}, false, true, 'a', string.rep}",
    "return {ok = 'FINE'}",
    "return {ok = 'a\\nb'}",
    "return {ok = 1, 2}",
    "return {err = 'MY error'}",
    "return {1, {err = 'E x'}, {ok = 'fine'}}",
    "return {{}, {{}}}",
    "return 2^53",
    "return 1e300",
    "return '1\\0002'",
    "return string.format('%.0f', 1.7e15)",
    "return #KEYS .. #ARGV .. KEYS[1] .. ARGV[2]",
    "return KEYS[2]",
    "return redis.call('GET', 'absent')",
    "return type(redis.call('GET', 'absent'))",
    "return redis.call('TYPE', KEYS[1])",
    "return redis.call('TYPE', KEYS[1]).ok",
    "return redis.call('HMGET', KEYS[1], 'f', 'absent', 'f')",
    "return redis.call('MGET', KEYS[1], 'absent')",
    "return type(redis.call('MGET', KEYS[1])[1])",
    "redis.call('SET', 's', 'x') return redis.call('MGET', 's', KEYS[1], 's')",
    "return redis.call('SET', 's', 12345678901234567)",
    "redis.call('SET', 's', 0.1) return redis.call('GET', 's')",
    "redis.call('SET', 's', -17) return redis.call('GET', 's')",
    "return redis.call('SET', 's', 'x', 'PX', 100000)",
    "return redis.call('SET', 's', 'x', 'PX', 5.5)",
    "return redis.call('GET', KEYS[1])",
    "return redis.pcall('GET', KEYS[1])",
    "return redis.pcall('GET', KEYS[1]).err",
    "return {1, redis.pcall('GET', KEYS[1])}",
    "return redis.call('GET')",
    "return redis.pcall('GET')",
    "return redis.call('HSET', KEYS[1], 'f', 'v', 'g')",
    "return redis.call()",
    "return redis.call({})",
    "return redis.pcall(true)",
    "return redis.pcall('GET', nil)",
    "return redis.error_reply('MY error')",
    "return redis.error_reply('-MY error')",
    "return redis.error_reply('error')",
    "return redis.error_reply(redis.error_reply('x').err .. '!')",
    "return redis.error_reply()",
    "return 1 +",
    "return nil < 1",
    "local t = nil\n\nreturn t.x",
    "return tonumber('x') + 1",
    "return ARGV[9] .. 'x'",
    "return string.match(nil, 'x')",
    "return nope",
    "nope = 1",
    "error('x')",
    "error('x', 0)",
    "error('a\\nb')",
    "error()",
    "error({err = 'MY error'})",
};

TEST(LuaRunnerTest, ConvertsValuesAndErrorsAsRedisDoes) {
  Twins twins;
  twins.Reset();
  twins.Command({"HSET", "h", "f", "v"});
  std::deque<std::string> sha1s;  // The model keeps views of them, and the scripts.
  std::deque<Script> scripts;
  for (const char* text : kScripts) {
    sha1s.push_back(twins.Sha1Of(text));
    scripts.push_back({"test", sha1s.back(), text});
    twins.Eval(scripts.back(), {"h"}, {"1", "two"});
    twins.Compare();
  }
}

// A file under lib/scripts that Lua refuses is no node's problem, and is told as Redis tells it.
TEST(LuaRunnerTest, RefusedTextIsAnErrorEachTime) {
  LuaRunner lua;
  RedisModel redis(1);
  Reply reply;
  for (int i = 0; i < 2; ++i) {
    lua.Run({"test", "sha1", "return 1 +"}, {}, {}, redis, 0, reply);
    EXPECT_THAT(Show(reply.root()), ::testing::StartsWith("-ERR Error compiling script"));
  }
}

TEST(LuaNodeTest, KnowsAScriptFromItsTextUntilItRestarts) {
  LuaRunner lua;
  LuaNode node(lua, 1);
  Reply reply;
  const Script script = {"test", "sha1", "return KEYS[1]"};
  const std::string_view key[] = {"k"};
  const auto eval_sha = [&] {
    node.EvalSha(script.sha1, key, {}, 0, reply);
    return Show(reply.root());
  };
  const std::string unknown = "-NOSCRIPT No matching script. Please use EVAL.";
  EXPECT_EQ(eval_sha(), unknown);
  node.Eval(script, key, {}, 0, reply);
  EXPECT_EQ(eval_sha(), "'k'");
  node.ForgetScripts();
  EXPECT_EQ(eval_sha(), unknown);
  node.Load(script);
  EXPECT_EQ(eval_sha(), "'k'");
  node.Restart();
  EXPECT_EQ(eval_sha(), unknown);
  node.Load(script);
  node.RestartEmpty();
  EXPECT_EQ(eval_sha(), unknown);
}

}  // namespace
}  // namespace holdfast::core
