// How Reply::As makes what it is asked for. Not for direct use.
#ifndef HOLDFAST_DETAIL_REPLY_CONVERT_H_
#define HOLDFAST_DETAIL_REPLY_CONVERT_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "holdfast/reply.h"

namespace holdfast::detail {

absl::StatusOr<std::string> ReplyToString(const Reply& reply);
absl::StatusOr<std::int64_t> ReplyToSigned(const Reply& reply, std::int64_t min, std::int64_t max);
absl::StatusOr<std::uint64_t> ReplyToUnsigned(const Reply& reply, std::uint64_t max);
absl::StatusOr<double> ReplyToDouble(const Reply& reply);
absl::StatusOr<bool> ReplyToBool(const Reply& reply);

// OK for an array; for one of `size` elements; for one of keys and values.
absl::Status ExpectArray(const Reply& reply);
absl::Status ExpectArrayOf(const Reply& reply, std::size_t size);
absl::Status ExpectPairs(const Reply& reply);

// Whether an array of keys and values has an array for each two, as that of XRANGE.
bool HasNestedPairs(const Reply& reply);

// The error of the array's i-th element, which the message then names.
absl::Status ElementError(std::size_t i, const absl::Status& status);

template <class T>
concept ReplyNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                      !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
struct ReplyConverter {
  static_assert(
      !std::is_same_v<T, T>,
      "Reply::As has no conversion to this type; std::string_view would outlive its text");
};

template <>
struct ReplyConverter<Reply> {
  static absl::StatusOr<Reply> Convert(const Reply& reply) { return reply; }
};

template <>
struct ReplyConverter<std::string> {
  static absl::StatusOr<std::string> Convert(const Reply& reply) { return ReplyToString(reply); }
};

template <>
struct ReplyConverter<double> {
  static absl::StatusOr<double> Convert(const Reply& reply) { return ReplyToDouble(reply); }
};

template <>
struct ReplyConverter<bool> {
  static absl::StatusOr<bool> Convert(const Reply& reply) { return ReplyToBool(reply); }
};

template <ReplyNumber T>
struct ReplyConverter<T> {
  static absl::StatusOr<T> Convert(const Reply& reply) {
    using Limits = std::numeric_limits<T>;
    if constexpr (std::signed_integral<T>) {
      return Narrow(ReplyToSigned(reply, Limits::min(), Limits::max()));
    } else {
      return Narrow(ReplyToUnsigned(reply, Limits::max()));
    }
  }
  template <class Wide>
  static absl::StatusOr<T> Narrow(const absl::StatusOr<Wide>& number) {
    if (!number.ok()) return number.status();
    return static_cast<T>(*number);
  }
};

template <class T>
struct ReplyConverter<std::optional<T>> {
  static absl::StatusOr<std::optional<T>> Convert(const Reply& reply) {
    if (reply.is_nil()) return std::optional<T>();
    absl::StatusOr<T> value = reply.As<T>();
    if (!value.ok()) return value.status();
    return std::optional<T>(*std::move(value));
  }
};

// Of the i-th element. The error, if there is one, goes to `status`, unless it has one already.
template <class T>
std::optional<T> ConvertElement(const Reply& array, std::size_t i, absl::Status& status) {
  absl::StatusOr<T> value = array[i].As<T>();
  if (value.ok()) return *std::move(value);
  if (status.ok()) status = ElementError(i, value.status());
  return std::nullopt;
}

template <class T>
struct ReplyConverter<std::vector<T>> {
  static absl::StatusOr<std::vector<T>> Convert(const Reply& reply) {
    absl::Status status = ExpectArray(reply);
    std::vector<T> values;
    values.reserve(reply.size());
    for (std::size_t i = 0; i < reply.size() && status.ok(); ++i) {
      if (auto value = ConvertElement<T>(reply, i, status)) values.push_back(*std::move(value));
    }
    if (!status.ok()) return status;
    return values;
  }
};

template <class... T>
struct ReplyConverter<std::tuple<T...>> {
  static absl::StatusOr<std::tuple<T...>> Convert(const Reply& reply) {
    if (absl::Status status = ExpectArrayOf(reply, sizeof...(T)); !status.ok()) return status;
    return Elements(reply, std::index_sequence_for<T...>());
  }
  template <std::size_t... I>
  static absl::StatusOr<std::tuple<T...>> Elements(const Reply& reply, std::index_sequence<I...>) {
    absl::Status status;
    std::tuple<std::optional<T>...> values{ConvertElement<T>(reply, I, status)...};
    if (!status.ok()) return status;
    return std::tuple<T...>(*std::move(std::get<I>(values))...);
  }
};

template <class A, class B>
struct ReplyConverter<std::pair<A, B>> {
  static absl::StatusOr<std::pair<A, B>> Convert(const Reply& reply) {
    absl::StatusOr<std::tuple<A, B>> both = reply.As<std::tuple<A, B>>();
    if (!both.ok()) return both.status();
    return std::pair<A, B>(std::get<0>(*std::move(both)), std::get<1>(*std::move(both)));
  }
};

template <class K, class V>
struct ReplyConverter<std::vector<std::pair<K, V>>> {
  using Pairs = std::vector<std::pair<K, V>>;

  static absl::StatusOr<Pairs> Convert(const Reply& reply) {
    if (absl::Status status = ExpectPairs(reply); !status.ok()) return status;
    return HasNestedPairs(reply) ? Nested(reply) : Flat(reply);
  }
  static absl::StatusOr<Pairs> Nested(const Reply& reply) {
    absl::Status status;
    Pairs pairs;
    pairs.reserve(reply.size());
    for (std::size_t i = 0; i < reply.size() && status.ok(); ++i) {
      auto pair = ConvertElement<std::pair<K, V>>(reply, i, status);
      if (pair) pairs.push_back(*std::move(pair));
    }
    if (!status.ok()) return status;
    return pairs;
  }
  static absl::StatusOr<Pairs> Flat(const Reply& reply) {
    absl::Status status;
    Pairs pairs;
    pairs.reserve(reply.size() / 2);
    for (std::size_t i = 0; i < reply.size() && status.ok(); i += 2) {
      auto key = ConvertElement<K>(reply, i, status);
      auto value = ConvertElement<V>(reply, i + 1, status);
      if (key && value) pairs.emplace_back(*std::move(key), *std::move(value));
    }
    if (!status.ok()) return status;
    return pairs;
  }
};

template <class Map>
struct ReplyMapConverter {
  static absl::StatusOr<Map> Convert(const Reply& reply) {
    using Pairs = std::vector<std::pair<typename Map::key_type, typename Map::mapped_type>>;
    absl::StatusOr<Pairs> pairs = reply.As<Pairs>();
    if (!pairs.ok()) return pairs.status();
    Map map;
    for (auto& [key, value] : *pairs) map.insert_or_assign(std::move(key), std::move(value));
    return map;
  }
};

template <class K, class V, class... Rest>
struct ReplyConverter<std::map<K, V, Rest...>> : ReplyMapConverter<std::map<K, V, Rest...>> {};

template <class K, class V, class... Rest>
struct ReplyConverter<std::unordered_map<K, V, Rest...>>
    : ReplyMapConverter<std::unordered_map<K, V, Rest...>> {};

}  // namespace holdfast::detail

#endif  // HOLDFAST_DETAIL_REPLY_CONVERT_H_
