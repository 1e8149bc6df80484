#include "net/cluster_seats.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "core/key_set.h"
#include "core/slots.h"
#include "core/text.h"

namespace holdfast::net {
namespace {

using core::NodeAddress;
using core::NodeProblem;

// Between the beginnings of two readings.
constexpr core::milliseconds kPause{50};

SessionOptions ForReading(const ClusterSeats::Options& options) {
  SessionOptions session;
  session.link = options.link;
  session.login.client_name = options.client_name;
  return session;
}

NodeAddress AddressOf(const Endpoint& root) {
  return {core::CleanHost(root.host).value_or(root.host), root.port};
}

NodeProblem ProblemOf(const absl::Status& status) {
  const bool denied = status.code() == absl::StatusCode::kPermissionDenied;
  return {denied ? Vote::kDenied : Vote::kDown, std::string(status.message())};
}

}  // namespace

struct ClusterSeats::Seat {
  const std::string guard_key;
  const std::uint16_t slot;
  NodeAddress last = {};  // The master that its connection was sent to.
};

class ClusterSeats::SeatRoute final : public Route {
 public:
  SeatRoute(std::shared_ptr<ClusterSeats> seats, std::shared_ptr<Seat> seat)
      : seats_(std::move(seats)), seat_(std::move(seat)) {}

  void Find(core::TimePoint deadline, Found found) override {
    seats_->Find({.seat = seat_, .deadline = deadline, .found = std::move(found)});
  }

  std::string guard_key() const override { return seat_->guard_key; }

 private:
  const std::shared_ptr<ClusterSeats> seats_;
  const std::shared_ptr<Seat> seat_;
};

ClusterSeats::ClusterSeats(const asio::any_io_executor& executor, Options options)
    : executor_(executor),
      filter_(std::move(options.filter)),
      zones_(std::move(options.zones)),
      session_(ForReading(options)),
      endpoints_(std::move(options.roots)),
      timer_(executor),
      deadline_timer_(executor) {}

std::shared_ptr<Route> ClusterSeats::RouteFor(const std::string& tag) {
  const std::string guard_key = core::GuardKeyOf(tag);
  auto seat = std::make_shared<Seat>(Seat{.guard_key = guard_key, .slot = core::SlotOf(guard_key)});
  return std::make_shared<SeatRoute>(shared_from_this(), std::move(seat));
}

void ClusterSeats::Stop() {
  if (std::exchange(stopped_, true)) return;
  timer_.cancel();
  deadline_timer_.cancel();
  if (discovery_) discovery_->Stop();
  discovery_ = nullptr;
  Tell({Vote::kDown, "the client was closed"}, [](const Question&) { return true; });
}

void ClusterSeats::Find(Question question) {
  if (stopped_) return question.found({.problem = {Vote::kDown, "the client was closed"}});
  questions_.push_back(std::move(question));
  WatchDeadlines();
  Schedule();
}

// Not at once, so that one reading is for all who ask in this turn of the loop.
void ClusterSeats::Schedule() {
  if (scheduled_ || discovery_ || questions_.empty() || stopped_) return;
  scheduled_ = true;
  const core::TimePoint now = Now();
  timer_.expires_after(std::max(next_, now) - now);
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    // A forked child that runs the same loop must leave its parent's servers alone.
    if (error || self->stopped_ || ForkGeneration() != self->fork_generation_) return;
    self->scheduled_ = false;
    if (!self->questions_.empty()) self->Read();
  });
}

void ClusterSeats::Read() {
  next_ = Now() + kPause;
  for (Question& question : questions_) question.asked = true;
  first_ = questions_.front().seat;
  ++turn_;
  discovery_ = std::make_shared<ClusterDiscovery>(executor_, session_, Candidates(), false);
  discovery_->Start([weak = weak_from_this(), reading = discovery_.get()](
                        const absl::StatusOr<ClusterDiscovery::Found>& read) {
    const auto self = weak.lock();
    if (self && self->discovery_.get() == reading) self->OnRead(read);
  });
}

// The masters that are known, in turn, since one of them may be wrong about the cluster, then the
// roots. A master that a seat has just lost comes behind all others: it may have been stopped, and
// say when it wakes that the slot is still its own.
std::vector<ClusterSeats::Candidate> ClusterSeats::Candidates() const {
  std::vector<Candidate> candidates;
  for (const core::TopologyNode& node : topology_.nodes()) {
    if (!node.is_master()) continue;
    candidates.push_back({endpoints_.Reach(node.address), node.address, -1});
  }
  if (!candidates.empty()) {
    const auto turn = static_cast<std::ptrdiff_t>(turn_ % candidates.size());
    std::rotate(candidates.begin(), candidates.begin() + turn, candidates.end());
  }
  const std::vector<Endpoint>& roots = endpoints_.roots();
  for (std::size_t i = 0; i < roots.size(); ++i) {
    candidates.push_back(
        {endpoints_.ReachRoot(roots[i]), AddressOf(roots[i]), static_cast<int>(i)});
  }
  std::stable_sort(candidates.begin(), candidates.end(), [this](const auto& a, const auto& b) {
    return Blame(a.address) < Blame(b.address);
  });
  return candidates;
}

