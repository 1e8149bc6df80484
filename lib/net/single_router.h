// All commands to one server.
#ifndef HOLDFAST_NET_SINGLE_ROUTER_H_
#define HOLDFAST_NET_SINGLE_ROUTER_H_

#include <asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "net/router.h"
#include "net/session.h"

namespace holdfast::net {

// Must be told to Disconnect() before it goes.
class SingleRouter final : public Router {
 public:
  SingleRouter(const asio::any_io_executor& executor, const SessionOptions& options,
               EventSink on_event);

  void Start() override { session_->Start(); }
  void Execute(Request request) override;
  void Locate(const std::vector<std::string>& keys, core::TimePoint deadline,
              Located done) override;
  void Nodes(core::TimePoint deadline, Listed done) override;
  void Quit(absl::AnyInvocable<void()> done) override;
  void Disconnect() override { session_->Disconnect(); }
  bool is_open() const override { return session_->is_open(); }
  bool is_ready() const override { return session_->is_ready(); }

 private:
  void OnEvent(ConnectionEvent event);

  const asio::any_io_executor executor_;
  const EventSink on_event_;
  std::shared_ptr<Session> session_;
  std::vector<absl::AnyInvocable<void()>> on_end_;
};

// The request's commands as one unit.
Unit MakeUnit(Request request);

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_SINGLE_ROUTER_H_
