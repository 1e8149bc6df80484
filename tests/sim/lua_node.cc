#include "lua_node.h"

#include <algorithm>
#include <utility>

namespace holdfast::core {

void LuaNode::Load(const Script& script) {
  if (std::find(scripts_.begin(), scripts_.end(), &script) == scripts_.end()) {
    scripts_.push_back(&script);
  }
}

void LuaNode::Eval(const Script& script, Words keys, Words arguments, std::int64_t now_us,
                   Reply& reply) {
  Load(script);
  lua_.Run(script, keys, arguments, redis_, now_us, reply);
}

void LuaNode::EvalSha(std::string_view sha1, Words keys, Words arguments, std::int64_t now_us,
                      Reply& reply) {
  const auto found = std::find_if(scripts_.begin(), scripts_.end(),
                                  [sha1](const Script* script) { return script->sha1 == sha1; });
  if (found != scripts_.end()) {
    return lua_.Run(**found, keys, arguments, redis_, now_us, reply);
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
