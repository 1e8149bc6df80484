#include "commands.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "asio/io_context.hpp"
#include "die.h"
#include "holdfast/redis.h"
#include "servers.h"

namespace holdfast::bench {
namespace {

constexpr int kInFlight = 64;
constexpr int kCommands = 100'000;
constexpr int kRounds = 7;

// The aim is half of what redis-benchmark does on one connection. What --check demands leaves room
// for a machine that others use, too.
constexpr double kAimedRatio = 0.5;
constexpr double kMinRatio = 0.4;
constexpr std::size_t kMaxGrowthBytes = 64 * 1024;

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Command SomeCommand() { return {"SET", "key:__rand_int__", "xxx"}; }

class Load {
 public:
  explicit Load(const std::string& url) : redis_(Redis::Create(io_.get_executor(), {.url = url})) {
    if (!redis_.ok()) Die(redis_.status().ToString());
  }

  // Both return commands per second.
  double OneByOne(int commands) {
    return Time(commands, [this] {
      for (int i = 0; i < kInFlight; ++i) SendOne();
    });
  }

  double InPipelines(int commands) {
    return Time(commands, [this] { SendPipeline(); });
  }

 private:
  template <class Start>
  double Time(int commands, Start start) {
    to_send_ = commands;
    to_answer_ = commands;
    const auto begin = std::chrono::steady_clock::now();
    start();
    while (to_answer_ > 0) io_.run_one();
    return commands /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  void SendOne() {
    if (to_send_ == 0) return;
    --to_send_;
    redis_->Execute(SomeCommand(), [this](const absl::StatusOr<Reply>& reply) {
      if (!reply.ok()) Die(reply.status().ToString());
      --to_answer_;
      SendOne();
    });
  }

  void SendPipeline() {
    const int size = std::min(kInFlight, to_send_);
    if (size == 0) return;
    to_send_ -= size;
    Batch batch;
    for (int i = 0; i < size; ++i) batch.Add(SomeCommand());
    redis_->Pipeline(std::move(batch), [this](const std::vector<absl::StatusOr<Reply>>& replies) {
      for (const absl::StatusOr<Reply>& reply : replies) {
        if (!reply.ok()) Die(reply.status().ToString());
      }
      to_answer_ -= static_cast<int>(replies.size());
      SendPipeline();
    });
  }

  asio::io_context io_{1};
  absl::StatusOr<Redis> redis_;
  int to_send_ = 0;
  int to_answer_ = 0;
};

// SETs per second, as redis-benchmark measures them.
double RedisBenchmark(int port, int clients) {
  const std::string command = "redis-benchmark -p " + std::to_string(port) + " -c " +
                              std::to_string(clients) + " -P " + std::to_string(kInFlight) +
                              " -n " + std::to_string(3 * kCommands) + " -t set --csv";
  FILE* output = popen(command.c_str(), "r");
  if (output == nullptr) Die("cannot run redis-benchmark");
  double rate = 0;
  char line[512];
  while (std::fgets(line, sizeof line, output) != nullptr) {
    std::sscanf(line, "\"SET\",\"%lf\"", &rate);
  }
  if (pclose(output) != 0 || rate <= 0) Die("redis-benchmark failed: " + command);
  return rate;
}

std::size_t AllocatedBytes() { return mallinfo2().uordblks; }

// How much more is allocated after many commands than after few.
std::size_t GrowthOver(Load& load, int commands) {
  load.OneByOne(commands / 10);
  const std::size_t before = AllocatedBytes();
  load.OneByOne(commands);
  const std::size_t after = AllocatedBytes();
  return after > before ? after - before : 0;
}

}  // namespace

bool CompareCommands() {
  const Servers servers(1);
  Load load(servers.urls()[0]);
  std::vector<double> one_by_one, pipelines, many, one;
  for (int round = -1; round < kRounds; ++round) {
    one_by_one.push_back(load.OneByOne(kCommands));
    pipelines.push_back(load.InPipelines(kCommands));
    many.push_back(RedisBenchmark(servers.ports()[0], 50));
    one.push_back(RedisBenchmark(servers.ports()[0], 1));
  }
  const std::size_t growth = GrowthOver(load, kCommands);
  const double ours = Median(one_by_one);
  std::printf(
      "SET, 64 in flight on one connection: %.0f/s one by one, %.0f/s in pipelines of 64; "
      "redis-benchmark -P 64: %.0f/s on 50 connections (%.2f, %.2f), %.0f/s on one (%.2f, %.2f); "
      "%zu bytes kept after %d commands\n",
      ours, Median(pipelines), Median(many), ours / Median(many), Median(pipelines) / Median(many),
      Median(one), ours / Median(one), Median(pipelines) / Median(one), growth, kCommands);
  const double ratio = ours / Median(one);
  std::printf("commands: %.2f of redis-benchmark on one connection (aim %.2f, at least %.2f)\n",
              ratio, kAimedRatio, kMinRatio);
  return ratio >= kMinRatio && growth <= kMaxGrowthBytes;
}

}  // namespace holdfast::bench
