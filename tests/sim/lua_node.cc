#include "lua_node.h"

#include <utility>

namespace holdfast::core {

void LuaNode::Eval(const Script& script, Words keys, Words arguments, std::int64_t now_us,
                   Reply& reply) {
  Load(script);
  lua_.Run(script, keys, arguments, redis_, now_us, reply);
}

void LuaNode::EvalSha(std::string_view sha1, Words keys, Words arguments, std::int64_t now_us,
                      Reply& reply) {
  const auto found = scripts_.find(sha1);
  if (found != scripts_.end()) {
    return lua_.Run(*found->second, keys, arguments, redis_, now_us, reply);
  }
  reply.Clear();
  reply.AddText(Reply::kNone, ReplyType::kError, "NOSCRIPT No matching script. Please use EVAL.");
}

void LuaNode::Restart() {
  ForgetScripts();
  redis_.Restart();
}

void LuaNode::RestartEmpty() {
  ForgetScripts();
  redis_.RestartEmpty();
}

void LuaNode::RestartFrom(RedisModel::Entries saved) {
  ForgetScripts();
  redis_.RestartFrom(std::move(saved));
}

}  // namespace holdfast::core
