#include "net/session.h"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "core/backoff.h"
#include "core/redis_errors.h"
#include "core/reply_access.h"
#include "core/resp.h"

namespace holdfast::net {
namespace {

using core::TimePoint;
using detail::MayBeExecuted;
using detail::NotSent;
using Kind = ConnectionEvent::Kind;

// As much goes out in one write; the rest stays unsent until it is through.
constexpr std::size_t kWriteBytes = std::size_t{1} << 20;

// More would not fit into a timer.

// Between two looks whether a server that is loading, or busy, serves again.
constexpr core::milliseconds kLoadingPause{50};

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// What the user gets of the only reply.
absl::StatusOr<Reply> OneOf(absl::StatusOr<Replies> replies) {
  const absl::Status status = replies.ok() ? replies->front().status() : replies.status();
  if (!status.ok()) return status;
  return std::move(replies->front());
}

}  // namespace

Waiter ForReplies(const asio::any_io_executor& strand, Waiter waiter) {
  if (!waiter.one) return waiter;
  Waiter made;
  made.done = [strand, one = std::move(waiter.one)](absl::StatusOr<Replies> replies) mutable {
    asio::post(strand, [one = std::move(one), reply = OneOf(std::move(replies))]() mutable {
      one(std::move(reply));
    });
  };
  return made;
}

Session::Session(const asio::any_io_executor& executor, SessionOptions options, EventSink on_event)
    : executor_(executor),
      options_(std::move(options)),
      on_event_(std::move(on_event)),
      last_error_(absl::UnavailableError(options_.endpoint.name() + ": not connected yet")),
      retry_timer_(executor),
      deadline_timer_(executor),
      ping_timer_(executor) {}

Session::~Session() {
  if (link_) link_->Detach();
}

void Session::Start() { Connect(); }

void Session::Connect() {
  state_ = State::kConnecting;
  link_ = std::make_shared<Link>(executor_, options_.link, static_cast<Link::Owner&>(*this));
  link_->Start(options_.endpoint);
}

void Session::OnOpen() {
  Tell(Kind::kConnect);
  StartLogin();
}

void Session::StartLogin() {
  login_.Start(options_.endpoint, options_.login, link_->pipeline(), link_->connect_deadline());
  link_->ScheduleFlush();
}

void Session::OnLogin(core::Tag tag, core::ReplyView reply) {
  switch (login_.OnReply(tag, reply)) {
    case core::Login::State::kUnderWay:
      return;
    case core::Login::State::kDone:
      return OnReady();
    case core::Login::State::kNotYet:
      return OnNotYet();
    case core::Login::State::kFailed:
      return link_->Fail(login_.problem());
  }
}

void Session::OnNotYet() {
  last_error_ = core::StatusOf(options_.endpoint, login_.problem());
  if (Now() + kLoadingPause >= link_->connect_deadline()) return link_->Fail(login_.problem());
  retry_timer_.expires_after(kLoadingPause);
  retry_timer_.async_wait([self = shared_from_this(), link = link_](asio::error_code error) {
    if (!error && self->link_ == link) self->StartLogin();
  });
}

void Session::OnReady() {
  state_ = State::kReady;
  retries_ = 0;
  last_reply_ = Now();
  link_->SetReady();
  Tell(Kind::kReady);
  SchedulePing();
  if (!queue_.empty()) link_->ScheduleFlush();
}

void Session::Send(Unit unit) {
  const absl::Status refusal = Refusal();
  if (!refusal.ok()) {
    asio::post(executor_, [self = shared_from_this(), waiter = std::move(unit.waiter),
                           refusal]() mutable { self->Answer(std::move(waiter), refusal); });
    return;
  }
  Watch(unit.deadline);
  queue_.push_back(std::move(unit));
  if (state() == State::kReady) link_->ScheduleFlush();
}

// Why a unit is not taken.
absl::Status Session::Refusal() const {
  if (state() == State::kEnded) return NotSent(last_error_.code(), Message(last_error_));
  if (quitting_) return NotSent(absl::StatusCode::kCancelled, "the client was told to quit");
  if (state() == State::kReady) return absl::OkStatus();
  // Who is refused by a server that can be reached will not be let in by waiting.
  const bool denied = last_error_.code() == absl::StatusCode::kPermissionDenied;
  const bool waits = options_.keep_queued || (state() == State::kConnecting && retries_ == 0);
  if (!options_.offline_queue || !waits || denied) return NotConnected();
  if (queue_.size() < options_.max_queued) return absl::OkStatus();
  return NotSent(absl::StatusCode::kResourceExhausted, options_.endpoint.name() + ": " +
                                                           std::to_string(queue_.size()) +
                                                           " commands are waiting already");
}

absl::Status Session::NotConnected() const {
  return NotSent(last_error_.code(), Message(last_error_));
}

void Session::BeforeWrite() {
  if (state() != State::kReady) return;
  core::Pipeline& pipeline = link_->pipeline();
  const TimePoint due = Now() + options_.link.command_timeout;
  while (!queue_.empty() && pipeline.outgoing().size() < kWriteBytes) {
    Unit& unit = queue_.front();
    pipeline.outgoing().append(unit.bytes);
    for (std::size_t i = 0; i < unit.commands; ++i) pipeline.Expect(0, due);
    sent_.push_back({unit.commands, unit.deadline, std::move(unit.waiter), {}});
    queue_.pop_front();
  }
}

void Session::OnReply(core::Tag tag, core::ReplyView reply) {
  if (state() != State::kReady) return OnLogin(tag, reply);
  Sent& sent = sent_.front();
  sent.replies.push_back(detail::ReplyAccess::Copy(reply));
  if (options_.ping_interval.count() > 0) last_reply_ = Now();
  if (sent.replies.size() < sent.commands) return;
  Waiter waiter = std::move(sent.waiter);
  Replies replies = std::move(sent.replies);
  sent_.pop_front();
  if (waiter) Answer(std::move(waiter), std::move(replies));
  EndIfDrained();
}

void Session::Answer(Waiter waiter, absl::StatusOr<Replies> replies) {
  if (waiter.done) return waiter.done(std::move(replies));
  if (answered_.empty()) {
    asio::post(executor_, [self = shared_from_this()] { self->DeliverAnswers(); });
  }
  answered_.push_back({std::move(waiter.one), OneOf(std::move(replies))});
}

void Session::DeliverAnswers() {
  std::vector<Answered> answered = std::exchange(answered_, {});
  auto next = answered.begin();
  // What a handler throws goes to whoever runs the executor. The others still get theirs.
  const absl::Cleanup deliver_rest = [&] {
    for (; next != answered.end(); ++next) {
      if (answered_.empty()) {
        asio::post(executor_, [self = shared_from_this()] { self->DeliverAnswers(); });
      }
      answered_.push_back(std::move(*next));
    }
  };
  while (next != answered.end()) {
    Answered& now = *next++;
    now.one(std::move(now.reply));
  }
}

void Session::OnEnd(core::NodeProblem problem) {
  const auto self = shared_from_this();
  link_ = nullptr;
  retry_timer_.cancel();
  ping_timer_.cancel();
  last_error_ = core::StatusOf(options_.endpoint, problem);
  state_ = State::kWaiting;  // First: whoever is told now may send more.
  Tell(Kind::kError, last_error_);
  FailSent(last_error_);
  if (quitting_) return End(last_error_);
  // It will not be let in by waiting.
  if (problem.vote == Vote::kDenied || !options_.keep_queued) FailQueued(last_error_);
  Decide(options_.reconnect(retries_, last_error_));
}

void Session::Decide(const ReconnectDecision& decision) {
  if (state() == State::kEnded) return;  // By what the strategy did.
  if (!decision.pause()) return End(decision.error().ok() ? last_error_ : decision.error());
  ++retries_;
  const core::milliseconds pause = core::BoundedPause(*decision.pause());
  Tell(Kind::kReconnecting, last_error_, pause);
  retry_timer_.expires_after(pause);
  retry_timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (error || self->state() != State::kWaiting) return;
    // A forked child that runs the same loop must leave its parent's server alone.
    if (ForkGeneration() == self->fork_generation_) self->Connect();
  });
}

