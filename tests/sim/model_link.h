// One client's way to one node: an ordered stream that delays, breaks and comes back.
#ifndef HOLDFAST_TESTS_SIM_MODEL_LINK_H_
#define HOLDFAST_TESTS_SIM_MODEL_LINK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/engine.h"
#include "core/handshake.h"
#include "core/joined_calls.h"
#include "model_node.h"
#include "stage.h"

namespace holdfast::core {

class ModelLink {
 public:
  static constexpr milliseconds kCommandTimeout{200};
  static constexpr std::size_t kMaxUnanswered = 6;

  struct Unanswered {
    Tag tag = 0;
    const Script* script = nullptr;
    std::string nonce;
    TimePoint deadline;
    std::optional<Request> again = {};  // To be sent once more if it gets no answer.
    bool answered = false;              // By another node.
  };

  // The process at this end.
  class Host {
   public:
    // Does it now, or when the process runs again.
    virtual void Do(std::function<void()> what) = 0;
    virtual const std::string& name() const = 0;
    virtual Engine& engine() = 0;
    // What its clock shows.
    virtual TimePoint now() const = 0;
    virtual void OnConnected(int node, const Greeting& greeting) = 0;
    // A request has got its answer, or will get none (null); the engine has not heard of it yet.
    virtual void OnAnswered(int node, const Unanswered& command, const Reply* reply) = 0;
    // A grant came by way of a redirection.
    virtual void OnRedirectedGrant(Tag tag, ReplyView grant) = 0;

   protected:
    ~Host() = default;
  };

  ModelLink(Stage& stage, Host& host, ModelNode& node, int index)
      : stage_(stage), world_(stage.world), host_(host), node_(&node), index_(index) {
    Connect(Between(0, 20));
  }

  // No connection is ever made.
  void LeaveOut() { left_out_ = true; }
  bool left_out() const { return left_out_; }

  // `call`: what the request was made of; null if it cannot be joined.
  bool Send(Request request, bool urgent, const ScriptCall* call) {
    const bool release = request.script == &kReleaseScript;
    if (release && stage_.mistake == Mistake::kReleaseOnAnotherConnection) {
      return SendAside(std::move(request));
    }
    if (!urgent && connection_->unanswered.size() >= kMaxUnanswered) return false;
    const bool acquire = request.script == &kAcquireScript;
    const bool extend = request.script == &kExtendScript;
    const TimePoint deadline = world_.now() + kCommandTimeout;
    connection_->unanswered.push_back(
        {request.tag, request.script, acquire || extend ? request.nonce() : "", deadline});
    if (acquire && stage_.mistake == Mistake::kAcquireResent) {
      connection_->unanswered.back().again = request;
    }
    if (!connection_->watched) WatchDeadline(connection_, deadline);
    if (stage_.trace.on()) Say("asks: " + TextOf(request));
    if (!connection_->open) return true;  // It does not know yet.
    request.joined = Joins(call);
    connection_->to_node.push_back(std::move(request));
    if (connection_->to_node.back().joined) return true;  // It comes along.
    connection_->last_arrival = std::max(connection_->last_arrival, world_.now() + stage_.Delay());
    world_.At(connection_->last_arrival, [this, c = connection_] { Arrive(c); });
    return true;
  }

  bool IsOnItsWay(const Script& script, std::string_view nonce) const {
    const auto is_it = [&](const Request& next) {
      return next.script == &script && next.nonce() == nonce;
    };
    const auto& sent = connection_->to_node;
    return std::any_of(sent.begin(), sent.end(), is_it) ||
           std::any_of(aside_.begin(), aside_.end(), is_it);
  }

  // If it still waits for the answer to `tag`, it does not any more.
  bool AnswerOtherwise(Tag tag) {
    if (!connection_) return false;
    for (Unanswered& command : connection_->unanswered) {
      if (command.tag == tag && !command.answered) return command.answered = true;
    }
    return false;
  }

  // What is on its way to the node may arrive, the first of it or all, even much later.
  // Only what is on its way to a server that stops does not.
  void Break(NodeProblem problem) {
    if (!connection_ || !connection_->open) return;
    connection_->open = false;
    connection_->to_client.clear();
    auto& to_node = connection_->to_node;
    to_node.resize(world_.random().Below(static_cast<int>(to_node.size()) + 1));
    connection_->held_up_until = world_.now() + Between(0, 600);
    host_.Do([this, c = connection_, problem] { NoticeEnd(c, problem); });
  }

