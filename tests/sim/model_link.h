// One client's way to one node: an ordered stream that delays, breaks and comes back.
#ifndef HOLDFAST_TESTS_SIM_MODEL_LINK_H_
#define HOLDFAST_TESTS_SIM_MODEL_LINK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/engine.h"
#include "core/handshake.h"
#include "model_node.h"
#include "world.h"

namespace holdfast::core {

class ModelLink {
 public:
  static constexpr milliseconds kCommandTimeout{200};
  static constexpr std::size_t kMaxUnanswered = 6;

  // The process at this end.
  class Host {
   public:
    // Does it now, or when the process runs again.
    virtual void Do(std::function<void()> what) = 0;
    virtual Engine& engine() = 0;
    virtual void OnConnected(int node, const Greeting& greeting) = 0;

   protected:
    ~Host() = default;
  };

  ModelLink(World& world, Host& host, ModelNode& node, int index)
      : world_(world), host_(host), node_(node), index_(index) {
    Connect(world_.Between(milliseconds(0), milliseconds(20)));
  }

  bool Send(Request request, bool urgent) {
    if (!urgent && connection_->unanswered.size() >= kMaxUnanswered) return false;
    const TimePoint deadline = world_.now() + kCommandTimeout;
    connection_->unanswered.push_back({request.tag, deadline});
    world_.At(deadline, [this, c = connection_] { host_.Do([this, c] { CheckDeadline(c); }); });
    if (!connection_->open) return true;  // It does not know yet.
    connection_->to_node.push_back(std::move(request));
    connection_->last_arrival = std::max(connection_->last_arrival, world_.now() + world_.Delay());
    world_.At(connection_->last_arrival, [this, c = connection_] { Arrive(c); });
    return true;
  }

  bool IsOnItsWay(const Script& script, std::string_view nonce) const {
    const auto& sent = connection_->to_node;
    return std::any_of(sent.begin(), sent.end(), [&](const Request& next) {
      return next.script == &script && next.nonce() == nonce;
    });
  }

  // What is on its way to the node may arrive, the first of it or all, even much later.
  // Only what is on its way to a server that stops does not.
  void Break(NodeProblem problem) {
    if (!connection_ || !connection_->open) return;
    connection_->open = false;
    connection_->to_client.clear();
    auto& to_node = connection_->to_node;
    to_node.resize(world_.Below(static_cast<int>(to_node.size()) + 1));
    connection_->held_up_until = world_.now() + world_.Between(milliseconds(0), milliseconds(600));
    host_.Do([this, c = connection_, problem] { NoticeEnd(c, problem); });
  }

  // Its connection goes to a server that does not have the seat any more.
  bool IsStale() const { return connection_ && !node_.Serves(connection_->life); }

 private:
  struct Unanswered {
    Tag tag = 0;
    TimePoint deadline;
  };
  struct Connection {
    unsigned life = 0;  // The node's.
    bool open = true;
    std::deque<Request> to_node;
    std::deque<Reply> to_client;
    TimePoint last_arrival;
    TimePoint last_return;
    TimePoint held_up_until;
    std::deque<Unanswered> unanswered;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  void Connect(nanoseconds pause) {
    const bool reachable = world_.healed() || world_.Chance(80);
    world_.After(pause, [this, reachable] { reachable ? ShakeHands() : FailToConnect(); });
  }

  void FailToConnect() {
    host_.Do([this] {
      host_.engine().OnNodeDown(index_, {Vote::kDown, "cannot connect"}, world_.now());
    });
    Connect(world_.Between(milliseconds(10), milliseconds(world_.Chance(20) ? 1500 : 100)));
  }

  void ShakeHands() {
    const TimePoint sent = world_.now();
    world_.After(world_.Between(milliseconds(0), milliseconds(10)), [this, sent] {
      if (!node_.up()) return FailToConnect();
      const unsigned life = node_.Entry();
      const Greeting greeting = node_.Greet(sent, life);
      world_.After(world_.Between(milliseconds(0), milliseconds(10)),
                   [this, greeting, life] { EndHandshake(greeting, life); });
    });
  }

  void EndHandshake(const Greeting& greeting, unsigned life) {
    if (!node_.Serves(life)) return FailToConnect();
    host_.Do([this, greeting, life] {
      connection_ = std::make_shared<Connection>();
      connection_->life = life;
      host_.OnConnected(index_, greeting);
    });
  }

  // The node reads the next command of the stream.
  void Arrive(const ConnectionPtr& c) {
    if (c->to_node.empty() || !node_.Serves(c->life)) return;
    if (!c->open && world_.now() < c->held_up_until) {
      return world_.At(c->held_up_until, [this, c] { Arrive(c); });
    }
    const Request& next = c->to_node.front();
    Reply reply = node_.Execute(next, c->open, c->life);
    c->to_node.pop_front();
    if (!c->open) return;
    c->to_client.push_back(std::move(reply));
    c->last_return = std::max(c->last_return, world_.now() + world_.Delay());
    world_.At(c->last_return, [this, c] { host_.Do([this, c] { Return(c); }); });
  }

  void Return(const ConnectionPtr& c) {
    if (c != connection_ || c->to_client.empty()) return;
    const Reply reply = std::move(c->to_client.front());
    const Tag tag = c->unanswered.front().tag;
    c->to_client.pop_front();
    c->unanswered.pop_front();
    host_.engine().OnNodeReply(index_, tag, reply.root(), world_.now());
  }

  void CheckDeadline(const ConnectionPtr& c) {
    if (c != connection_ || c->unanswered.empty()) return;
    if (c->unanswered.front().deadline > world_.now()) return;
    Break({Vote::kNoAnswer, "silent"});
  }

  void NoticeEnd(const ConnectionPtr& c, const NodeProblem& problem) {
    connection_ = nullptr;
    host_.engine().OnNodeDown(index_, problem, world_.now());
    for (const Unanswered& command : c->unanswered) {
      host_.engine().OnNodeNoReply(index_, command.tag, world_.now());
    }
    Connect(world_.Between(milliseconds(5), milliseconds(100)));
  }

  World& world_;
  Host& host_;
  ModelNode& node_;
  int index_;
  ConnectionPtr connection_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_LINK_H_
