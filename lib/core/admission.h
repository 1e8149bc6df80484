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

// Where the clients of a cluster agree on how it is set up (PROTOCOL.md, Clusters).
enum class Witnesses {
  kNone,       // There are no others than the nodes themselves.
  kHere,       // The nodes are the witnesses of other engines, too, which are to be told.
  kOnly,       // The same, and get no locks from here.
  kElsewhere,  // Another engine has them: no node is asked anything before these agree.
};

constexpr bool AreHere(Witnesses witnesses) {
  return witnesses == Witnesses::kHere || witnesses == Witnesses::kOnly;
}

struct AdmissionOptions {
  std::vector<std::string> nodes;  // Their names, for people.
  // For each node the hash tag with which its keys begin, if it is a seat of a cluster; else empty.
  // None at all: no node is one.
  std::vector<std::string> tags = {};
  bool one_cluster = false;  // All nodes are seats of one cluster, which may share servers.
  Witnesses witnesses = Witnesses::kNone;
  // How long a node of a cluster must be silent to be taken for dead, where its server does not say
  // that it is longer; 0: only the server says.
  milliseconds cluster_node_timeout{0};
  int quorum = 0;
  milliseconds max_ttl{30'000};
  std::string fingerprint;
  bool trust_persistence = true;
  bool new_installation = false;
};

// What most of the witnesses say.
struct WitnessState {
  bool tried = false;        // The first try to ask them has ended, whatever came of it.
  bool agreed = false;       // Our configuration is the one in use.
  std::string refusal = {};  // How that which is in use differs from ours.

  friend bool operator==(const WitnessState&, const WitnessState&) = default;
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
  // The first try to ask `node` has ended.
  void OnTried(int node);
  // What the witnesses say, which are here, or of which SetWitnesses told.
  const WitnessState& witnesses() const { return witnesses_; }
  void SetWitnesses(const WitnessState& witnesses);
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
  // Whether nothing more is to be expected from the first try to ask it.
  bool settled(int node) const;
  // The key of its guard.
  std::string_view guard_key(int node) const { return guard_keys_[node]; }
  // The server that the node led to last, from one start to the next: numbered from 1, in the order
  // in which they were first seen.
  std::uint32_t run(int node) const { return nodes_[node].run; }
  std::uint32_t runs_seen() const { return runs_seen_; }
  // host:port of the server that it is connected to, or, of a node that is no seat, its name.
  std::string server(int node) const;
  // What an acquire, and an extension, show the node: that they know its present state.
  std::string_view pass(int node) const { return nodes_[node].pass; }
  std::string_view config(int node) const { return nodes_[node].config; }
  // Whether an extension there counts: where nothing can be granted, or be granted by another
  // server that still thinks it has the seat.
  bool keeps_leases(int node, TimePoint now) const;
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
    // Remembered while it is down.
    std::string run_id;
    std::uint32_t run = 0;
    std::string server;
    std::string change;      // A seat that was seen to change its server: how, until it votes.
    bool had_guard = false;  // Should there be none, its data went.
    bool tried = false;      // The first try to ask it has ended.
    bool agreed = false;     // Its guard had our configuration when it was read last,
    std::string differed;    // or another one, which differs so.

    std::string identity;  // run_id, and which history its data has.

    Question question = Question::kNone;  // Under way,
    TimePoint asked = kLongAgo;           // since then.
    TimePoint ask_again = kLongAgo;       // Not to be asked before.
    bool install = false;                 // To be given our configuration.

    bool read = false;        // It answered on this connection.
    bool known = false;       // It did, and nothing has changed since.
    NodeProblem problem;      // Why it could not be asked.
    std::string other_setup;  // How its configuration differs from ours.
    std::string refusal;      // Why it must never vote.
    bool barred = false;      // For what the connection itself showed.

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

  // How often nodes are looked at that cannot be opened yet, and asked that could not answer.
  static constexpr milliseconds kAgain{500};

  int count() const { return static_cast<int>(nodes_.size()); }
  static bool Counts(const Node& node) { return node.known && node.refusal.empty(); }
  static bool IsOpen(const Node& node) { return Counts(node) && !node.pass.empty(); }
  static bool IsShut(const Node& node) { return Counts(node) && node.pass.empty(); }

  bool IsSeat(int node) const { return !options_.tags.empty() && !options_.tags[node].empty(); }
  milliseconds QuarantineOf(int node) const;
  static void NoteChange(Node& node, const Greeting& greeting);
  std::uint32_t RunOf(int node, const std::string& run_id);
  void UpdateRefusals();
  std::string BarOf(int node) const;
  std::string RefusalOf(int node) const;
  std::string MismatchOf(int node, std::string_view stored) const;
  bool MustNotBeAsked(int node) const;
  bool HasWitnesses() const { return AreHere(options_.witnesses); }
  // Who knows nothing of the locks of these seats knows no safe floor for them.
  bool OpensNodes() const { return options_.witnesses != Witnesses::kOnly; }
  bool WaitsForWitnesses() const;
  void CountWitnesses();
  bool IsToBeReadAgain(const Node& node, TimePoint now) const;
  void StartSurvey(TimePoint now);
  Question Choose(int node, TimePoint now) const;
  bool Asking() const;
  bool Surveyed() const;
  bool IsToBeOpened(int node) const;
  bool CanOpen(int node) const;
  bool EnoughGrown(int node) const;
  std::int64_t Floor() const;
  void Read(Node& node, ReplyView answer, TimePoint now);
  void WriteAdmit(int node, bool install, ScriptCall& call) const;
  std::string WhyShut(int node, TimePoint now) const;
  std::string SharedServer(int node) const;

  const AdmissionOptions options_;
  WitnessState witnesses_;
  std::vector<std::string> guard_keys_;
  std::vector<Node> nodes_;
  std::uint32_t runs_seen_ = 0;
  // All nodes are read anew before one is opened: only counters read after its quarantine has ended
  // make a safe floor.
  TimePoint survey_ = kLongAgo;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_ADMISSION_H_
