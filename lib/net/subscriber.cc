#include "net/subscriber.h"

#include <algorithm>
#include <asio/error_code.hpp>
#include <asio/post.hpp>
#include <string>

#include "core/backoff.h"
#include "core/redis_errors.h"
#include "core/text.h"

namespace holdfast::net {
namespace {

using core::TimePoint;
using detail::MayBeExecuted;
using detail::NotSent;
using Push = core::Subscriptions::Push;

// Between two looks whether a server that is loading, or busy, serves again.
constexpr core::milliseconds kLoadingPause{50};

// A push has so many elements; who allows for less in a reply cannot have meant these.
constexpr std::size_t kPushElements = 5;

SessionOptions ForPushes(SessionOptions options) {
  std::size_t& elements = options.link.reply_limits.elements;
  elements = std::max(elements, kPushElements);
  return options;
}

}  // namespace

Subscriber::Subscriber(const asio::any_io_executor& executor, const SessionOptions& options,
                       std::shared_ptr<Router> router)
    : executor_(executor),
      options_(ForPushes(options)),
      router_(std::move(router)),
      retry_timer_(executor),
      watch_timer_(executor) {}

Subscriber::~Subscriber() {
  if (link_) link_->Detach();
}

void Subscriber::Subscribe(std::shared_ptr<Listener> listener, const Channels& channels,
                           TimePoint deadline, Done done) {
  const absl::Status refusal = Refusal();
  if (!refusal.ok()) return done(refusal);
  const Id id = ++last_id_;
  listener->id = id;
  entries_.emplace(id, Entry{std::move(listener), deadline, std::move(done)});
  Watch(deadline);
  if (subscriptions_.Add(id, channels.names(), channels.patterns())) return Confirm(id);
  if (state_ == State::kReady) return link_->ScheduleFlush();
  if (state_ != State::kIdle) return;
  last_error_ = absl::UnavailableError("not connected yet");
  retries_ = 0;
  Locate();
}

// Who is refused by a server that can be reached will not be let in by waiting.
absl::Status Subscriber::Refusal() const {
  if (!end_.ok()) return NotSent(end_.code(), std::string(end_.message()));
  const bool fails = state_ == State::kWaiting || state_ == State::kConnecting;
  if (!fails || !absl::IsPermissionDenied(last_error_)) return absl::OkStatus();
  return NotSent(last_error_.code(), std::string(last_error_.message()));
}

void Subscriber::Unsubscribe(const Listener& listener) {
  // What belongs to the user goes last, as its destructor may call back.
  const auto entry = entries_.extract(listener.id);
  subscriptions_.Remove(listener.id);
  if (state_ == State::kReady) link_->ScheduleFlush();
  CloseIfUnused();
}

void Subscriber::End(const absl::Status& why) {
  if (!end_.ok()) return;
  end_ = why;
  RejectAll(why);
  Close();
}

void Subscriber::Confirm(Id id) {
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  if (entry->second.done) return std::exchange(entry->second.done, nullptr)(absl::OkStatus());
  const std::shared_ptr<Listener> listener = entry->second.listener;
  if (!listener->closed) listener->handler.OnGap();
}

void Subscriber::Reject(Id id, const absl::Status& error) {
  auto found = entries_.extract(id);
  if (found.empty()) return;
  Entry entry = std::move(found.mapped());
  subscriptions_.Remove(id);
  if (entry.done) return entry.done(error);
  Tell(std::move(entry.listener), error);
}

void Subscriber::RejectAll(const absl::Status& error) {
  RejectWaiting(error);
  while (!entries_.empty()) Reject(entries_.begin()->first, error);
}

void Subscriber::RejectWaiting(const absl::Status& error) {
  std::vector<Id> waiting;
  for (const auto& [id, entry] : entries_) {
    if (entry.done) waiting.push_back(id);
  }
  const absl::Status not_sent = NotSent(error.code(), std::string(error.message()));
  for (const Id id : waiting) Reject(id, not_sent);
}

// Posted, so that nothing of the user's runs inside a call of the library.
void Subscriber::Tell(std::shared_ptr<Listener> listener, const absl::Status& end) {
  asio::post(executor_, [listener = std::move(listener), end] {
    if (!listener->closed) listener->handler.OnEnd(end);
  });
}

void Subscriber::Locate() {
  state_ = State::kLocating;
  auto located = [self = shared_from_this(),
                  attempt = ++attempt_](const absl::StatusOr<Endpoint>& endpoint) {
    if (self->attempt_ != attempt) return;
    if (!endpoint.ok()) return self->OnFailure(endpoint.status());
    self->Connect(*endpoint);
  };
  // Looked up each time: a cluster's node may be gone for good.
  router_->Locate({}, Now() + options_.link.connect_timeout, std::move(located));
}

void Subscriber::Connect(const Endpoint& endpoint) {
  state_ = State::kConnecting;
  endpoint_ = endpoint;
  link_ = std::make_shared<Link>(executor_, options_.link, static_cast<Link::Owner&>(*this));
  link_->Start(endpoint_);
}

void Subscriber::StartLogin() {
  login_.Start(endpoint_, options_.login, link_->pipeline(), link_->connect_deadline());
  link_->ScheduleFlush();
}

void Subscriber::OnLogin(core::Tag tag, core::ReplyView reply) {
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

void Subscriber::OnNotYet() {
  last_error_ = core::StatusOf(endpoint_, login_.problem());
  if (Now() + kLoadingPause >= link_->connect_deadline()) return link_->Fail(login_.problem());
  Retry(kLoadingPause, &Subscriber::StartLogin);
}

void Subscriber::OnReady() {
  state_ = State::kReady;
  retries_ = 0;
  overdue_ = false;
  link_->SetReady();
  link_->pipeline().ExpectPushes();
  subscriptions_.Connected(Now());
  link_->ScheduleFlush();
}

void Subscriber::OnEnd(core::NodeProblem problem) {
  const auto self = shared_from_this();
  link_ = nullptr;
  subscriptions_.Disconnected();
  OnFailure(core::StatusOf(endpoint_, problem));
}

void Subscriber::OnFailure(absl::Status error) {
  last_error_ = std::move(error);
  state_ = State::kWaiting;
  ++attempt_;
  if (absl::IsPermissionDenied(last_error_)) {
    RejectWaiting(last_error_);
    if (entries_.empty()) return Close();
  }
  const std::uint64_t attempt = attempt_;
  const ReconnectDecision decision = options_.reconnect(retries_, last_error_);
  // The strategy may have ended it all.
  if (attempt_ == attempt && state_ == State::kWaiting) Decide(decision);
}

void Subscriber::Decide(const ReconnectDecision& decision) {
  if (decision.pause()) {
    ++retries_;
    return Retry(core::BoundedPause(*decision.pause()), &Subscriber::Locate);
  }
  RejectAll(decision.error().ok() ? last_error_ : decision.error());
  Close();
}

void Subscriber::Retry(core::milliseconds pause, void (Subscriber::*next)()) {
  retry_timer_.expires_after(pause);
  retry_timer_.async_wait(
      [self = shared_from_this(), attempt = attempt_, next](asio::error_code error) {
        if (error || self->attempt_ != attempt) return;
        // A forked child that runs the same loop must leave its parent's server alone.
        if (ForkGeneration() == self->fork_generation_) (self.get()->*next)();
      });
}

void Subscriber::CloseIfUnused() {
  if (entries_.empty()) Close();
}

void Subscriber::Close() {
  state_ = State::kIdle;
  ++attempt_;
  if (link_) link_->Detach();
  link_ = nullptr;
  subscriptions_.Disconnected();
  retry_timer_.cancel();
  watch_timer_.cancel();
  watched_ = core::kNever;
}

void Subscriber::BeforeWrite() {
  if (state_ != State::kReady || subscriptions_.idle()) return;
  link_->pipeline().outgoing().append(subscriptions_.TakeCommands(Now()));
  Watch(subscriptions_.quiet_since() + options_.link.command_timeout);
}

void Subscriber::OnPush(core::ReplyView view) {
  const auto self = shared_from_this();
  const Push push = subscriptions_.OnPush(view, Now());
  switch (push.kind) {
    case Push::Kind::kMessage:
      return Deliver(push);
    case Push::Kind::kConfirmed:
      for (const Id id : push.ids) Confirm(id);
      return;
    case Push::Kind::kRefused:
      return Refuse(push);
    case Push::Kind::kNothing:
      return;
    case Push::Kind::kUnknown:
      return link_->Fail({Vote::kError, "protocol error: among the messages came \"" +
                                            core::Printable(push.text) + "\""});
  }
}

// A handler may change everything here.
void Subscriber::Deliver(const Push& push) {
  if (push.ids.empty()) return;
  const Message message = {.channel = std::string(push.channel),
                           .pattern = std::string(push.pattern),
                           .payload = std::string(push.text)};
  for (const Id id : push.ids) {
    const auto entry = entries_.find(id);
    if (entry == entries_.end()) continue;
    const std::shared_ptr<Listener> listener = entry->second.listener;
    if (!listener->closed) listener->handler.OnMessage(message);
  }
}

void Subscriber::Refuse(const Push& push) {
  const absl::Status error =
      detail::WithContext(endpoint_.name(), detail::ErrorReplyStatus(push.text));
  // A busy server will not be for ever: they are asked for anew on the next connection.
  if (absl::IsUnavailable(error)) return link_->Fail({Vote::kDown, core::Printable(push.text)});
  for (const Id id : push.ids) Reject(id, error);
  if (state_ == State::kReady) link_->ScheduleFlush();
  CloseIfUnused();
}

// One timer watches for those who wait in vain, and for a server that says nothing.
void Subscriber::Watch(TimePoint next) {
  if (next >= watched_) return;
  watched_ = next;
  watch_timer_.expires_after(std::max<core::nanoseconds>(next - Now(), {}));
  watch_timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    if (!error && ForkGeneration() == self->fork_generation_) self->OnWatch();
  });
}

