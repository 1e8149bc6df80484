// What a cluster's client tells of the nodes.
#include <algorithm>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/command_keys.h"
#include "core/redis_errors.h"
#include "net/cluster_router.h"

namespace holdfast::net {
namespace {

absl::Status NotSent(const absl::Status& why) {
  return detail::NotSent(why.code(), std::string(why.message()));
}

}  // namespace

void ClusterRouter::Locate(const std::vector<std::string>& keys, core::TimePoint deadline,
                           Located done) {
  WhenKnown(deadline, [this, keys, done = std::move(done)](const absl::Status& status) mutable {
    if (!status.ok()) return done(status);
    done(OwnerOf(keys));
  });
}

absl::StatusOr<Endpoint> ClusterRouter::OwnerOf(const std::vector<std::string>& keys) const {
  std::vector<std::string_view> words = {"WATCH"};
  words.insert(words.end(), keys.begin(), keys.end());
  const auto slot = core::SlotOfCommand(words);
  if (!slot.ok()) return slot.status();
  const auto node = *slot ? cluster_->NodeFor(**slot, false) : cluster_->AnyMaster();
  if (node) return cluster_->endpoints->Reach(*node);
  return detail::NotSent(
      absl::StatusCode::kUnavailable,
      *slot ? "slot " + std::to_string(**slot) + " has no owner" : "the cluster has no master");
}

// Read anew, as no error tells of a node that joins; if that fails, as it is known.
void ClusterRouter::Nodes(core::TimePoint deadline, Listed done) {
  WhenKnown(deadline, [this, deadline, done = std::move(done)](const absl::Status& known) mutable {
    if (!known.ok()) return done(known);
    WhenRead(deadline, [this, done = std::move(done)](const absl::Status&) mutable {
      if (!is_open()) return done(NotSent(end_));
      done(ListNodes());
    });
  });
}

std::vector<NodeInfo> ClusterRouter::ListNodes() const {
  const auto& nodes = cluster_->map->topology().nodes();
  std::vector<NodeInfo> listed;
  for (const core::TopologyNode& node : nodes) {
    NodeInfo info;
    info.endpoint = cluster_->endpoints->Announced(node.address);
    info.id = node.id;
    info.master = node.is_master();
    if (!info.master) {
      info.master_address = nodes[static_cast<std::size_t>(node.master)].address.name();
    }
    listed.push_back(std::move(info));
  }
  return listed;
}

void ClusterRouter::WhenKnown(core::TimePoint deadline, Then then) {
  if (!cluster_->map->known()) return WhenRead(deadline, std::move(then));
  asio::post(executor_, [self = shared_from_this(), then = std::move(then)]() mutable {
    then(absl::OkStatus());
  });
}

// Keeps the router alive until then.
void ClusterRouter::WhenRead(core::TimePoint deadline, Then then) {
  const auto once = std::make_shared<Then>(std::move(then));
  const auto timer = std::make_shared<asio::steady_timer>(executor_);
  const auto end = [self = shared_from_this(), once, timer](const absl::Status& status) {
    timer->cancel();
    if (!*once) return;
    const absl::Status error = status.ok() ? status : NotSent(status);
    std::exchange(*once, nullptr)(error);
  };
  timer->expires_after(std::max<core::nanoseconds>(deadline - Now(), {}));
  timer->async_wait([self = shared_from_this(), end](asio::error_code error) {
    if (!error) end(self->cluster_->map->problem());
  });
  cluster_->map->Refresh({}, end);
}

}  // namespace holdfast::net
