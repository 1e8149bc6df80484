#include "load/data_load.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "load/die.h"

namespace holdfast::bench {
namespace {

constexpr const char* kKey = "key";
constexpr const char* kValue = "a value of about the length that caches have: 64 bytes, or so...";

Command SomeCommand() { return {"SET", "key:__rand_int__", "xxx"}; }

}  // namespace

DataLoad::DataLoad(const std::string& url)
    : redis_(Redis::Create(io_.get_executor(), {.url = url})) {
  MustBeOk(redis_.status());
  cache_ = Cache::Create(*redis_, {.prefix = "bench:"});
  MustBeOk(cache_.status());
  Set(1, 1);  // Connects, and Get has something to find.
}

void DataLoad::Set(int in_flight, int count) {
  Run(in_flight, count, [this](const Done& done) {
    cache_->Set(kKey, kValue, {}, [done](const absl::StatusOr<bool>& set) { done(set.status()); });
  });
}

void DataLoad::Get(int in_flight, int count) {
  using Value = absl::StatusOr<std::optional<std::string>>;
  Run(in_flight, count, [this](const Done& done) {
    cache_->Get(kKey, [done](const Value& value) {
      if (value.ok() && !*value) Die("what was set is not there");
      done(value.status());
    });
  });
}

void DataLoad::Commands(int in_flight, int count) {
  Run(in_flight, count, [this](const Done& done) {
    redis_->Execute(SomeCommand(),
                    [done](const absl::StatusOr<Reply>& reply) { done(reply.status()); });
  });
}

void DataLoad::Pipelines(int in_flight, int count) {
  to_start_ = to_finish_ = count;
  SendPipeline(in_flight);
  while (to_finish_ > 0) io_.run_one();
}

void DataLoad::Run(int in_flight, int count, const std::function<void(Done)>& start) {
  to_start_ = to_finish_ = count;
  start_ = start;
  for (int i = 0; i < in_flight; ++i) StartNext();
  while (to_finish_ > 0) io_.run_one();
}

void DataLoad::StartNext() {
  if (to_start_ == 0) return;
  --to_start_;
  start_([this](const absl::Status& status) {
    MustBeOk(status);
    --to_finish_;
    StartNext();
  });
}

void DataLoad::SendPipeline(int in_flight) {
  const int size = std::min(in_flight, to_start_);
  if (size == 0) return;
  to_start_ -= size;
  Batch batch;
  for (int i = 0; i < size; ++i) batch.Add(SomeCommand());
  redis_->Pipeline(std::move(batch),
                   [this, in_flight](const std::vector<absl::StatusOr<Reply>>& replies) {
                     for (const absl::StatusOr<Reply>& reply : replies) MustBeOk(reply.status());
                     to_finish_ -= static_cast<int>(replies.size());
                     SendPipeline(in_flight);
                   });
}

}  // namespace holdfast::bench