void Subscriber::OnWatch() {
  const auto self = shared_from_this();
  watched_ = core::kNever;
  const TimePoint now = Now();
  RejectLate(now);
  if (entries_.empty()) return Close();
  if (state_ == State::kReady) WatchServer(now);
  for (const auto& [id, entry] : entries_) {
    if (entry.done) Watch(entry.deadline);
  }
}

void Subscriber::RejectLate(TimePoint now) {
  std::vector<Id> late;
  for (const auto& [id, entry] : entries_) {
    if (entry.done && entry.deadline <= now) late.push_back(id);
  }
  const absl::Status error = state_ == State::kReady
                                 ? MayBeExecuted(absl::StatusCode::kDeadlineExceeded,
                                                 endpoint_.name() + ": not confirmed in time")
                                 : NotSent(last_error_.code(), std::string(last_error_.message()));
  for (const Id id : late) Reject(id, error);
  if (!late.empty() && state_ == State::kReady) link_->ScheduleFlush();
}

// A connection whose other end is gone without a word looks like one on which nothing is published:
// who only listens would wait for ever. So the server is asked when it is quiet.
void Subscriber::WatchServer(TimePoint now) {
  const TimePoint ping_time = subscriptions_.quiet_since() + IdleTime();
  if (subscriptions_.awaits_answer()) return WatchForAnswer(now);
  if (!subscriptions_.idle()) return;  // BeforeWrite watches.
  if (now < ping_time) return Watch(ping_time);
  subscriptions_.Ping();
  link_->ScheduleFlush();
}

void Subscriber::WatchForAnswer(TimePoint now) {
  const core::milliseconds timeout = options_.link.command_timeout;
  const TimePoint due = subscriptions_.quiet_since() + timeout;
  const bool overdue = due <= now;
  if (overdue && overdue_) {
    return link_->Fail({Vote::kNoAnswer, "silent for " + core::HumanDuration(timeout)});
  }
  // After a handler that took long, or a stop of the process, the answers lie there unread: they
  // get a turn of the loop before the server is blamed.
  overdue_ = overdue;
  Watch(overdue ? now + core::milliseconds(1) : due);
}

core::milliseconds Subscriber::IdleTime() const {
  if (options_.ping_interval.count() > 0) return options_.ping_interval;
  return std::max(core::milliseconds(1'000), options_.link.command_timeout / 2);
}

}  // namespace holdfast::net