void Session::Quit() {
  quitting_ = true;
  EndIfDrained();
}

void Session::EndIfDrained() {
  if (!quitting_ || !queue_.empty()) return;
  for (const Sent& sent : sent_) {
    if (sent.waiter) return;  // The others ran out of time: nobody waits for their answers.
  }
  End(absl::CancelledError("the client was told to quit"));
}

void Session::Break(const std::string& why) {
  if (link_) link_->Fail({Vote::kError, why});
}

void Session::Disconnect() { End(absl::CancelledError("the client was disconnected")); }

void Session::End(absl::Status status) {
  if (state() == State::kEnded) return;
  const bool started = state() != State::kIdle;
  state_ = State::kEnded;
  last_error_ = std::move(status);
  if (link_) link_->Detach();
  link_ = nullptr;
  retry_timer_.cancel();
  deadline_timer_.cancel();
  ping_timer_.cancel();
  FailSent(last_error_);
  FailQueued(last_error_);
  if (started) Tell(Kind::kEnd, last_error_);
}

void Session::FailSent(const absl::Status& status) {
  const absl::Status error = MayBeExecuted(status.code(), Message(status));
  for (Sent& sent : std::exchange(sent_, {})) {
    if (sent.waiter) Answer(std::move(sent.waiter), error);
  }
}