  // Nor can it be had again for some time.
  void Block(nanoseconds pause) {
    blocked_until_ = world_.now() + pause;
    Break({Vote::kDown, "timed out"});
  }

  // The same, and all that is on its way arrives, but for so long nothing does.
  void HoldUp(nanoseconds pause) {
    if (!connection_ || !connection_->open) return;
    const ConnectionPtr c = connection_;
    const std::deque<Request> to_node = c->to_node;
    Break({Vote::kDown, "Connection reset by peer"});
    c->to_node = to_node;
    c->held_up_until = world_.now() + pause;
  }

  // Its name leads to another server from now on.
  void MoveTo(ModelNode& node) {
    Break({Vote::kDown, "Connection reset by peer"});
    node_ = &node;
  }

  // Its connection goes to a server that does not have the seat any more.
  bool IsStale() const { return connection_ && !connection_->node.Serves(connection_->life); }

 private:
  struct Connection {
    Connection(ModelNode& to, unsigned to_life) : node(to), life(to_life) {}

    ModelNode& node;
    const unsigned life;  // The node's.
    bool open = true;
    bool watched = false;  // For an answer that does not come in time.
    std::deque<Request> to_node;
    std::deque<Reply> to_client;
    TimePoint last_arrival;
    TimePoint last_return;
    TimePoint held_up_until;
    std::deque<Unanswered> unanswered;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  // By the library's own rule, with what was sent at the same instant and is still on its way.
  bool Joins(const ScriptCall* call) {
    const bool now = std::exchange(joining_at_, world_.now()) == world_.now();
    const bool first = !now || connection_->to_node.empty() || joining_.size() == 0;
    if (!first && call != nullptr && joining_.Join(*call)) {
      ++stage_.happenings.joined;
      return true;
    }
    std::string bytes;
    joining_.MoveTo(bytes);
    if (call != nullptr) joining_.Join(*call);
    return false;
  }

  void Say(const std::string& what) const {
    stage_.trace.Say(host_.name(), node_->name() + ": " + what);
  }

  nanoseconds Between(int low_ms, int high_ms) {
    return world_.random().Between(milliseconds(low_ms), milliseconds(high_ms));
  }

  void Connect(nanoseconds pause) {
    const bool reachable = stage_.CanConnect();
    world_.After(pause, [this, reachable] { reachable ? ShakeHands() : FailToConnect(); });
  }

  bool SendAside(Request request) {
    aside_.push_back(request);
    world_.After(stage_.Delay(), [this, request] {
      aside_.pop_front();
      auto reply = std::make_shared<Reply>();
      const bool arrives = node_->up();
      if (arrives) *reply = node_->Execute(request, true, node_->life());
      host_.Do([this, tag = request.tag, arrives, reply] {
        if (!arrives) return host_.engine().OnNodeNoReply(index_, tag, host_.now());
        host_.engine().OnNodeReply(index_, tag, reply->root(), host_.now());
      });
    });
    return true;
  }

  void FailToConnect() {
    host_.Do([this] {
      host_.engine().OnNodeDown(index_, {Vote::kDown, "cannot connect"}, host_.now());
    });
    Connect(Between(10, world_.random().Chance(20) ? 1500 : 100));
  }

  void ShakeHands() {
    const TimePoint sent = host_.now();
    world_.After(Between(0, 10), [this, sent] {
      const bool blocked = left_out_ || world_.now() < blocked_until_;
      ModelNode& node = *node_;
      if (!node.up() || blocked) return FailToConnect();
      const unsigned life = node.Entry();
      const Greeting greeting = node.Greet(sent, life);
      world_.After(Between(0, 10),
                   [this, &node, greeting, life] { EndHandshake(node, greeting, life); });
    });
  }

  void EndHandshake(ModelNode& node, const Greeting& greeting, unsigned life) {
    host_.Do([this, &node, greeting, life] {
      if (&node != node_ || !node.Serves(life)) return FailToConnect();
      connection_ = std::make_shared<Connection>(node, life);
      if (stage_.trace.on()) Say("is connected");
      host_.OnConnected(index_, greeting);
      for (Request& request : std::exchange(again_, {})) Send(std::move(request), true, nullptr);
    });
  }

