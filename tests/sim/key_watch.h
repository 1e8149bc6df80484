// What one client may have left on the nodes, and that nothing else is.
#ifndef HOLDFAST_TESTS_SIM_KEY_WATCH_H_
#define HOLDFAST_TESTS_SIM_KEY_WATCH_H_

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/scripts.h"
#include "core/text.h"
#include "model_link.h"
#include "model_node.h"
#include "stage.h"

namespace holdfast::core {

class KeyWatch {
 public:
  // How long a key or a request may outlive what the client reckons: the clocks drift apart between
  // handshakes, and a handshake tells a node's time only as well as its own round trip.
  static constexpr milliseconds kSlack{200};

  explicit KeyWatch(Stage& stage) : stage_(stage) {}

  void OnRequest(const Request& request) {
    if (request.script == &kReleaseScript) released_.insert(request.nonce());
    if (request.script != &kAcquireScript && request.script != &kExtendScript) return;
    const milliseconds ttl(*ParseNumber<std::int64_t>(request.arguments[1]));
    TimePoint& gone_by = gone_by_[request.nonce()];
    gone_by = std::max(gone_by, stage_.world.now() + ModelLink::kCommandTimeout + ttl);
  }

  // `node` was asked to extend a lock, and answered so.
  void OnExtendReply(const std::string& nonce, int node, ReplyView reply) {
    if (reply.text() == "EXTENDED") denied_[nonce].erase(node);
    if (reply.text() == "ABSENT" || reply.text() == "FOREIGN") denied_[nonce].insert(node);
  }
  // By how many nodes the client knows that they do not have it any more.
  int Denials(std::string_view nonce) const {
    const auto found = denied_.find(nonce);
    return found == denied_.end() ? 0 : static_cast<int>(found->second.size());
  }

  // The keys of `nonce` need not be undone; they expire.
  void LetExpire(std::string_view nonce) { left_.emplace(nonce); }

  // Nor need those of all nonces so far.
  void LetAllExpire() {
    for (const auto& [nonce, gone_by] : gone_by_) left_.insert(nonce);
  }

  // What was released, and is there all the same, is released again.
  void CheckNewConnection(ModelNode& node, const ModelLink& link) const {
    for (const ModelNode::Lock& lock : node.locks()) {
      if (!released_.contains(lock.nonce) || !MustBeGone(node, lock)) continue;
      stage_.findings.Expect(link.IsOnItsWay(kReleaseScript, lock.nonce), Checker::kNothingLeft,
                             "a release was forgotten");
    }
  }

  // Once the engine has nothing more to do, no key is left that should have been undone, and none
  // that lives longer than its lease can.
  void CheckIdle(std::string_view client) const {
    for (const auto& node : stage_.nodes) {
      for (const ModelNode::Lock& lock : node->locks()) {
        const auto gone_by = gone_by_.find(lock.nonce);
        if (gone_by == gone_by_.end() || !MustBeGone(*node, lock)) continue;
        if (!left_.contains(lock.nonce)) {
          stage_.findings.Add(Checker::kNothingLeft,
                              std::string(client) + " left " + std::string(lock.key) + " behind");
        }
        stage_.findings.Expect(stage_.world.now() + RestOf(lock) <= gone_by->second,
                               Checker::kNothingLeft, "a key outlives its lease");
      }
    }
  }

 private:
  static nanoseconds RestOf(const ModelNode::Lock& lock) {
    return milliseconds(lock.rest_ms) - kSlack;
  }
  // Unless it is still wanted: nobody but its client can remove it, and it will not expire soon.
  bool MustBeGone(const ModelNode& node, const ModelNode::Lock& lock) const {
    return !stage_.shape.clocks_step && !node.revived(lock.nonce) &&
           !stage_.taken_over.contains(lock.nonce) && RestOf(lock) > nanoseconds(0);
  }

  Stage& stage_;
  std::map<std::string, TimePoint, std::less<>> gone_by_;  // By nonce.
  std::set<std::string, std::less<>> released_;
  std::set<std::string, std::less<>> left_;
  std::map<std::string, std::set<int>, std::less<>> denied_;  // Nodes, by nonce.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_KEY_WATCH_H_
