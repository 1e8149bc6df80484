#include "cache/scan.h"

#include <cstdint>
#include <set>
#include <tuple>
#include <utility>

#include "cache/call.h"
#include "cache/state.h"
#include "core/text.h"
#include "holdfast/cache.h"

namespace holdfast {
namespace detail {
namespace {

constexpr int kLargestPage = 100'000;
// Of one master. A scan of a server ends by itself, unless the server is none.
constexpr std::size_t kMostPages = 10'000'000;

}  // namespace

std::string EscapedPattern(std::string_view bytes) {
  std::string pattern;
  for (const char byte : bytes) {
    if (std::string_view("*?[]\\").find(byte) != std::string_view::npos) pattern += '\\';
    pattern += byte;
  }
  return pattern;
}

void ScanWalk::Start(absl::AnyInvocable<void(absl::Status)> done) {
  done_ = std::move(done);
  redis_.Nodes([self = shared_from_this()](absl::StatusOr<std::vector<RedisNode>> nodes) {
    if (!nodes.ok()) return self->done_(nodes.status());
    for (RedisNode& node : *nodes) {
      if (node.role == RedisNode::Role::kMaster) self->masters_.push_back(std::move(node.client));
    }
    if (self->masters_.empty()) return self->done_(absl::UnavailableError("SCAN: no master"));
    self->StartMaster();
  });
}

void ScanWalk::StartMaster() {
  pages_ = 0;
  Ask("0");
}

void ScanWalk::Ask(const std::string& cursor) {
  Command scan("SCAN", cursor, "MATCH", pattern_, "COUNT", page_);
  masters_.back().Execute(std::move(scan),
                          [self = shared_from_this()](const absl::StatusOr<Reply>& reply) {
                            if (absl::Status status = self->OnReply(reply); !status.ok())
                              self->done_(status);
                          });
}

absl::Status ScanWalk::OnReply(const absl::StatusOr<Reply>& reply) {
  if (!reply.ok()) return reply.status();
  auto page = reply->As<std::tuple<std::string, std::vector<std::string>>>();
  if (!page.ok()) return page.status();
  if (++pages_ > kMostPages) return absl::ResourceExhaustedError("SCAN does not come to an end");
  auto& [cursor, keys] = *page;
  on_page_(std::move(keys),
           [self = shared_from_this(), cursor = cursor](const absl::Status& status) {
             if (!status.ok()) return self->done_(status);
             self->GoOn(cursor);
           });
  return absl::OkStatus();
}

void ScanWalk::GoOn(const std::string& cursor) {
  if (cursor != "0") return Ask(cursor);
  masters_.pop_back();
  if (masters_.empty()) return done_(absl::OkStatus());
  StartMaster();
}

}  // namespace detail

namespace {

using detail::ScanWalk;

absl::Status CheckPage(int page) {
  if (page >= 1 && page <= detail::kLargestPage) return absl::OkStatus();
  return core::InvalidArgument("page must be 1 to 100000");
}

// Without duplicates and without the prefix.
class FoundKeys {
 public:
  FoundKeys(std::size_t prefix_size, std::size_t most) : prefix_size_(prefix_size), most_(most) {}

  absl::Status Add(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
      // A server that answers with others is none.
      if (key.size() < prefix_size_) return absl::InternalError("SCAN: a key without the prefix");
      keys_.insert(key.substr(prefix_size_));
    }
    if (keys_.size() <= most_) return absl::OkStatus();
    return absl::ResourceExhaustedError("SCAN: more than max_keys (" + std::to_string(most_) +
                                        ") keys");
  }
  std::vector<std::string> Take() const { return {keys_.begin(), keys_.end()}; }

 private:
  const std::size_t prefix_size_;
  const std::size_t most_;
  std::set<std::string> keys_;
};

// Removes a page's keys through the whole client, as on a cluster they are of many slots.
void RemovePage(const Redis& redis, const std::vector<std::string>& keys,
                const std::shared_ptr<std::int64_t>& removed, ScanWalk::Next next) {
  if (keys.empty()) return next(absl::OkStatus());
  redis.Execute(Command("UNLINK").AddAll(keys),
                [removed, next = std::move(next)](const absl::StatusOr<Reply>& reply) {
                  const auto count = reply.ok() ? reply->As<std::int64_t>() : reply.status();
                  if (count.ok()) *removed += *count;
                  next(count.status());
                });
}

}  // namespace

Cache::Call<std::vector<std::string>> Cache::MakeScan(std::string_view pattern,
                                                      const ScanOptions& options) const {
  using Result = absl::StatusOr<std::vector<std::string>>;
  if (absl::Status status = CheckPage(options.page); !status.ok()) {
    return detail::Answered<Result>(status);
  }
  const std::string& prefix = state_->options.prefix;
  const auto found = std::make_shared<FoundKeys>(prefix.size(), options.max_keys);
  const auto walk = std::make_shared<ScanWalk>(
      state_->redis, detail::EscapedPattern(prefix) + std::string(pattern), options.page,
      [found](const std::vector<std::string>& keys, const ScanWalk::Next& next) {
        next(found->Add(keys));
      });
  return [walk, found](detail::Completion<Result> done) {
    walk->Start([found, done = std::move(done)](const absl::Status& status) mutable {
      done(status.ok() ? Result(found->Take()) : Result(status));
    });
  };
}

Cache::Call<std::int64_t> Cache::MakeClear(const ClearOptions& options) const {
  using Result = absl::StatusOr<std::int64_t>;
  absl::Status status = CheckPage(options.page);
  if (state_->options.prefix.empty() && !options.whole_database) {
    status = core::InvalidArgument(
        "a cache without a prefix is the whole database: clearing it needs whole_database");
  }
  if (!status.ok()) return detail::Answered<Result>(status);
  const auto removed = std::make_shared<std::int64_t>(0);
  const auto walk = std::make_shared<ScanWalk>(
      state_->redis, detail::EscapedPattern(state_->options.prefix) + "*", options.page,
      [redis = state_->redis, removed](const std::vector<std::string>& keys, ScanWalk::Next next) {
        RemovePage(redis, keys, removed, std::move(next));
      });
  return [walk, removed](detail::Completion<Result> done) {
    walk->Start([removed, done = std::move(done)](const absl::Status& end) mutable {
      done(end.ok() ? Result(*removed) : Result(end));
    });
  };
}

}  // namespace holdfast
