#include "chaos/seat_watch.h"

#include "support/clients.h"
#include "support/eventually.h"

namespace holdfast::testing {

SeatWatch::SeatWatch(const ClientOptions& options)
    : client_(NewClient(options)), thread_([this] {
        while (!stopping_) {
          Look();
          Yield();
        }
      }) {}

SeatWatch::~SeatWatch() {
  stopping_ = true;
  thread_.join();
}

void SeatWatch::Look() {
  const std::int64_t asked = BootTime();
  const auto seats = client_.Nodes();
  if (!seats.ok()) return;
  const std::int64_t now = BootTime();
  const std::lock_guard guard(mutex_);
  for (const NodeStatus& seat : *seats) Note(now, seat);
  looked_ = asked;
}

void SeatWatch::Note(std::int64_t now, const NodeStatus& seat) {
  const bool quarantined = seat.votes_in.has_value();
  const auto open = open_.find(seat.node);
  if (open != open_.end()) {
    open->second.until = now;
    if (!seat.ready && open->second.quarantined == quarantined) return;
    past_.push_back(open->second);
    open_.erase(open);
    reasons_.erase(seat.node);
  }
  if (seat.ready) return;
  open_[seat.node] = {seat.node, quarantined, now, now};
  reasons_[seat.node] = seat.reason;
}

bool SeatWatch::AllVoteSince(std::int64_t since) const {
  const std::lock_guard guard(mutex_);
  return looked_ > since && open_.empty();
}

std::vector<Silence> SeatWatch::silences() const {
  const std::lock_guard guard(mutex_);
  std::vector<Silence> all = past_;
  for (const auto& [seat, silence] : open_) all.push_back(silence);
  return all;
}

std::string SeatWatch::Reasons() const {
  const std::lock_guard guard(mutex_);
  std::string text;
  for (const auto& [seat, reason] : reasons_) text += "  " + seat + ": " + reason + "\n";
  return text;
}

}  // namespace holdfast::testing