  // The node reads the next command of the stream.
  void Arrive(const ConnectionPtr& c) {
    if (c->to_node.empty() || !c->node.Serves(c->life)) return;
    if (!c->open && world_.now() < c->held_up_until) {
      return world_.At(c->held_up_until, [this, c] { Arrive(c); });
    }
    std::vector<Request> requests;
    do {
      requests.push_back(std::move(c->to_node.front()));
      c->to_node.pop_front();
    } while (!c->to_node.empty() && c->to_node.front().joined);
    if (stage_.shape.duplicates) {
      for (const Request& request : requests) RepeatSoon(request, c);
    }
    std::vector<Reply> replies = c->node.Execute(requests, c->open, c->life);
    if (c->open) c->last_return = std::max(c->last_return, world_.now() + stage_.Delay());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (stage_.trace.on()) {
        stage_.trace.Say(c->node.name(), "of " + host_.name() + ": " + TextOf(requests[i]) + ": " +
                                             TextOf(replies[i].root()));
      }
      if (c->open) Answer(c, std::move(replies[i]));
    }
  }

  void Answer(const ConnectionPtr& c, Reply reply) {
    c->to_client.push_back(std::move(reply));
    world_.At(c->last_return, [this, c] { host_.Do([this, c] { Return(c); }); });
  }

  // No question about the guard: one that was answered late is not repeated by the client either.
  void RepeatSoon(const Request& request, const ConnectionPtr& c) {
    const bool again = world_.random().Chance(80) && !world_.healed();
    const bool about_lock = request.script == &kAcquireScript || request.script == &kFinaliseScript;
    if (!again || !about_lock) return;
    ++stage_.happenings.faults[Fault::kRepeatedRequest];
    world_.After(Between(0, 60), [request, c] {
      if (c->node.Serves(c->life)) c->node.Execute(request, false, c->life);
    });
  }

  void Return(const ConnectionPtr& c) {
    if (c != connection_ || c->to_client.empty()) return;
    const Reply reply = std::move(c->to_client.front());
    const Unanswered command = c->unanswered.front();
    c->to_client.pop_front();
    c->unanswered.pop_front();
    if (stage_.trace.on())
      Say("hears of " + std::string(command.script->name) + ": " + TextOf(reply.root()));
    host_.OnAnswered(index_, command, &reply);
    if (command.answered) return;
    const bool granted = command.script == &kAcquireScript && reply.root().at(0).text() == "OK";
    if (granted && c->life > 0) host_.OnRedirectedGrant(command.tag, reply.root());
    host_.engine().OnNodeReply(index_, command.tag, reply.root(), host_.now());
  }

  void WatchDeadline(const ConnectionPtr& c, TimePoint deadline) {
    c->watched = true;
    world_.At(deadline, [this, c] { host_.Do([this, c] { CheckDeadline(c); }); });
  }

  void CheckDeadline(const ConnectionPtr& c) {
    c->watched = false;
    if (c != connection_ || c->unanswered.empty()) return;
    const TimePoint deadline = c->unanswered.front().deadline;
    if (deadline > world_.now()) return WatchDeadline(c, deadline);
    Break({Vote::kNoAnswer, "silent"});
  }

  void NoticeEnd(const ConnectionPtr& c, const NodeProblem& problem) {
    connection_ = nullptr;
    if (stage_.trace.on()) Say("has lost its connection: " + problem.reason);
    host_.engine().OnNodeDown(index_, problem, host_.now());
    for (const Unanswered& command : c->unanswered) {
      host_.OnAnswered(index_, command, nullptr);
      if (command.again) again_.push_back(*command.again);
      if (command.again || command.answered) continue;
      host_.engine().OnNodeNoReply(index_, command.tag, host_.now());
    }
    Connect(Between(5, 100));
  }

  Stage& stage_;
  World& world_;
  Host& host_;
  ModelNode* node_;
  int index_;
  TimePoint blocked_until_;
  ConnectionPtr connection_;
  bool left_out_ = false;
  JoinedCalls joining_;  // What was sent last, and when.
  TimePoint joining_at_;
  std::deque<Request> aside_;  // On their way by no connection of ours.
  std::deque<Request> again_;  // To be sent once there is a connection.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_LINK_H_
