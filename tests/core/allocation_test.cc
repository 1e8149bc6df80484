// In steady state a lock costs the core no allocation: neither in the engine, nor in encoding its
// commands and reading their replies.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "core/pipeline.h"
#include "core/script_call.h"

namespace {

std::size_t allocations = 0;

void* Allocate(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
// Beside a sanitizer the default of this one is the sanitizer's own, which does not call the above.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace holdfast::core {
namespace {

constexpr int kNodes = 3;

// Nodes that grant and release all, each behind a pipeline as a connection has it.
class GrantingNodes : public Transport, public Randomness, public WallClock {
 public:
  static constexpr std::string_view kAdmit =
      "*8\r\n$5\r\nSTATE\r\n$4\r\n4711\r\n:0\r\n:0\r\n$1\r\n0\r\n:0\r\n$2\r\n42\r\n$1\r\n0\r\n";
  static constexpr std::string_view kGrant = "*2\r\n$2\r\nOK\r\n:1\r\n";
  static constexpr std::string_view kDelete = "$7\r\nDELETED\r\n";

  void Answer(std::string_view answer, Engine& engine, TimePoint now) {
    for (int node = 0; node < kNodes; ++node) {
      Link& link = links_[node];
      link.node = node;
      link.engine = &engine;
      link.now = now;
      if (link.pipeline.StartWrite().empty()) continue;
      link.pipeline.FinishWrite();
      ASSERT_TRUE(link.pipeline.Receive(answer, link));
    }
  }

 private:
  struct Link : Pipeline::Receiver {
    void OnReply(Tag tag, ReplyView reply) override { engine->OnNodeReply(node, tag, reply, now); }
    void OnNoReply(Tag) override {}

    Pipeline pipeline;
    Engine* engine = nullptr;
    int node = 0;
    TimePoint now;
  };

  bool Send(int node, Tag tag, const ScriptCall& call, bool, TimePoint now) override {
    call.AppendTo(links_[node].pipeline.outgoing());
    links_[node].pipeline.Expect(tag, now);
    return true;
  }
  void Fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(++random_);
  }

  std::int64_t UnixMicros() override { return 1; }

  std::array<Link, kNodes> links_;
  unsigned random_ = 0;
};

// A thousand pairs of acquire and release, once the first ones have made room.
void ExpectNone(const std::vector<std::string>& tags) {
  GrantingNodes nodes;
  EngineOptions options;
  options.admission.nodes = {"a", "b", "c"};
  options.admission.tags = tags;
  options.admission.quorum = 2;
  options.owner = "somebody.with.a.long.name.example:12345";
  TimePoint now{std::chrono::seconds(1000)};
  Engine engine(options, nodes, nodes, nodes, now);
  for (int node = 0; node < kNodes; ++node) {
    engine.OnNodeReady(node, {.info = {.run_id = std::to_string(node), .cluster = !tags.empty()}},
                       now);
  }
  nodes.Answer(GrantingNodes::kAdmit, engine, now);
  const std::vector<std::string> names = {"a.name.that.does.not.fit.into.a.short.string"};
  LeaseId held;
  int pairs = 0;
  const auto run = [&](int count) {
    for (int i = 0; i < count; ++i) {
      now += milliseconds(1);
      engine.Acquire(
          1, names, {},
          [&held](Engine&, absl::StatusOr<LeaseId> id) { held = id.value_or(LeaseId()); }, now);
      nodes.Answer(GrantingNodes::kGrant, engine, now);
      engine.Release(
          held, [&pairs](const absl::Status& status) { pairs += status.ok(); }, now);
      nodes.Answer(GrantingNodes::kDelete, engine, now);
    }
  };
  run(100);
  const std::size_t before = allocations;
  run(1000);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(pairs, 1100);
}

TEST(AllocationTest, PairOfAcquireAndReleaseNeedsNone) { ExpectNone({}); }

TEST(AllocationTest, SeatsOfAClusterNeedNoneEither) { ExpectNone({"{54h}", "{fjl}", "{1x3}"}); }

}  // namespace
}  // namespace holdfast::core
