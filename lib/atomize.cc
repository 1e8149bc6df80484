#include <exception>
#include <optional>

#include "core/failure.h"
#include "holdfast/detail/held_call.h"
#include "holdfast/errors.h"

namespace holdfast::detail {

absl::Status LossOf(const std::string& name, const absl::Status& release) {
  std::optional<Failure> failure = GetFailure(release);
  if (!failure || failure->kind != Failure::Kind::kLost) return absl::OkStatus();
  failure->summary = "the function has run, but not under the lock to its end: " + failure->summary;
  return core::MakeFailure(name, *failure);
}

absl::Status EndOf(BlockingLock& lock) noexcept {
  try {
    return LossOf(lock.name(), lock.Release());
  } catch (const std::exception&) {
    return absl::OkStatus();
  }
}

}  // namespace holdfast::detail
