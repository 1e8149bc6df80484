#include "net/single_router.h"

#include <asio/post.hpp>
#include <utility>

namespace holdfast::net {

Unit MakeUnit(Request request) {
  Unit unit;
  for (const Command& command : request.commands) command.AppendTo(unit.bytes);
  unit.commands = request.commands.size();
  unit.deadline = request.deadline;
  unit.waiter = std::move(request.waiter);
  return unit;
}

SingleRouter::SingleRouter(const asio::any_io_executor& executor, const SessionOptions& options,
                           EventSink on_event)
    : executor_(executor), on_event_(std::move(on_event)) {
  auto sink = [this](ConnectionEvent event) { OnEvent(std::move(event)); };
  session_ = std::make_shared<Session>(executor, options, std::move(sink));
}

void SingleRouter::Execute(Request request) { session_->Send(MakeUnit(std::move(request))); }

void SingleRouter::Locate(const std::vector<std::string>&, core::TimePoint, Located done) {
  asio::post(executor_, [done = std::move(done), endpoint = session_->endpoint()]() mutable {
    done(std::move(endpoint));
  });
}

void SingleRouter::Nodes(core::TimePoint, Listed done) {
  NodeInfo node;
  node.endpoint = session_->endpoint();
  asio::post(executor_, [done = std::move(done), node = std::move(node)]() mutable {
    done(std::vector<NodeInfo>{std::move(node)});
  });
}

void SingleRouter::Quit(absl::AnyInvocable<void()> done) {
  if (!session_->is_open()) return asio::post(executor_, std::move(done));
  on_end_.push_back(std::move(done));
  session_->Quit();
}

void SingleRouter::OnEvent(ConnectionEvent event) {
  const bool end = event.kind == ConnectionEvent::Kind::kEnd;
  on_event_(std::move(event));
  if (!end) return;
  for (auto& done : std::exchange(on_end_, {})) asio::post(executor_, std::move(done));
}

}  // namespace holdfast::net