int ClusterSeats::Blame(const NodeAddress& address) const {
  if (address == first_->last) return 2;
  const auto lost_it = [&](const Question& question) { return question.seat->last == address; };
  return std::any_of(questions_.begin(), questions_.end(), lost_it) ? 1 : 0;
}

void ClusterSeats::OnRead(const absl::StatusOr<ClusterDiscovery::Found>& read) {
  discovery_ = nullptr;
  if (read.ok()) {
    OnTopology(*read);
  } else {
    Tell(ProblemOf(read.status()), [](const Question& question) { return question.asked; });
  }
  Schedule();
}

// A master is not believed that the slot is still its own, if others are left to be asked: those
// whom it concerns wait for the next reading, the first of them to be its first.
void ClusterSeats::OnTopology(const ClusterDiscovery::Found& found) {
  if (found.by.root >= 0) endpoints_.Trust(endpoints_.roots()[found.by.root]);
  topology_ = found.topology;
  std::vector<Question> answered = Take([&](const Question& question) {
    return question.asked && (question.seat->last != found.by.address || question.seat == first_);
  });
  std::vector<Route::Place> places;
  for (const Question& question : answered) places.push_back(PlaceOf(*question.seat));
  for (std::size_t i = 0; i < answered.size(); ++i) answered[i].found(std::move(places[i]));
}

Route::Place ClusterSeats::PlaceOf(Seat& seat) const {
  const int owner = topology_.OwnerOf(seat.slot);
  if (owner == core::Topology::kNobody) {
    return {.problem = {Vote::kDown, "nobody owns its slot"}};
  }
  const NodeAddress& address = topology_.nodes()[static_cast<std::size_t>(owner)].address;
  if (!MayUse(owner)) {
    const auto zone = zones_.find(address.name());
    const std::string where = zone == zones_.end() ? "" : " (zone " + zone->second + ")";
    return {.problem = {Vote::kRefused, "its master " + address.name() + where +
                                            " is left out by the node filter"}};
  }
  seat.last = address;
  return {.endpoint = endpoints_.Reach(address)};
}

bool ClusterSeats::MayUse(int master) const {
  if (!filter_) return true;
  const core::TopologyNode& node = topology_.nodes()[static_cast<std::size_t>(master)];
  holdfast::NodeInfo info = {.address = node.address.name(),
                             .host = node.address.host,
                             .port = node.address.port,
                             .id = node.id,
                             .role = "master"};
  const auto zone = zones_.find(info.address);
  if (zone != zones_.end()) info.zone = zone->second;
  for (const core::SlotRange& range : topology_.RangesOf(master)) {
    info.slots.push_back({range.first, range.last});
  }
  try {
    return filter_(info);
  } catch (...) {
    return false;  // It must not, but a mistake there should not end the program.
  }
}

std::vector<ClusterSeats::Question> ClusterSeats::Take(Condition concerned) {
  const auto others =
      std::stable_partition(questions_.begin(), questions_.end(),
                            [&](const Question& question) { return !concerned(question); });
  std::vector<Question> taken(std::make_move_iterator(others),
                              std::make_move_iterator(questions_.end()));
  questions_.erase(others, questions_.end());
  return taken;
}

// They may call back.
void ClusterSeats::Tell(const NodeProblem& problem, Condition concerned) {
  for (Question& question : Take(concerned)) question.found({.problem = problem});
}

void ClusterSeats::WatchDeadlines() {
  if (questions_.empty() || stopped_) return;
  const auto earliest = std::min_element(
      questions_.begin(), questions_.end(),
      [](const Question& a, const Question& b) { return a.deadline < b.deadline; });
  deadline_timer_.expires_after(earliest->deadline - Now());
  deadline_timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (error || ForkGeneration() != self->fork_generation_) return;
    self->OnDeadline();
    self->WatchDeadlines();
  });
}

// A reading that nobody waits for any more must not hold up the next one.
void ClusterSeats::OnDeadline() {
  const core::TimePoint now = Now();
  NodeProblem problem = {Vote::kDown, "the nodes of the cluster were not reached in time"};
  if (discovery_) problem.reason += ": " + discovery_->problems();
  Tell(problem, [now](const Question& question) { return question.deadline <= now; });
  const auto asked = [](const Question& question) { return question.asked; };
  if (!discovery_ || std::any_of(questions_.begin(), questions_.end(), asked)) return;
  discovery_->Stop();
  discovery_ = nullptr;
  Schedule();
}

}  // namespace holdfast::net