void Session::FailQueued(const absl::Status& status) {
  const absl::Status error = NotSent(status.code(), Message(status));
  for (Unit& unit : std::exchange(queue_, {})) Answer(std::move(unit.waiter), error);
}

// The timer is set to the earliest deadline and left alone until then: most units are long
// answered.
void Session::Watch(TimePoint deadline) {
  if (deadline >= watched_) return;
  watched_ = deadline;
  deadline_timer_.expires_after(std::max<core::nanoseconds>(deadline - Now(), {}));
  deadline_timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (!error && ForkGeneration() == self->fork_generation_) self->OnDeadline();
  });
}

void Session::OnDeadline() {
  const auto self = shared_from_this();
  watched_ = core::kNever;
  const TimePoint now = Now();
  for (Waiter& waiter : TakeLateQueued(now)) Answer(std::move(waiter), NotSentInTime());
  for (Waiter& waiter : TakeLateSent(now)) Answer(std::move(waiter), NoAnswerInTime());
  for (const Unit& unit : queue_) Watch(unit.deadline);
  for (const Sent& sent : sent_) {
    if (sent.waiter) Watch(sent.deadline);
  }
  EndIfDrained();
}

std::vector<Waiter> Session::TakeLateQueued(TimePoint now) {
  std::vector<Waiter> late;
  for (Unit& unit : queue_) {
    if (unit.deadline <= now) late.push_back(std::exchange(unit.waiter, {}));
  }
  std::erase_if(queue_, [](const Unit& unit) { return !unit.waiter; });
  return late;
}

// They stay where they are, so that their late answers are not taken for those of others.
std::vector<Waiter> Session::TakeLateSent(TimePoint now) {
  std::vector<Waiter> late;
  for (Sent& sent : sent_) {
    if (sent.waiter && sent.deadline <= now) late.push_back(std::exchange(sent.waiter, {}));
  }
  return late;
}

absl::Status Session::NotSentInTime() const {
  if (state() != State::kReady) return NotConnected();
  return NotSent(absl::StatusCode::kDeadlineExceeded,
                 options_.endpoint.name() + ": too many commands in front of it");
}

absl::Status Session::NoAnswerInTime() const {
  return MayBeExecuted(absl::StatusCode::kDeadlineExceeded,
                       options_.endpoint.name() + ": no answer in time");
}

void Session::SchedulePing() {
  if (options_.ping_interval.count() == 0) return;
  core::nanoseconds pause = last_reply_ + options_.ping_interval - Now();
  // Past while a command is under way: that one shows whether the server is there.
  if (pause.count() <= 0) pause = options_.ping_interval;
  ping_timer_.expires_after(pause);
  ping_timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (error || self->state() != State::kReady) return;
    if (ForkGeneration() == self->fork_generation_) self->OnPingTime();
  });
}

void Session::OnPingTime() {
  const TimePoint now = Now();
  if (sent_.empty() && now >= last_reply_ + options_.ping_interval) {
    last_reply_ = now;
    Unit ping;
    const std::string_view words[] = {"PING"};
    core::AppendCommand(ping.bytes, words);
    ping.deadline = now + options_.link.command_timeout;
    ping.waiter.done = [](const absl::StatusOr<Replies>&) {};  // The link watches for the answer.
    Send(std::move(ping));
  }
  SchedulePing();
}

void Session::Tell(Kind kind, absl::Status error, core::milliseconds pause) {
  ConnectionEvent event;
  event.kind = kind;
  event.server = options_.endpoint.name();
  event.error = std::move(error);
  event.retries = retries_;
  event.pause = pause;
  on_event_(std::move(event));
}

}  // namespace holdfast::net
