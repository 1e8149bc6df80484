// The members of Redis and Watch that take a completion token. Not for direct use.
#ifndef HOLDFAST_DETAIL_REDIS_CALLS_H_
#define HOLDFAST_DETAIL_REDIS_CALLS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "holdfast/redis.h"

namespace holdfast {
namespace detail {

// For calls that cannot be cancelled.
template <class Result, Hop hop = Hop::kPost, class Token, class Start>
auto InitiateCall(Token&& token, const asio::any_io_executor& executor, Start start) {
  return Initiate<Result, hop>(std::forward<Token>(token), executor, std::move(start), [] {});
}

}  // namespace detail

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Reply>)) CompletionToken>
auto Redis::Execute(Command command, CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<Reply>;
  return detail::InitiateCall<Result, detail::Hop::kDispatch>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this, command = std::move(command)](detail::Completion<Result> done) mutable {
        self.StartExecute(std::move(command), std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(std::vector<absl::StatusOr<Reply>>)) CompletionToken>
auto Redis::Pipeline(Batch batch, CompletionToken&& completion_token) const {
  using Result = std::vector<absl::StatusOr<Reply>>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this, batch = std::move(batch)](detail::Completion<Result> done) mutable {
        self.StartPipeline(std::move(batch), std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<Reply>>)) CompletionToken>
auto Redis::Transaction(Batch batch, CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<std::vector<Reply>>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this, batch = std::move(batch)](detail::Completion<Result> done) mutable {
        self.StartTransaction(std::move(batch), std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Watch>)) CompletionToken>
auto Redis::WatchKeys(Arguments keys, CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<Watch>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this, keys = std::move(keys)](detail::Completion<Result> done) mutable {
        self.StartWatch(std::move(keys), std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Reply>)) CompletionToken>
auto Redis::Run(const Script& script, const Arguments& keys, const Arguments& arguments,
                CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<Reply>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this, script, keys, arguments](detail::Completion<Result> done) mutable {
        self.StartRun(script, keys, arguments, std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Subscription>)) CompletionToken>
auto Redis::Subscribe(Channels channels, SubscriptionHandler handler,
                      CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<Subscription>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this, channels = std::move(channels),
       handler = std::move(handler)](detail::Completion<Result> done) mutable {
        self.StartSubscribe(std::move(channels), std::move(handler), std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::vector<RedisNode>>)) CompletionToken>
auto Redis::Nodes(CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<std::vector<RedisNode>>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this](detail::Completion<Result> done) { self.StartNodes(std::move(done)); });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::Status)) CompletionToken>
auto Redis::Quit(CompletionToken&& completion_token) const {
  return detail::InitiateCall<absl::Status>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [self = *this](detail::Completion<absl::Status> done) { self.StartQuit(std::move(done)); });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<Reply>)) CompletionToken>
auto Watch::Execute(Command command, CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<Reply>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [handle = handle_, command = std::move(command)](detail::Completion<Result> done) mutable {
        Watch(handle).StartExecute(std::move(command), std::move(done));
      });
}

template <ASIO_COMPLETION_TOKEN_FOR(void(absl::StatusOr<std::optional<std::vector<Reply>>>))
              CompletionToken>
auto Watch::Transaction(Batch batch, CompletionToken&& completion_token) const {
  using Result = absl::StatusOr<std::optional<std::vector<Reply>>>;
  return detail::InitiateCall<Result>(
      std::forward<CompletionToken>(completion_token), get_executor(),
      [handle = handle_, batch = std::move(batch)](detail::Completion<Result> done) mutable {
        Watch(handle).StartTransaction(std::move(batch), std::move(done));
      });
}

}  // namespace holdfast

#endif  // HOLDFAST_DETAIL_REDIS_CALLS_H_
