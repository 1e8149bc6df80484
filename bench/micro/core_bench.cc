// The core alone: bytes to replies, calls to bytes, rounds of a quorum, and leases that are kept.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/resp.h"
#include "core/script_call.h"
#include "load/allocations.h"
#include "load/die.h"
#include "micro/granting_nodes.h"

namespace holdfast::bench {
namespace {

constexpr std::string_view kGrant = "*2\r\n$2\r\nOK\r\n:1764439200000000\r\n";

class CountAllocations {
 public:
  explicit CountAllocations(benchmark::State& state) : state_(state) {}
  ~CountAllocations() {
    state_.counters["allocations"] =
        benchmark::Counter(static_cast<double>(AllocationsOfThisThread() - before_),
                           benchmark::Counter::kAvgIterations);
  }

 private:
  benchmark::State& state_;
  const std::uint64_t before_ = AllocationsOfThisThread();
};

// As many answers at a time as one read of a socket finds.
void BM_ReadReplies(benchmark::State& state) {
  core::ReplyReader reader;
  std::string bytes;
  for (int i = 0; i < state.range(0); ++i) bytes += kGrant;
  const auto read = [&] {
    reader.Feed(bytes);
    while (reader.Next() == core::ReplyReader::Result::kReply) {
      benchmark::DoNotOptimize(reader.reply().root().at(1).integer());
    }
  };
  read();
  const CountAllocations count(state);
  for ([[maybe_unused]] auto _ : state) read();
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ReadReplies)->Arg(1)->Arg(64);

void BM_EncodeAcquire(benchmark::State& state) {
  std::string out;
  const auto encode = [&out] {
    out.clear();
    core::ScriptCall call(core::kAcquireScript, false);
    call.Key("holdfast:guard");
    call.Key("lock:order:42");
    call.Key("holdfast:fence:lock:order:42");
    call.Argument("0123456789abcdef0123456789abcdef");
    call.Argument(10'000);
    call.Argument(1'764'439'200'000);
    call.Argument("1764439200000000");
    call.Argument(1'764'439'200'000'000);
    call.Argument(604'800'000);
    call.Argument("host:12345");
    call.AppendTo(out);
    benchmark::DoNotOptimize(out.data());
  };
  encode();
  const CountAllocations count(state);
  for ([[maybe_unused]] auto _ : state) encode();
}
BENCHMARK(BM_EncodeAcquire);

void RunPair(GrantingNodes& nodes, const std::vector<std::string>& names) {
  core::LeaseId held;
  const auto acquired = [&held](core::Engine&, absl::StatusOr<core::LeaseId> id) {
    MustBeOk(id.status());
    held = *id;
  };
  nodes.engine().Acquire(1, names, {}, acquired, nodes.now());
  nodes.AnswerAll();
  nodes.engine().Release(held, MustBeOk, nodes.now());
  nodes.AnswerAll();
}

// Acquire and release, decided by a quorum; the nodes cost nothing but their answers' bytes.
void BM_QuorumRounds(benchmark::State& state) {
  GrantingNodes nodes(static_cast<int>(state.range(0)));
  const std::vector<std::string> names = {"a.name.that.does.not.fit.into.a.short.string"};
  for (int i = 0; i < 100; ++i) RunPair(nodes, names);
  const CountAllocations count(state);
  for ([[maybe_unused]] auto _ : state) {
    RunPair(nodes, names);
    nodes.Advance(core::milliseconds(1));
  }
}
BENCHMARK(BM_QuorumRounds)->ArgName("nodes")->Arg(1)->Arg(3)->Arg(5);

// One extension, by the keeper, of each of the leases that are held.
void BM_KeepLeases(benchmark::State& state) {
  GrantingNodes nodes(3);
  for (int i = 0; i < state.range(0); ++i) {
    const std::vector<std::string> names = {"held:" + std::to_string(i)};
    const auto acquired = [](core::Engine&, const absl::StatusOr<core::LeaseId>& id) {
      MustBeOk(id.status());
    };
    nodes.engine().Acquire(1, names, {.auto_extend = true}, acquired, nodes.now());
    nodes.AnswerAll();
  }
  const core::nanoseconds third = core::milliseconds(10'000) / 3;
  nodes.Advance(third);
  const CountAllocations count(state);
  for ([[maybe_unused]] auto _ : state) nodes.Advance(third);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_KeepLeases)->ArgName("leases")->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace holdfast::bench
