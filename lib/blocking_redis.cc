#include "holdfast/blocking_redis.h"

#include "io_thread.h"

namespace holdfast {

absl::StatusOr<Reply> BlockingWatch::Execute(Command command) const {
  return thread_->Await<absl::StatusOr<Reply>>(
      [&](auto handler) { watch_.Execute(std::move(command), std::move(handler)); });
}

absl::StatusOr<std::optional<std::vector<Reply>>> BlockingWatch::Transaction(Batch batch) const {
  return thread_->Await<absl::StatusOr<std::optional<std::vector<Reply>>>>(
      [&](auto handler) { watch_.Transaction(std::move(batch), std::move(handler)); });
}

absl::StatusOr<BlockingRedis> BlockingRedis::Create(RedisOptions options) {
  auto thread = detail::IoThread::Start();
  if (!thread.ok()) return thread.status();
  auto redis = Redis::Create((*thread)->io().get_executor(), std::move(options));
  if (!redis.ok()) return redis.status();
  return BlockingRedis(*std::move(thread), *std::move(redis));
}

absl::StatusOr<Reply> BlockingRedis::Execute(Command command) const {
  return thread_->Await<absl::StatusOr<Reply>>(
      [&](auto handler) { redis_.Execute(std::move(command), std::move(handler)); });
}

std::vector<absl::StatusOr<Reply>> BlockingRedis::Pipeline(Batch batch) const {
  if (const absl::Status status = thread_->CheckCaller(); !status.ok()) {
    return std::vector<absl::StatusOr<Reply>>(batch.size(), status);
  }
  return thread_->Await<std::vector<absl::StatusOr<Reply>>>(
      [&](auto handler) { redis_.Pipeline(std::move(batch), std::move(handler)); });
}

absl::StatusOr<std::vector<Reply>> BlockingRedis::Transaction(Batch batch) const {
  return thread_->Await<absl::StatusOr<std::vector<Reply>>>(
      [&](auto handler) { redis_.Transaction(std::move(batch), std::move(handler)); });
}

absl::StatusOr<BlockingWatch> BlockingRedis::WatchKeys(Arguments keys) const {
  auto watch = thread_->Await<absl::StatusOr<Watch>>(
      [&](auto handler) { redis_.WatchKeys(std::move(keys), std::move(handler)); });
  if (!watch.ok()) return watch.status();
  return BlockingWatch(thread_->NewHandle(), *std::move(watch));
}

absl::StatusOr<Reply> BlockingRedis::Run(const Script& script, const Arguments& keys,
                                         const Arguments& arguments) const {
  return thread_->Await<absl::StatusOr<Reply>>(
      [&](auto handler) { redis_.Run(script, keys, arguments, std::move(handler)); });
}

absl::StatusOr<BlockingSubscription> BlockingRedis::Subscribe(Channels channels,
                                                              SubscriptionHandler handler) const {
  auto subscription = thread_->Await<absl::StatusOr<Subscription>>([&](auto done) {
    redis_.Subscribe(std::move(channels), std::move(handler), std::move(done));
  });
  if (!subscription.ok()) return subscription.status();
  return BlockingSubscription(thread_->NewHandle(), *std::move(subscription));
}

absl::StatusOr<std::vector<BlockingRedisNode>> BlockingRedis::Nodes() const {
  auto nodes = thread_->Await<absl::StatusOr<std::vector<RedisNode>>>(
      [&](auto handler) { redis_.Nodes(std::move(handler)); });
  if (!nodes.ok()) return nodes.status();
  std::vector<BlockingRedisNode> made;
  for (RedisNode& node : *nodes) {
    made.push_back({node.address, node.id, node.role, node.master,
                    BlockingRedis(thread_, std::move(node.client))});
  }
  return made;
}

absl::Status BlockingRedis::Quit() const {
  return thread_->Await<absl::Status>([&](auto handler) { redis_.Quit(std::move(handler)); });
}

void BlockingRedis::Disconnect() const {
  redis_.Disconnect();
  thread_->Nudge();
}

const Redis& BlockingRedis::async() const {
  thread_->Stay();
  return redis_;
}

}  // namespace holdfast
