#include "net/cluster_nodes.h"

#include <algorithm>
#include <asio/post.hpp>
#include <unordered_set>
#include <utility>

#include "core/redis_errors.h"

namespace holdfast::net {
namespace {

using Kind = ConnectionEvent::Kind;

}  // namespace

ClusterNodes::ClusterNodes(const asio::any_io_executor& executor, const SessionOptions& session,
                           std::shared_ptr<const ClusterEndpoints> endpoints, EventSink on_event,
                           std::function<void()> on_failure)
    : executor_(executor),
      session_(session),
      endpoints_(std::move(endpoints)),
      on_event_(std::move(on_event)),
      on_failure_(std::move(on_failure)) {}

void ClusterNodes::Follow(const core::Topology& topology) {
  std::vector<std::string> left;
  std::unordered_set<std::string> there;
  for (const core::TopologyNode& node : topology.nodes()) {
    there.insert(node.address.name());
    if (node.is_master()) At(node.address);
  }
  for (const auto& [name, session] : sessions_) {
    if (!there.contains(name)) left.push_back(name);
  }
  for (const std::string& name : left) Leave(std::move(sessions_.extract(name).mapped()));
}

void ClusterNodes::Send(const core::NodeAddress& node, Unit unit) {
  if (!ended_) return At(node).Send(std::move(unit));
  asio::post(executor_, [done = std::move(unit.waiter.done)]() mutable {
    done(detail::NotSent(absl::StatusCode::kCancelled, "the client has no connections any more"));
  });
}

void ClusterNodes::Break(const core::NodeAddress& node, const std::string& why) {
  const auto found = sessions_.find(node.name());
  if (found == sessions_.end()) return;
  const SessionPtr session = found->second;
  session->Break(why);
}

Session& ClusterNodes::At(const core::NodeAddress& node) {
  const std::string name = node.name();
  const auto found = sessions_.find(name);
  if (found != sessions_.end()) return *found->second;
  SessionOptions options = session_;
  options.endpoint = endpoints_->Reach(node);
  const auto session = std::make_shared<Session>(executor_, std::move(options), SinkFor(name));
  // The user's map of addresses may have sent a command there meanwhile.
  const auto [entry, is_new] = sessions_.emplace(name, session);
  if (is_new) session->Start();
  return *entry->second;
}

EventSink ClusterNodes::SinkFor(const std::string& node) {
  return [weak = weak_from_this(), node](ConnectionEvent event) {
    const auto self = weak.lock();
    if (!self) return;
    event.server = node;
    self->OnEvent(std::move(event));
  };
}

void ClusterNodes::OnEvent(ConnectionEvent event) {
  any_ready_ = AnyReady();
  const Kind kind = event.kind;
  on_event_(std::move(event));
  if (kind == Kind::kError) on_failure_();
  if (kind != Kind::kEnd) return;
  // Not now: it is the session itself that calls.
  asio::post(executor_, [self = shared_from_this()] { self->Purge(); });
}

bool ClusterNodes::AnyReady() const {
  return std::any_of(sessions_.begin(), sessions_.end(),
                     [](const auto& entry) { return entry.second->is_ready(); });
}

bool ClusterNodes::IsReady(const core::NodeAddress& node) const {
  const auto found = sessions_.find(node.name());
  return found != sessions_.end() && found->second->is_ready();
}

void ClusterNodes::Leave(SessionPtr session) {
  leaving_.push_back(session);
  session->Quit();
}

// A session that its reconnect strategy has ended stays, as a node to which there is no way.
void ClusterNodes::Purge() {
  std::erase_if(leaving_, [](const SessionPtr& session) { return !session->is_open(); });
  if (!leaving_.empty() || !sessions_.empty()) return;
  for (auto& done : std::exchange(on_end_, {})) done();
}

void ClusterNodes::Quit(absl::AnyInvocable<void()> done) {
  ended_ = true;
  on_end_.push_back(std::move(done));
  for (auto& [name, session] : std::exchange(sessions_, {})) Leave(session);
  asio::post(executor_, [self = shared_from_this()] { self->Purge(); });
}

void ClusterNodes::Disconnect() {
  ended_ = true;
  for (auto& [name, session] : std::exchange(sessions_, {})) leaving_.push_back(session);
  const std::vector<SessionPtr> all = leaving_;
  for (const SessionPtr& session : all) session->Disconnect();
  asio::post(executor_, [self = shared_from_this()] { self->Purge(); });
}

}  // namespace holdfast::net
