// Commands for data through one connection.
#ifndef HOLDFAST_BENCH_LOAD_DATA_LOAD_H_
#define HOLDFAST_BENCH_LOAD_DATA_LOAD_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "asio/io_context.hpp"
#include "holdfast/cache.h"
#include "holdfast/redis.h"

namespace holdfast::bench {

class DataLoad {
 public:
  explicit DataLoad(const std::string& url);

  // Each runs `count` operations, of which `in_flight` are under way at a time.
  void Set(int in_flight, int count);
  void Get(int in_flight, int count);
  void Commands(int in_flight, int count);   // Plain SETs, one by one,
  void Pipelines(int in_flight, int count);  // and in pipelines of `in_flight`.

 private:
  using Done = std::function<void(const absl::Status&)>;
  void Run(int in_flight, int count, const std::function<void(Done)>& start);
  void StartNext();
  void SendPipeline(int in_flight);

  asio::io_context io_{1};
  absl::StatusOr<Redis> redis_;
  absl::StatusOr<Cache> cache_;
  std::function<void(Done)> start_;
  int to_start_ = 0;
  int to_finish_ = 0;
};

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_DATA_LOAD_H_
