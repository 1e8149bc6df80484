// Operations of a cache: commands, and what is made of the replies.
#ifndef HOLDFAST_CACHE_CALL_H_
#define HOLDFAST_CACHE_CALL_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cache/state.h"
#include "holdfast/batch.h"
#include "holdfast/cache.h"
#include "holdfast/command.h"
#include "holdfast/reply.h"
#include "holdfast/script.h"

namespace holdfast::detail {

using CachePointer = std::shared_ptr<const CacheState>;

// Asks nobody: a result, or an error, that is known at once.
template <class Result>
CacheCall<Result> Answered(Result result) {
  return [result = std::move(result)](Completion<Result> done) mutable { done(std::move(result)); };
}

// One command. `read` makes the result of its reply, which is no error.
template <class Result, class Read>
CacheCall<Result> Ask(CachePointer cache, Command command, Read read) {
  return [cache = std::move(cache), command = std::move(command),
          read = std::move(read)](Completion<Result> done) mutable {
    cache->redis.Execute(std::move(command), [read = std::move(read), done = std::move(done)](
                                                 absl::StatusOr<Reply> reply) mutable {
      if (!reply.ok()) return done(reply.status());
      done(read(*reply));
    });
  };
}

// The same, where the reply is the result.
template <class T>
CacheCall<absl::StatusOr<T>> AskFor(CachePointer cache, Command command) {
  return Ask<absl::StatusOr<T>>(std::move(cache), std::move(command),
                                [](const Reply& reply) { return reply.As<T>(); });
}

// Several commands, each with a result of its own; `read` is given all of them.
template <class Result, class Read>
CacheCall<Result> AskEach(CachePointer cache, Batch batch, Read read) {
  return [cache = std::move(cache), batch = std::move(batch),
          read = std::move(read)](Completion<Result> done) mutable {
    cache->redis.Pipeline(std::move(batch),
                          [read = std::move(read), done = std::move(done)](
                              std::vector<absl::StatusOr<Reply>> replies) mutable {
                            done(read(std::move(replies)));
                          });
  };
}

// Several commands for one key, with nobody else's between them. The result is made of the i-th
// reply.
template <class T>
CacheCall<absl::StatusOr<T>> AskAtOnce(CachePointer cache, Batch batch, std::size_t i) {
  return [cache = std::move(cache), batch = std::move(batch),
          i](Completion<absl::StatusOr<T>> done) mutable {
    cache->redis.Transaction(
        std::move(batch),
        [i, done = std::move(done)](absl::StatusOr<std::vector<Reply>> replies) mutable {
          if (!replies.ok()) return done(replies.status());
          done(i < replies->size() ? (*replies)[i].As<T>()
                                   : absl::InternalError("EXEC: replies are missing"));
        });
  };
}

// A script, on one key.
template <class T>
CacheCall<absl::StatusOr<T>> AskScript(CachePointer cache, const Script& script,
                                       const Arguments& key, Arguments arguments) {
  return [cache = std::move(cache), script, key,
          arguments = std::move(arguments)](Completion<absl::StatusOr<T>> done) mutable {
    cache->redis.Run(script, key, arguments,
                     [done = std::move(done)](absl::StatusOr<Reply> reply) mutable {
                       if (!reply.ok()) return done(reply.status());
                       done(reply->As<T>());
                     });
  };
}

}  // namespace holdfast::detail

#endif  // HOLDFAST_CACHE_CALL_H_
