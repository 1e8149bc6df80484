// Locks whose votes belong together: their engine, and its connections.
#ifndef HOLDFAST_LOCK_GROUP_H_
#define HOLDFAST_LOCK_GROUP_H_

#include <asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/engine.h"
#include "net/clock.h"
#include "net/connection.h"
#include "net/route.h"

namespace holdfast::detail {

class ClientState;

// Carries the engine's commands to the connections and what happens there back. A client has one,
// or on a cluster as many as it has groups of seats. Part of the client; for its strand only.
class LockGroup final : public core::Transport, public net::Connection::Listener {
 public:
  // `routes`: one for each node of the engine's.
  LockGroup(ClientState& client, core::EngineOptions options,
            std::vector<std::shared_ptr<net::Route>> routes,
            const net::ConnectionOptions& connection, const asio::any_io_executor& strand);
  LockGroup(const LockGroup&) = delete;
  LockGroup& operator=(const LockGroup&) = delete;

  core::Engine& engine() { return engine_; }

  void Start();
  void Close();

 private:
  bool Send(int node, core::Tag tag, const core::ScriptCall& call, bool urgent,
            core::TimePoint now) override;
  void OnReady(int node, const core::Greeting& greeting) override;
  void OnDown(int node, core::NodeProblem problem) override;
  void OnReply(int node, core::Tag tag, core::ReplyView reply) override;
  void OnNoReply(int node, core::Tag tag) override;
  std::uint64_t Random() override;

  ClientState& client_;
  net::SystemRandomness randomness_;
  net::SystemWallClock wall_clock_;
  core::Engine engine_;
  std::vector<std::shared_ptr<net::Connection>> connections_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_LOCK_GROUP_H_
