// A reply of a Redis server, as one flat row of elements without an allocation for each.
#ifndef HOLDFAST_CORE_REPLY_H_
#define HOLDFAST_CORE_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::core {

enum class ReplyType : std::uint8_t { kNil, kInteger, kString, kStatus, kError, kArray };

class Reply;

// One element of a reply; a view that lives as long as the reply is not changed. Asking it for what
// it is not is safe and yields nothing: "", 0, or a nil element.
class ReplyView {
 public:
  ReplyType type() const;
  bool is_error() const { return type() == ReplyType::kError; }
  bool is_nil() const { return type() == ReplyType::kNil; }

  std::string_view text() const;      // Of a string, a status or an error.
  std::int64_t integer() const;       // Of an integer.
  std::size_t size() const;           // Number of elements of an array.
  ReplyView at(std::size_t i) const;  // The i-th element of an array; counts up to it.

  // Over the elements of an array; over nothing, of what is none.
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Reply;
  ReplyView(const Reply* reply, std::size_t index) : reply_(reply), index_(index) {}

  const Reply* reply_;
  std::size_t index_;
};

class ReplyView::Iterator {
 public:
  explicit Iterator(ReplyView element) : element_(element) {}
  ReplyView operator*() const { return element_; }
  Iterator& operator++();
  bool operator==(const Iterator& other) const { return element_.index_ == other.element_.index_; }

 private:
  ReplyView element_;
};

// Owns the elements of one reply in depth-first order. Cleared and filled again for each reply, so
// that in steady state nothing is allocated.
class Reply {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  ReplyView root() const { return {this, elements_.empty() ? kNone : 0}; }

  void Clear();

  // Each adds an element behind its parent's last one (kNone: the root) and returns its index.
  std::size_t AddText(std::size_t parent, ReplyType type, std::string_view text);
  std::size_t AddInteger(std::size_t parent, std::int64_t value);
  std::size_t AddNil(std::size_t parent);
  std::size_t AddArray(std::size_t parent);

  // Adds a copy of `source` with all that is in it. `source` must be of another reply.
  std::size_t Append(std::size_t parent, ReplyView source);

  std::size_t text_bytes() const { return text_.size(); }

 private:
  friend class ReplyView;

  struct Element {
    ReplyType type = ReplyType::kNil;
    std::int64_t value = 0;     // Integer; of text, where it starts in text_.
    std::size_t size = 0;       // Bytes of text, elements of an array.
    std::size_t first = kNone;  // First child of an array, and its last one so far.
    std::size_t last = kNone;
    std::size_t next = kNone;  // Next sibling.
  };

  std::size_t Add(std::size_t parent, const Element& element);

  std::vector<Element> elements_;
  std::string text_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_REPLY_H_
