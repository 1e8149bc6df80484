// A walk over all keys that match a pattern, page by page, on one master after the other.
#ifndef HOLDFAST_CACHE_SCAN_H_
#define HOLDFAST_CACHE_SCAN_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "holdfast/redis.h"

namespace holdfast::detail {

// A pattern of Redis that matches just these bytes.
std::string EscapedPattern(std::string_view bytes);

// Keeps itself alive until its end.
class ScanWalk : public std::enable_shared_from_this<ScanWalk> {
 public:
  using Next = std::function<void(absl::Status)>;

  // Gets each page's keys, as they are on the server; the walk goes on when it calls `next`, and
  // ends where that has an error. A page may be empty, and a key be on several.
  using OnPage = std::function<void(std::vector<std::string> keys, Next next)>;

  ScanWalk(Redis redis, std::string pattern, int page, OnPage on_page)
      : redis_(std::move(redis)),
        pattern_(std::move(pattern)),
        page_(page),
        on_page_(std::move(on_page)) {}

  void Start(absl::AnyInvocable<void(absl::Status)> done);

 private:
  void StartMaster();
  void Ask(const std::string& cursor);
  absl::Status OnReply(const absl::StatusOr<Reply>& reply);
  void GoOn(const std::string& cursor);

  const Redis redis_;
  const std::string pattern_;
  const int page_;
  const OnPage on_page_;
  std::vector<Redis> masters_;  // Still to be walked over; the last one is under way.
  std::size_t pages_ = 0;
  absl::AnyInvocable<void(absl::Status)> done_;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CACHE_SCAN_H_
