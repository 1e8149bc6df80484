// Which nodes may vote (PROTOCOL.md, Admission).
#ifndef HOLDFAST_CORE_ADMISSION_H_
#define HOLDFAST_CORE_ADMISSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/handshake.h"
#include "core/reply.h"
#include "core/script_call.h"
#include "core/time.h"

namespace holdfast::core {

struct AdmissionOptions {
  std::vector<std::string> nodes;  // Their names, for people.
  // For each node the hash tag with which its keys begin, if it is a seat of a cluster; else empty.
  // None at all: no node is one.
  std::vector<std::string> tags = {};
  bool one_cluster = false;  // All nodes are seats of one cluster, which may share servers.
  // One cluster: which of the seats is the anchor; -1 where another engine has it (SetAnchor).
  int anchor = -1;
  // How long a node of a cluster must be silent to be taken for dead; 0: the servers are asked.
  milliseconds cluster_node_timeout{0};
  int quorum = 0;
  milliseconds max_ttl{30'000};
  std::string fingerprint;
  bool trust_persistence = true;
  bool new_installation = false;
};

// Where each node stands, and what it has to be asked next. The engine carries the questions, one
// for each node at a time.
class Admission {
 public:
  enum class Standing {
    kDown,         // Not connected.
    kUnknown,      // Connected; its guard was not read yet.
    kVoting,       // Admitted.
    kQuarantined,  // May release and extend, but not grant.
    kRefused,      // Must not vote.
  };
  enum class Question { kNone, kAdmit, kInstall, kOpen };

  explicit Admission(AdmissionOptions options);

  void OnConnected(int node, const Greeting& greeting, TimePoint now);
  void OnDisconnected(int node);
  // The node says that it is not as we know it: its data is gone, or others changed its guard.
  void OnShut(int node);
  // Has all connected nodes asked to take our configuration instead of the one they have.
  void Install();
  // Whether that is still under way.
  bool installing() const;

  // What `node` is to be asked now, and is from now on being asked.
  Question Next(int node, TimePoint now);
  void Write(int node, Question question, ScriptCall& call) const;
  void OnAnswer(int node, ReplyView answer, TimePoint now);
  // It answered with an error, or not: asked again in a while, if it is connected then.
  void OnNoAnswer(int node, NodeProblem problem, TimePoint now);
  // When Next() may have something to ask that it has not now.
  TimePoint next_timer() const;

  Standing standing(int node) const;
  // What an acquire, and an extension, show the node: that they know its present state.
  std::string_view pass(int node) const { return nodes_[node].pass; }
  std::string_view config(int node) const { return nodes_[node].config; }
  // Why it does not vote, as a vote and in words. Only for a connected node that does not.
  NodeProblem Problem(int node, TimePoint now) const;
  // When it will vote, if it only waits for time to pass.
  std::optional<milliseconds> VotesIn(int node, TimePoint now) const;
  // What is wrong with it although it may vote; empty if nothing is.
  std::string Warning(int node) const;

 private:
  struct Node {
    bool connected = false;
    Greeting greeting;
    TimePoint greeted;
    std::string run_id;      // Remembered while it is down.
    bool had_guard = false;  // Remembered, too: should there be none, its data went.
    std::string identity;    // run_id, and which history its data has.

    Question question = Question::kNone;  // Under way,
    TimePoint asked = kLongAgo;           // since then.
    TimePoint ask_again = kLongAgo;       // Not to be asked before.
    bool install = false;                 // To be given our configuration.

    bool read = false;        // It answered on this connection.
    bool known = false;       // It did, and nothing has changed since.
    NodeProblem problem;      // Why it could not be asked.
    std::string other_setup;  // How its configuration differs from ours.
    std::string refusal;      // Why it must never vote.

    // Its answer.
    std::string pass;  // Empty while it is shut.
    std::string config;
    std::string till_text;  // The end of its quarantine as the node writes it, and by our clock.
    TimePoint till;
    bool over = false;      // It had ended when the node answered.
    std::int64_t mark = 0;  // The largest counter that it knows of.
    bool young = false;     // Opened lately, and on less than a grown node's word.

    bool asking() const { return question != Question::kNone; }
  };

  int count() const { return static_cast<int>(nodes_.size()); }
  static bool Counts(const Node& node) { return node.known && node.refusal.empty(); }
  static bool IsOpen(const Node& node) { return Counts(node) && !node.pass.empty(); }
  static bool IsShut(const Node& node) { return Counts(node) && node.pass.empty(); }

  void UpdateRefusals();
  std::string RefusalOf(int node) const;
  bool MustNotBeAsked(int node) const;
  void StartSurvey(TimePoint now);
  Question Choose(int node, TimePoint now) const;
  bool Asking() const;
  bool Surveyed() const;
  bool IsToBeOpened(int node) const;
  bool CanOpen(int node) const;
  bool EnoughGrown(int node) const;
  std::int64_t Floor() const;
  void Read(Node& node, ReplyView answer, TimePoint now);
  std::string WhyShut(const Node& node, TimePoint now) const;

  const AdmissionOptions options_;
  std::vector<Node> nodes_;
  // All nodes are read anew before one is opened: only counters read after its quarantine has ended
  // make a safe floor.
  TimePoint survey_ = kLongAgo;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_ADMISSION_H_
