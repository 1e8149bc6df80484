// Nodes in memory that grant and confirm all, each behind a pipeline as a connection has it.
#ifndef HOLDFAST_BENCH_MICRO_GRANTING_NODES_H_
#define HOLDFAST_BENCH_MICRO_GRANTING_NODES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "core/pipeline.h"
#include "core/script_call.h"

namespace holdfast::bench {

class GrantingNodes final : public core::Transport,
                            public core::Randomness,
                            public core::WallClock {
 public:
  explicit GrantingNodes(int nodes);

  core::Engine& engine() { return engine_; }
  core::TimePoint now() const { return now_; }

  // Time passes, and what is due then happens.
  void Advance(core::nanoseconds by);

  // Answers all that was sent; returns how much.
  int AnswerAll();

 private:
  struct Link : core::Pipeline::Receiver {
    void OnReply(core::Tag tag, core::ReplyView reply) override {
      --nodes->unanswered_;
      nodes->engine_.OnNodeReply(node, tag, reply, nodes->now_);
    }
    void OnNoReply(core::Tag) override {}

    core::Pipeline pipeline;
    std::string answers;  // To what was sent and not yet answered.
    std::string answering;
    GrantingNodes* nodes = nullptr;
    int node = 0;
  };

  static core::EngineOptions OptionsFor(int nodes);
  bool Send(int node, core::Tag tag, const core::ScriptCall& call, bool urgent,
            core::TimePoint now) override;
  void Fill(std::span<std::byte> bytes) override;
  std::int64_t UnixMicros() override { return 1; }

  core::TimePoint now_{std::chrono::seconds(1000)};
  std::vector<Link> links_;
  unsigned random_ = 0;
  int unanswered_ = 0;
  core::Engine engine_;
};

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_MICRO_GRANTING_NODES_H_
