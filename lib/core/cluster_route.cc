#include "core/cluster_route.h"

#include <algorithm>
#include <utility>

#include "core/text.h"

namespace holdfast::core {
namespace {

using Step = RouteAction::Step;

constexpr milliseconds kFirstPause{10};
constexpr milliseconds kLongestPause{500};
constexpr int kMostDoublings = 10;

RouteAction GiveUp(absl::Status status) {
  return {.step = Step::kGiveUp, .status = std::move(status)};
}

absl::Status ProtocolError(const NodeAddress& from, const std::string& what) {
  return absl::InternalError("protocol error from " + from.name() + ": " + what);
}

}  // namespace

RouteAction ClusterRoute::OnError(std::string_view error, const NodeAddress& from,
                                  const Topology& topology, TimePoint now) {
  const Redirect redirect = ReadRedirect(error);
  if (redirect.kind == Redirect::Kind::kNone) return {.step = Step::kDone};
  if (redirect.kind == Redirect::Kind::kMalformed) {
    return GiveUp(ProtocolError(from, "the redirection '" + Printable(error) + "' is malformed"));
  }
  last_ = "because of " + from.name() + ": " + Printable(error);
  if (redirect.kind == Redirect::Kind::kMoved || redirect.kind == Redirect::Kind::kAsk) {
    last_ = "to " +
            NodeAddress{redirect.host.empty() ? from.host : redirect.host, redirect.port}.name();
  }
  if (now >= deadline_) return OutOfTime();
  switch (redirect.kind) {
    case Redirect::Kind::kMoved:
    case Redirect::Kind::kAsk:
      if (redirections_ >= max_redirections_) return TooMany();
      ++redirections_;
      return Follow(redirect, from, topology);
    case Redirect::Kind::kReadOnly:
      return Refresh(AfterRefresh::kSend);
    case Redirect::Kind::kTryAgain:
      return Wait(now);
    default:
      // Another node may have taken over from this one meanwhile.
      return Wait(now, true);
  }
}

RouteAction ClusterRoute::OnNotWritten(const absl::Status& cause, TimePoint now) {
  last_ = "because of " + std::string(ToStd(cause.message()));
  if (now >= deadline_) return OutOfTime();
  return Refresh(AfterRefresh::kWait);
}

RouteAction ClusterRoute::OnLost(const absl::Status& cause) const { return GiveUp(cause); }

RouteAction ClusterRoute::OnRefreshed(const absl::Status& result, const Topology& topology,
                                      TimePoint now) {
  if (!result.ok()) {
    last_ = "because the topology cannot be read: " + std::string(ToStd(result.message()));
    return Wait(now);
  }
  switch (after_refresh_) {
    case AfterRefresh::kSend:
      return {.step = Step::kSendToOwner};
    case AfterRefresh::kWait:
      return Wait(now);
    case AfterRefresh::kFollow:
      break;
  }
  if (topology.Contains(follow_.address)) return follow_;
  return GiveUp(ProtocolError(follow_from_, "it redirects to " + follow_.address.name() +
                                                ", which is no node of the cluster"));
}

RouteAction ClusterRoute::OnWaited() const { return {.step = Step::kSendToOwner}; }

RouteAction ClusterRoute::TooMany() const {
  return GiveUp(absl::UnavailableError("too many redirections (" +
                                       std::to_string(max_redirections_) + "), the last " + last_));
}

RouteAction ClusterRoute::OutOfTime() const {
  return GiveUp(absl::UnavailableError("no time is left to send the command again, " + last_));
}

RouteAction ClusterRoute::Follow(const Redirect& redirect, const NodeAddress& from,
                                 const Topology& topology) {
  // The node knows the slot's new owner, but not where that is.
  if (redirect.host == kUnknownHost) return Refresh(AfterRefresh::kSend);
  const bool moved = redirect.kind == Redirect::Kind::kMoved;
  follow_ = {.step = Step::kSendTo, .asking = !moved};
  follow_.address = {redirect.host.empty() ? from.host : redirect.host, redirect.port};
  if (!topology.Contains(follow_.address)) {
    // The node that sends there must know it itself. Not remembered: the new topology is newer.
    follow_from_ = from;
    return Refresh(AfterRefresh::kFollow, from);
  }
  if (moved) follow_.moved_slot = redirect.slot;
  follow_.refresh_behind = moved;
  return follow_;
}

RouteAction ClusterRoute::Refresh(AfterRefresh after, const NodeAddress& first) {
  // Where the news did not help before, they may need time to get round.
  const bool again = refreshes_++ > 0;
  after_refresh_ = again && after == AfterRefresh::kSend ? AfterRefresh::kWait : after;
  return {.step = Step::kRefresh, .address = first};
}

RouteAction ClusterRoute::Wait(TimePoint now, bool refresh_behind) {
  const auto pause =
      std::min(kFirstPause * (1 << std::min(waits_++, kMostDoublings)), kLongestPause);
  if (deadline_ - now < pause) return OutOfTime();
  return {.step = Step::kWait, .refresh_behind = refresh_behind, .until = now + pause};
}

}  // namespace holdfast::core
