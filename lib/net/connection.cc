#include "net/connection.h"

#include <utility>

#include "core/backoff.h"

namespace holdfast::net {
namespace {

// A node that leaves so many commands unanswered gets no further one but releases.
constexpr std::size_t kMaxUnanswered = 16 * 1024;

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, int node, Endpoint endpoint,
                       std::string client_name, LinkOptions options, Listener& listener)
    : executor_(executor),
      node_(node),
      endpoint_(std::move(endpoint)),
      client_name_(std::move(client_name)),
      options_(std::move(options)),
      listener_(listener),
      timer_(executor) {}

Connection::~Connection() {
  if (link_) link_->Detach();
}

void Connection::Start() { Connect(); }

void Connection::Connect() {
  state_ = State::kConnecting;
  link_ = std::make_shared<Link>(executor_, options_, static_cast<Link::Owner&>(*this));
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
  handshake_ = {};
  handshake_.Start(endpoint_, client_name_, link_->pipeline(), Now(), link_->connect_deadline());
}

void Connection::OnHandshake(core::Tag tag, core::ReplyView reply) {
  const core::Handshake::State state = handshake_.OnReply(tag, reply);
  if (state == core::Handshake::State::kFailed) return link_->Fail(handshake_.problem());
  if (state != core::Handshake::State::kDone) return;
  state_ = State::kReady;
  failures_ = 0;
  link_->SetReady();
  listener_.OnReady(node_, handshake_.greeting());
}

bool Connection::Send(core::Tag tag, const core::ScriptCall& call, bool urgent,
                      core::TimePoint now) {
  if (state_ != State::kReady) return false;
  core::Pipeline& pipeline = link_->pipeline();
  if (!urgent && pipeline.unanswered() >= kMaxUnanswered) return false;
  call.AppendTo(pipeline.outgoing());
  pipeline.Expect(tag, now + options_.command_timeout);
  link_->ScheduleFlush();
  return true;
}

void Connection::OnReply(core::Tag tag, core::ReplyView reply) {
  if (state_ == State::kConnecting) return OnHandshake(tag, reply);
  listener_.OnReply(node_, tag, reply);
}

void Connection::OnNoReply(core::Tag tag) { listener_.OnNoReply(node_, tag); }

void Connection::OnEnd(core::NodeProblem problem) {
  link_ = nullptr;
  if (state_ != State::kClosed) {
    state_ = State::kWaiting;
    ++failures_;
    ConnectAgain(core::ReconnectPause(failures_, listener_.Random()));
  }
  listener_.OnDown(node_, std::move(problem));
}

void Connection::ConnectAgain(core::nanoseconds pause) {
  timer_.expires_after(pause);
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    // A forked child that runs the same loop must leave its parent's node alone.
    if (error || self->state_ != State::kWaiting) return;
    if (ForkGeneration() == self->fork_generation_) self->Connect();
  });
}

}  // namespace holdfast::net
