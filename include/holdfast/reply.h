// What a Redis server answered.
#ifndef HOLDFAST_REPLY_H_
#define HOLDFAST_REPLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace holdfast {

namespace detail {
struct ReplyAccess;
template <class T>
struct ReplyConverter;
}  // namespace detail

// A reply, or an element of one. Immutable and cheap to copy: copies and elements share what they
// are made of and keep it alive. Asking it for what it is not is safe and yields nothing: "", 0, no
// elements, or nil. Safe to read in several threads at once.
//
//   for (const Reply& name : reply) std::cout << name.text();
//   auto fields = reply.As<std::map<std::string, std::string>>();
class Reply {
 public:
  enum class Type : std::uint8_t { kNil, kInteger, kString, kStatus, kError, kArray };
  class Iterator;

  Reply() = default;  // Nil.
  Reply(const Reply&) = default;
  Reply& operator=(const Reply&) = default;
  // What is moved from is nil.
  Reply(Reply&& other) noexcept
      : owner_(std::move(other.owner_)),
        node_(std::exchange(other.node_, {})),
        small_(other.small_) {}
  Reply& operator=(Reply&& other) noexcept {
    owner_ = std::move(other.owner_);
    node_ = std::exchange(other.node_, {});
    small_ = other.small_;
    return *this;
  }

  Type type() const { return node_.type; }
  bool is_nil() const { return type() == Type::kNil; }
  bool is_integer() const { return type() == Type::kInteger; }
  bool is_string() const { return type() == Type::kString; }
  bool is_status() const { return type() == Type::kStatus; }
  bool is_error() const { return type() == Type::kError; }
  bool is_array() const { return type() == Type::kArray; }
  bool is_ok() const { return is_status() && text() == "OK"; }

  // Of a string, a status or an error. Valid as long as this object is neither changed nor gone; of
  // an element, as long as its array is not.
  std::string_view text() const;
  std::int64_t integer() const { return is_integer() ? node_.integer : 0; }

  // Of an array. The i-th element is found at once; nil where there is none.
  std::size_t size() const { return is_array() ? node_.size : 0; }
  bool empty() const { return size() == 0; }
  Reply operator[](std::size_t i) const;
  Iterator begin() const;
  Iterator end() const;

  // In an array of fields and values by turns, as of HGETALL: the value of the first field that has
  // this name.
  std::optional<Reply> Find(std::string_view field) const;

  // OK unless this is an error, whose status redis_errors.h reads.
  absl::Status status() const;

  // As a T:
  //   std::string                    a string or a status
  //   integers                       an integer, or a string in decimal
  //   double                         a string ("inf" and "nan" too), or an integer
  //   bool                           the integers 1 and 0, the status OK, and nil as false
  //   std::optional<T>               nil as nullopt
  //   std::vector<T>                 an array
  //   std::pair, std::tuple          an array of that size
  //   std::map, std::unordered_map,  an array of keys and values by turns, or of arrays of two; the
  //   std::vector<std::pair<K, V>>   last of equal keys counts in a map
  //   Reply                          as it is, even an error
  // An error reply becomes its status, also inside of an array. Otherwise kOutOfRange for a number
  // that T cannot hold, and kInvalidArgument, with a message that shows the reply, for what is no
  // T.
  template <class T>
  absl::StatusOr<T> As() const {
    return detail::ReplyConverter<T>::Convert(*this);
  }

  // For people, much as redis-cli prints it: bytes that are not printable as \xNN, and cut at about
  // 4 KiB.
  std::string ToString() const;

 private:
  friend struct detail::ReplyAccess;

  struct Node {
    Type type = Type::kNil;
    std::size_t size = 0;  // Bytes of text, elements of an array.
    union {
      std::int64_t integer = 0;
      const char* text;      // In what owner_ owns; null for a text in small_.
      const Node* elements;  // In what owner_ owns.
    };
  };
  static constexpr std::size_t kSmall = 16;  // A text of so few bytes takes no allocation.

  Reply(std::shared_ptr<const Node[]> owner, const Node& node)
      : owner_(std::move(owner)), node_(node) {}

  std::shared_ptr<const Node[]> owner_;  // Null if there is nothing to own.
  Node node_;
  std::array<char, kSmall> small_ = {};
};

// Over the elements of an array, which must outlive it.
class Reply::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Reply;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = Reply;

  Iterator() = default;
  Reply operator*() const { return (*array_)[index_]; }
  Iterator& operator++() {
    ++index_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++index_;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  friend class Reply;
  Iterator(const Reply* array, std::size_t index) : array_(array), index_(index) {}

  const Reply* array_ = nullptr;
  std::size_t index_ = 0;
};

inline std::string_view Reply::text() const {
  if (!is_string() && !is_status() && !is_error()) return {};
  return {node_.text == nullptr ? small_.data() : node_.text, node_.size};
}
inline Reply Reply::operator[](std::size_t i) const {
  return i < size() ? Reply(owner_, node_.elements[i]) : Reply();
}
inline Reply::Iterator Reply::begin() const { return {this, 0}; }
inline Reply::Iterator Reply::end() const { return {this, size()}; }

}  // namespace holdfast

#include "holdfast/detail/reply_convert.h"  // IWYU pragma: export

#endif  // HOLDFAST_REPLY_H_
