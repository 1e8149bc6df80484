#include "lock_group.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "client_state.h"

namespace holdfast::detail {

LockGroup::LockGroup(ClientState& client, core::EngineOptions options,
                     std::vector<std::shared_ptr<net::Route>> routes,
                     const net::ConnectionOptions& connection, const asio::any_io_executor& strand)
    : client_(client), engine_(std::move(options), *this, randomness_, wall_clock_, net::Now()) {
  for (std::shared_ptr<net::Route>& route : routes) {
    const int node = static_cast<int>(connections_.size());
    connections_.push_back(
        std::make_shared<net::Connection>(strand, node, std::move(route), connection, *this));
  }
}

void LockGroup::Start() {
  for (const auto& connection : connections_) connection->Start();
}

void LockGroup::Close() {
  for (const auto& connection : connections_) connection->Close();
}

bool LockGroup::Send(int node, core::Tag tag, const core::ScriptCall& call, bool urgent,
                     core::TimePoint now) {
  return connections_[node]->Send(tag, call, urgent, now);
}

void LockGroup::OnReady(int node, const core::Greeting& greeting) {
  client_.Enter(*this, [&](core::Engine& engine, core::TimePoint now) {
    engine.OnNodeReady(node, greeting, now);
  });
}

void LockGroup::OnDown(int node, core::NodeProblem problem) {
  client_.Enter(*this, [&](core::Engine& engine, core::TimePoint now) {
    engine.OnNodeDown(node, std::move(problem), now);
  });
}

void LockGroup::OnReply(int node, core::Tag tag, core::ReplyView reply) {
  client_.Enter(*this, [&](core::Engine& engine, core::TimePoint now) {
    engine.OnNodeReply(node, tag, reply, now);
  });
}

void LockGroup::OnNoReply(int node, core::Tag tag) {
  client_.Enter(*this, [&](core::Engine& engine, core::TimePoint now) {
    engine.OnNodeNoReply(node, tag, now);
  });
}

std::uint64_t LockGroup::Random() {
  std::array<std::byte, sizeof(std::uint64_t)> bytes;
  randomness_.Fill(bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace holdfast::detail
