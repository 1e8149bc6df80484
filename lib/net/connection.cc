#include "net/connection.h"

#include <asio/post.hpp>
#include <utility>

#include "core/backoff.h"
#include "core/pipeline.h"
#include "core/redirect.h"
#include "core/resp.h"
#include "core/text.h"

namespace holdfast::net {
namespace {

using Redirection = core::Redirect::Kind;

// A node that leaves so many commands unanswered gets no further one but releases.
constexpr std::size_t kMaxUnanswered = 16 * 1024;

// None of the engine's.
constexpr core::Tag kHeartbeatTag = static_cast<core::Tag>(-1);

// The slot is with another server, or this one cannot serve it now. A slot that is on its way is
// still here.
bool LeadsElsewhere(Redirection kind) {
  return kind != Redirection::kNone && kind != Redirection::kAsk && kind != Redirection::kTryAgain;
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, int node,
                       std::shared_ptr<Route> route, ConnectionOptions options, Listener& listener)
    : executor_(executor),
      node_(node),
      route_(std::move(route)),
      guard_key_(route_->guard_key()),
      options_(std::move(options)),
      listener_(listener),
      timer_(executor) {}

Connection::~Connection() {
  if (link_) link_->Detach();
}

void Connection::Start() { Find(); }

void Connection::Find() {
  state_ = State::kFinding;
  auto found = [weak = weak_from_this()](Route::Place place) {
    const auto self = weak.lock();
    if (!self || self->state_ != State::kFinding) return;
    if (!place.problem.reason.empty()) return self->OnProblem(std::move(place.problem));
    self->Connect(std::move(place.endpoint));
  };
  route_->Find(Now() + options_.link.connect_timeout, std::move(found));
}

void Connection::Connect(Endpoint endpoint) {
  state_ = State::kConnecting;
  endpoint_ = std::move(endpoint);
  given_up_ = false;
  moved_ = false;
  link_ = std::make_shared<Link>(executor_, options_.link, static_cast<Link::Owner&>(*this));
  link_->Start(endpoint_);
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  timer_.cancel();
  const core::NodeProblem problem = {Vote::kDown, "the client was closed"};
  if (link_) return link_->Fail(problem);
  listener_.OnDown(node_, problem);
}

void Connection::OnOpen() {
  opened_at_ = Now();
  handshake_ = {};
  handshake_.Start(endpoint_, options_.client_name, is_seat(), link_->pipeline(), opened_at_,
                   link_->connect_deadline());
}

void Connection::OnHandshake(core::Tag tag, core::ReplyView reply) {
  const core::Handshake::State state = handshake_.OnReply(tag, reply);
  if (state == core::Handshake::State::kFailed) return link_->Fail(handshake_.problem());
  if (state != core::Handshake::State::kDone) return;
  moved_ = is_seat() && handshake_.greeting().info.replica;
  if (moved_) return link_->Fail({Vote::kDown, "it is a replica"});
  OnReady();
}

void Connection::OnReady() {
  state_ = State::kReady;
  core::Greeting greeting = handshake_.greeting();
  greeting.server = endpoint_.name();
  command_timeout_ = options_.link.command_timeout;
  if (is_seat()) {
    const core::milliseconds told = greeting.cluster_node_timeout;
    heartbeat_.emplace(told.count() > 0 ? told : options_.cluster_node_timeout, opened_at_);
    command_timeout_ = heartbeat_->Bound(command_timeout_);
    AwaitBeat();
  } else {
    failures_ = 0;
  }
  link_->SetReady(command_timeout_);
  listener_.OnReady(node_, greeting);
}

bool Connection::Send(core::Tag tag, const core::ScriptCall& call, bool urgent,
                      core::TimePoint now) {
  if (state_ != State::kReady) return false;
  if (!urgent && link_->pipeline().unanswered() >= kMaxUnanswered) return false;
  if (is_seat() && (given_up_ || (!urgent && !IsFresh()))) return false;
  link_->pipeline().Call(tag, call, now + command_timeout_);
  OnSent(now);
  return true;
}

void Connection::OnSent(core::TimePoint now) {
  if (heartbeat_) heartbeat_->OnSent(now);
  link_->ScheduleFlush();
}

// Looks at the clock itself: the process may have been stopped since whoever calls did.
bool Connection::IsFresh() {
  const core::TimePoint now = Now();
  if (!heartbeat_->IsStale(now)) return true;
  GiveUp({Vote::kDown, "silent for " + core::HumanDuration(heartbeat_->SilenceAt(now))}, false);
  return false;
}

// Later: this may be inside a call of the listener's, and answers that were read along with this
// one are still to be delivered.
void Connection::GiveUp(core::NodeProblem problem, bool moved) {
  if (given_up_) return;
  given_up_ = true;
  moved_ = moved;
  asio::post(executor_, [self = shared_from_this(), link = link_, problem = std::move(problem)] {
    // A forked child that runs the same loop must leave its parent's connection alone.
    if (self->link_ == link && ForkGeneration() == self->fork_generation_) link->Fail(problem);
  });
}

void Connection::OnReply(core::Tag tag, core::ReplyView reply) {
  if (state_ == State::kConnecting) return OnHandshake(tag, reply);
  if (heartbeat_) {
    heartbeat_->OnReply();
    ReadRedirection(reply);
    if (tag == kHeartbeatTag) return;
    // Given by a server in whose place another may have been by then.
    if (!IsFresh()) return listener_.OnNoReply(node_, tag);
  }
  listener_.OnReply(node_, tag, reply);
}

// A new server that sends us on as well must not bring us back at once again and again: only one
// that serves us ends the row of failures.
void Connection::ReadRedirection(core::ReplyView reply) {
  if (!reply.is_error()) {
    failures_ = 0;
    return;
  }
  const Redirection kind = core::ReadRedirect(reply.text()).kind;
  if (!LeadsElsewhere(kind)) return;
  GiveUp({Vote::kDown, core::Printable(reply.text())}, kind == Redirection::kMoved);
}

void Connection::AwaitBeat() {
  timer_.expires_after(heartbeat_->due() - Now());
  timer_.async_wait([self = shared_from_this(), link = link_](asio::error_code error) {
    if (error || self->link_ != link || self->given_up_) return;
    if (ForkGeneration() == self->fork_generation_) self->Beat();
  });
}

void Connection::Beat() {
  const core::TimePoint now = Now();
  if (now >= heartbeat_->due()) {
    if (!IsFresh()) return;
    const std::string_view words[] = {"EXISTS", guard_key_};
    core::AppendCommand(link_->pipeline().outgoing(), words);
    link_->pipeline().Expect(kHeartbeatTag, now + command_timeout_);
    OnSent(now);
  }
  AwaitBeat();
}

void Connection::OnNoReply(core::Tag tag) {
  if (tag != kHeartbeatTag) listener_.OnNoReply(node_, tag);
}

void Connection::OnEnd(core::NodeProblem problem) {
  link_ = nullptr;
  heartbeat_.reset();
  if (is_seat() && state_ != State::kClosed) {
    problem.reason = endpoint_.name() + ": " + problem.reason;
  }
  OnProblem(std::move(problem));
}

void Connection::OnProblem(core::NodeProblem problem) {
  if (state_ != State::kClosed) {
    state_ = State::kWaiting;
    ++failures_;
    ConnectAgain();
  }
  listener_.OnDown(node_, std::move(problem));
}

// Where a seat has moved to is known at once, mostly.
core::nanoseconds Connection::Pause() {
  if (std::exchange(moved_, false) && failures_ == 1) return core::nanoseconds(0);
  return core::ReconnectPause(failures_, listener_.Random());
}

void Connection::ConnectAgain() {
  timer_.expires_after(Pause());
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    // A forked child that runs the same loop must leave its parent's node alone.
    if (error || self->state_ != State::kWaiting) return;
    if (ForkGeneration() == self->fork_generation_) self->Find();
  });
}

}  // namespace holdfast::net
