#include "holdfast/detail/reply_convert.h"

#include <algorithm>
#include <charconv>

#include "core/redis_errors.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

std::string Describe(const Reply& reply) {
  switch (reply.type()) {
    case Reply::Type::kNil:
      return "nil";
    case Reply::Type::kInteger:
      return "the integer " + std::to_string(reply.integer());
    case Reply::Type::kString:
      return "the string \"" + core::Printable(reply.text()) + "\"";
    case Reply::Type::kStatus:
      return "the status " + core::Printable(reply.text());
    case Reply::Type::kArray:
      return "an array of " + std::to_string(reply.size());
    case Reply::Type::kError:
      break;
  }
  return "an error";
}

// An error reply is no reply of another type than was expected, but the command's failure.
absl::Status Mismatch(const Reply& reply, const std::string& expected) {
  if (reply.is_error()) return reply.status();
  return core::InvalidArgument("expected " + expected + ", got " + Describe(reply));
}

bool IsDecimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

template <class Wide>
std::optional<Wide> NumberIn(const Reply& reply) {
  if (!reply.is_integer()) return core::ParseNumber<Wide>(reply.text());
  if (!std::in_range<Wide>(reply.integer())) return std::nullopt;
  return static_cast<Wide>(reply.integer());
}

template <class Wide>
absl::StatusOr<Wide> ToNumber(const Reply& reply, Wide min, Wide max) {
  const bool is_number = reply.is_integer() || (reply.is_string() && IsDecimal(reply.text()));
  if (!is_number) return Mismatch(reply, "an integer");
  const std::optional<Wide> number = NumberIn<Wide>(reply);
  if (number && *number >= min && *number <= max) return *number;
  return absl::OutOfRangeError("expected an integer from " + std::to_string(min) + " to " +
                               std::to_string(max) + ", got " + Describe(reply));
}

}  // namespace

absl::StatusOr<std::string> ReplyToString(const Reply& reply) {
  if (!reply.is_string() && !reply.is_status()) return Mismatch(reply, "a string");
  return std::string(reply.text());
}

absl::StatusOr<std::int64_t> ReplyToSigned(const Reply& reply, std::int64_t min, std::int64_t max) {
  return ToNumber(reply, min, max);
}

absl::StatusOr<std::uint64_t> ReplyToUnsigned(const Reply& reply, std::uint64_t max) {
  return ToNumber(reply, std::uint64_t{0}, max);
}

absl::StatusOr<double> ReplyToDouble(const Reply& reply) {
  if (reply.is_integer()) return static_cast<double>(reply.integer());
  if (!reply.is_string()) return Mismatch(reply, "a number");
  const std::string_view text = reply.text();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && end == text.data() + text.size();
  if (!whole || error == std::errc::invalid_argument) return Mismatch(reply, "a number");
  if (error == std::errc()) return number;
  return absl::OutOfRangeError("expected a number that a double can hold, got " + Describe(reply));
}

absl::StatusOr<bool> ReplyToBool(const Reply& reply) {
  if (reply.is_nil()) return false;
  if (reply.is_ok()) return true;
  const bool is_truth = reply.is_integer() && (reply.integer() == 0 || reply.integer() == 1);
  if (!is_truth) return Mismatch(reply, "1, 0, OK or nil");
  return reply.integer() == 1;
}

absl::Status ExpectArray(const Reply& reply) {
  return reply.is_array() ? absl::OkStatus() : Mismatch(reply, "an array");
}

absl::Status ExpectArrayOf(const Reply& reply, std::size_t size) {
  if (reply.is_array() && reply.size() == size) return absl::OkStatus();
  return Mismatch(reply, "an array of " + std::to_string(size));
}

absl::Status ExpectPairs(const Reply& reply) {
  const bool pairs = reply.is_array() && (reply.size() % 2 == 0 || HasNestedPairs(reply));
  return pairs ? absl::OkStatus() : Mismatch(reply, "an array of keys and values");
}

bool HasNestedPairs(const Reply& reply) { return reply[0].is_array(); }

absl::Status ElementError(std::size_t i, const absl::Status& status) {
  return WithContext("element [" + std::to_string(i) + "]", status);
}

}  // namespace holdfast::detail
