// A healthy node for ScriptedPeer: the handshake, and the locks' scripts on keys in memory.
#ifndef HOLDFAST_TESTS_SUPPORT_FAKE_NODE_H_
#define HOLDFAST_TESTS_SUPPORT_FAKE_NODE_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/scripted_peer.h"

namespace holdfast::testing {

// "acquire", "extend", "release", "inspect" for the call of a script, else the command's name in
// lower case: "ping".
std::string NameOf(const Argv& argv);

// The lock's key, and the nonce, of the call of a script that takes both.
inline const std::string& KeyOf(const Argv& argv) { return argv.at(4); }
inline const std::string& NonceOf(const Argv& argv) { return argv.at(3 + std::stoul(argv.at(2))); }

// The calls of a script that went as one (PROTOCOL.md, Joined calls), each as if it had come alone.
std::vector<Argv> CallsOf(const Argv& argv);

// Keys never expire here; time is not what these tests are about.
class FakeNode {
 public:
  Answer operator()(const Received& received);

  bool Has(const std::string& key) const;

 private:
  std::string Info() const;
  std::string Reply(const Argv& argv);
  std::string RunScripts(const std::string& name, const Argv& argv);
  std::string RunScript(const std::string& name, const Argv& argv);

  mutable std::mutex mutex_;
  std::map<std::string, std::string> nonces_;  // By key. Guarded by mutex_.
};

// What to answer instead of a fake node; nothing: what the node answers.
using Override = std::function<std::optional<Answer>(const Received&)>;

// A fake node behind a peer, whose answers a test may replace.
class FakePeer {
 public:
  explicit FakePeer(Override instead = {}, StreamFaults faults = {});

  FakeNode& node() { return *node_; }
  ScriptedPeer& peer() { return peer_; }
  const std::string& url() const { return url_; }

  // The commands of that name received so far; of joined calls each.
  std::vector<Received> Commands(const std::string& name) const;

  // Whether a release of that nonce came; on `connection` only, if given.
  bool WasReleased(const std::string& nonce, std::optional<int> connection = {}) const;

 private:
  std::unique_ptr<FakeNode> node_ = std::make_unique<FakeNode>();
  ScriptedPeer peer_;
  std::string url_ = peer_.url();
};

// An override for the first `times` commands called `name`, and none after that.
Override AnswerTo(const std::string& name, Answer answer, int times = 1'000'000);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_FAKE_NODE_H_
