// A node as a map of keys, which does what the scripts of lib/scripts do.
#ifndef HOLDFAST_TESTS_CORE_MODEL_NODE_H_
#define HOLDFAST_TESTS_CORE_MODEL_NODE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/reply.h"
#include "core/text.h"
#include "engine_harness.h"
#include "world.h"

namespace holdfast::core {

class ModelNode {
 public:
  struct Key {
    std::string nonce;
    std::string owner;
    std::int64_t expires_ms = 0;  // By this node's clock.
  };

  explicit ModelNode(World& world)
      : world_(world),
        clock_offset_(world.Between(milliseconds(0), milliseconds(1'000'000))),
        clock_rate_(1 + (world.Below(3) - 1) * 0.01) {}

  std::int64_t UnixMs() const {
    const auto mine = static_cast<double>(world_.now().time_since_epoch().count()) * clock_rate_;
    return (static_cast<std::int64_t>(mine) + clock_offset_.count()) / 1'000'000;
  }

  // `connected`: the connection that carried the command still stands.
  Reply Execute(const Sent& command, bool connected) {
    Reply reply;
    if (command.with_text) scripts_.insert(command.script);
    if (!scripts_.contains(command.script)) {
      reply.AddText(Reply::kNone, ReplyType::kError, "NOSCRIPT No matching script.");
    } else if (command.script == "acquire") {
      Acquire(command, connected, reply);
    } else if (command.script == "extend") {
      Extend(command, reply);
    } else if (command.script == "release") {
      Release(command, reply);
    } else {
      Inspect(command, reply);
    }
    return reply;
  }

  // As SCRIPT LOAD for all of them, in each handshake.
  void LoadScripts() { scripts_ = {"acquire", "extend", "release", "inspect"}; }
  void ForgetScripts() { scripts_.clear(); }
  void ForgetKeys() { keys_.clear(); }

  const std::map<std::string, Key>& keys() {
    std::erase_if(keys_, [now = UnixMs()](const auto& key) { return now > key.second.expires_ms; });
    return keys_;
  }

 private:
  static std::int64_t Number(const std::string& text) { return *ParseNumber<std::int64_t>(text); }

  void Acquire(const Sent& command, bool connected, Reply& reply) {
    if (UnixMs() > Number(command.arguments.at(2))) return Late(reply);
    const std::size_t array = reply.AddArray(Reply::kNone);
    if (const Key* held = Find(command.key); held != nullptr) {
      EXPECT_NE(held->nonce, command.nonce()) << "an acquire was sent twice";
      reply.AddText(array, ReplyType::kString, "BUSY");
      reply.AddInteger(array, held->expires_ms - UnixMs());
      reply.AddText(array, ReplyType::kString, held->owner);
      return;
    }
    if (released_.contains(command.nonce())) {
      EXPECT_FALSE(connected) << "a release overtook its acquire";
    }
    keys_[command.key] = {command.nonce(), command.arguments.at(3),
                          UnixMs() + Number(command.arguments.at(1))};
    reply.AddText(array, ReplyType::kString, "OK");
    reply.AddInteger(array, 0);
  }

  void Extend(const Sent& command, Reply& reply) {
    if (UnixMs() > Number(command.arguments.at(2))) return Late(reply);
    Key* held = Find(command.key);
    if (held == nullptr || held->nonce != command.nonce()) return Refuse(held, reply);
    const std::int64_t expires_ms = UnixMs() + Number(command.arguments.at(1));
    held->expires_ms = std::max(held->expires_ms, expires_ms);
    reply.AddText(Reply::kNone, ReplyType::kString, "EXTENDED");
  }

  void Release(const Sent& command, Reply& reply) {
    released_.insert(command.nonce());
    const Key* held = Find(command.key);
    if (held == nullptr || held->nonce != command.nonce()) return Refuse(held, reply);
    keys_.erase(command.key);
    reply.AddText(Reply::kNone, ReplyType::kString, "DELETED");
  }

  void Inspect(const Sent& command, Reply& reply) {
    const std::size_t array = reply.AddArray(Reply::kNone);
    const Key* held = Find(command.key);
    reply.AddText(array, ReplyType::kString, held == nullptr ? "FREE" : "HELD");
    if (held == nullptr) return;
    reply.AddInteger(array, held->expires_ms - UnixMs());
    reply.AddText(array, ReplyType::kString, held->owner);
  }

  void Late(Reply& reply) const {
    const std::size_t array = reply.AddArray(Reply::kNone);
    reply.AddText(array, ReplyType::kString, "LATE");
    reply.AddInteger(array, UnixMs());
  }

  static void Refuse(const Key* held, Reply& reply) {
    reply.AddText(Reply::kNone, ReplyType::kString, held == nullptr ? "ABSENT" : "FOREIGN");
  }

  Key* Find(const std::string& key) {
    keys();
    const auto found = keys_.find(key);
    return found == keys_.end() ? nullptr : &found->second;
  }

  World& world_;
  nanoseconds clock_offset_;
  double clock_rate_;  // As fast or as slow as the drift factor allows, or right.
  std::set<std::string> scripts_;
  std::map<std::string, Key> keys_;
  std::set<std::string> released_;  // Nonces.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_MODEL_NODE_H_
