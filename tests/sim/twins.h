// A real server and the model of it, given the same commands.
#ifndef HOLDFAST_TESTS_SIM_TWINS_H_
#define HOLDFAST_TESTS_SIM_TWINS_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/reply.h"
#include "core/scripts.h"
#include "lua_node.h"
#include "lua_runner.h"
#include "support/redis_server.h"

namespace holdfast::core {

// Equal, but for what depends on the time, as numbers or as text: microseconds that both are close
// to `now_us`, and milliseconds, from a minute on, that are close to each other.
bool AreAlike(ReplyView a, ReplyView b, std::int64_t now_us);

class Twins {
 public:
  // Both get it; the answers wait for Compare.
  void Command(const std::vector<std::string>& argv);
  void Eval(const Script& script, const std::vector<std::string>& keys,
            const std::vector<std::string>& arguments);
  void EvalSha(const Script& script, const std::vector<std::string>& keys,
               const std::vector<std::string>& arguments);

  // Both answered everything alike. Else says what was different first.
  void Compare();

  // The words that answers began with, so that a test can see that it tested something; in brackets
  // where an answer began with an answer.
  const std::set<std::string>& words() const { return words_; }

  // Both forget data and scripts.
  void Reset();

  // The SHA-1 by which the server knows this text.
  std::string Sha1Of(const std::string& text);

 private:
  struct Asked {
    std::string text;
    Reply answer;  // The model's.
  };

  void Send(const std::vector<std::string>& argv);
  void SendScript(std::string name, const std::string& body, const std::vector<std::string>& keys,
                  const std::vector<std::string>& arguments);
  void Receive(Reply& reply);
  Reply& NewAnswer(const std::vector<std::string>& argv);

  testing::RedisServer server_;
  std::unique_ptr<redisContext, void (*)(redisContext*)> connection_ = Connect(server_.port());
  LuaRunner lua_;
  LuaNode model_{lua_, 1};
  std::int64_t now_us_ = 0;
  std::deque<Asked> asked_;
  std::set<std::string> words_;

  static std::unique_ptr<redisContext, void (*)(redisContext*)> Connect(std::uint16_t port);
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_TWINS_H_
