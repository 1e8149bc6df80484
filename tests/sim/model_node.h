// A node: the scripts themselves on a model of Redis, with a clock of its own; and what it checks
// of the requests that reach it.
#ifndef HOLDFAST_TESTS_SIM_MODEL_NODE_H_
#define HOLDFAST_TESTS_SIM_MODEL_NODE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "core/handshake.h"
#include "core/key_set.h"
#include "lua_node.h"
#include "lua_runner.h"
#include "stage.h"

namespace holdfast::core {

// A call of a script on its way.
struct Request {
  Tag tag = 0;
  const Script* script = nullptr;
  bool with_text = false;
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
  TimePoint sent = {};
  TimePoint deadline = {};  // When it must not take effect any more, if it grants or prolongs.
  // What tells it from others of its kind; and whether the node gets it by the same call of the
  // script as the one before it.
  std::vector<std::string> own = {};
  bool joined = false;

  const std::string& nonce() const { return arguments.at(0); }
};

// For traces: in short.
std::string TextOf(ReplyView reply);
std::string TextOf(const Request& request);

class ModelNode {
 public:
  static constexpr std::string_view kKeyPrefix = "lock:";

  struct Lock {
    std::string_view key;
    std::string_view nonce;
    std::int64_t rest_ms = 0;
  };

  // `durable`: it forgets nothing over a restart. `tag`: it is that seat of a cluster, whichever
  // server has it.
  ModelNode(Stage& stage, LuaRunner& lua, int index, bool durable, std::string tag = "");

  const std::string& name() const { return name_; }

  bool durable() const { return durable_; }

  std::int64_t UnixUs() const;
  // Until its clock shows another second.
  nanoseconds RestOfSecond() const {
    return std::chrono::microseconds(1'000'000 - UnixUs() % 1'000'000);
  }
  void StepClock(nanoseconds by) { clock_offset_ += by; }

  // `connected`: the connection that carried the request still stands. `life`: of the server at its
  // end.
  Reply Execute(const Request& request, bool connected, unsigned life);
  // The same for some that were joined; an answer for each.
  std::vector<Reply> Execute(std::span<const Request> joined, bool connected, unsigned life);

  // That server's answers to a handshake that began at `sent`.
  Greeting Greet(TimePoint sent, unsigned life);
  void ForgetScripts() { node_.ForgetScripts(); }

  // Its first client was here, and said that nobody held anything before.
  void Install(std::string_view fingerprint, milliseconds max_ttl);

  // While it is down, nothing reaches it. Each life has a number.
  enum class Loss { kNothing, kSinceSave, kEverything };
  void Stop(Loss loss);
  void Start();
  bool up() const { return up_ && !cut_off_; }
  // So it answers all requests, and carries none out.
  void AnswerErrors(std::string_view error, nanoseconds pause) {
    error_ = error;
    errors_until_ = world_.now() + pause;
  }
  // No new connection reaches it.
  void CutOff(bool cut_off) { cut_off_ = cut_off; }
  unsigned life() const { return life_; }
  // Whether that server answers.
  bool Serves(unsigned life) const { return life == life_ || (old_ && life == old_->life); }
  // That which a new connection gets to: there may be two that think they have the seat.
  unsigned Entry() {
    const bool astray = old_ && world_.random().Chance(30);
    return astray && stage_.shape.scene == Scene::kNone ? old_->life : life_;
  }

  // The seat goes to another server, with all its data; or to one with the data of an earlier time,
  // and for the old one that is no news until EndOld.
  void Migrate();
  void FailOver();
  // It goes on with the data of an earlier time, which its replica had.
  void FallBack();
  void EndOld() { old_.reset(); }
  void Save() { saved_ = node_.redis().entries(); }

  // It follows `master`, with that one's data instead of its own, and takes writes all the same,
  // until it gets the data once more and is a master again. Only while no connection reaches it.
  void Follow(const ModelNode& master);
  void BeMaster(const ModelNode& master);

  void Flush() {
    forgot_ = true;
    node_.redis().Flush();
  }
  void DeleteLock(const std::string& key);
  void SetLock(std::string_view name, std::string_view value, milliseconds ttl);

  bool has_guard() { return !GuardField("run_id").empty(); }
  // It grants nothing, or will not when it is asked.
  bool is_shut();
  // It is shut, or was opened lately and as one without a history.
  bool is_new();
  // It would grant nothing below this.
  std::int64_t Knows(std::string_view name);

  bool Holds(std::string_view name, std::string_view nonce);

  // Views of what the node holds now.
  std::vector<Lock> locks();
  // Its key had been deleted, but is back since the node started from an old save.
  bool revived(std::string_view nonce) const { return revived_.contains(nonce); }

 private:
  struct Old {
    LuaNode node;
    unsigned life = 0;
  };

  LuaNode& ServerOf(unsigned life) { return old_ && life == old_->life ? old_->node : node_; }
  bool AnswersErrors() const { return world_.now() < errors_until_ && !world_.healed(); }
  Reply Error() const;
  void NextLife();
  std::string Identity() const;
  std::vector<Lock> LocksOn(LuaNode& server);
  void ForgetSinceSave();
  template <class Replace>
  void NoteRevived(Replace replace);
  void CopyData(const ModelNode& master);
  std::int64_t UptimeS() const;
  std::string Ask(const std::vector<std::string_view>& command);
  std::string GuardField(std::string_view name) { return Ask({"HGET", GuardKeyOf(tag_), name}); }
  void Check(const Request& request, ReplyView reply, bool connected, LuaNode& server);
  void OnReconfigured(ReplyView reply);
  void CheckGrant(const Request& request, ReplyView reply, LuaNode& server);
  void CheckInTime(const Request& request) const;
  void CheckTtl(const Request& request);
  bool IsClosed();
  void CheckOpening(const Request& request);
  int LocksOf(const Request& request, LuaNode& server) const;
  void Fail(std::string_view what, const Request& request) const;

  Stage& stage_;
  World& world_;
  const std::string name_;
  LuaNode node_;
  std::optional<Old> old_;
  const std::string tag_;
  std::string promoted_;  // As ServerInfo has it.
  bool replica_ = false;
  const bool durable_;
  nanoseconds clock_offset_;
  double clock_rate_;  // As fast or as slow as the drift factor allows, or right.
  bool up_ = true;
  bool cut_off_ = false;
  bool forgot_ = false;  // It lost something at some time, or was shut for another reason.
  std::string_view error_;
  TimePoint errors_until_;
  unsigned life_ = 0;
  std::int64_t started_us_ = 0;
  RedisModel::Entries saved_;
  std::set<std::string> released_;              // Nonces.
  std::set<std::string, std::less<>> revived_;  // Nonces.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_MODEL_NODE_H_
