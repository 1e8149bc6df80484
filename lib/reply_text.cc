// Replies for people.
#include <cstdio>

#include "core/text.h"
#include "holdfast/reply.h"

namespace holdfast {
namespace {

class Printer {
 public:
  void Print(const Reply& reply, std::size_t indent) {
    switch (reply.type()) {
      case Reply::Type::kNil:
        return Put("(nil)");
      case Reply::Type::kInteger:
        return Put("(integer) " + std::to_string(reply.integer()));
      case Reply::Type::kString:
        return PutQuoted(reply.text());
      case Reply::Type::kStatus:
        return Put(core::Printable(reply.text()));
      case Reply::Type::kError:
        // Of the error itself, only what is fit for people: it may quote arguments.
        return Put("(error) " + std::string(reply.status().message()));
      case Reply::Type::kArray:
        return PutElements(reply, indent);
    }
  }

  std::string Text() && {
    if (full()) out_.append("...");
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kLimit = 4096;

  bool full() const { return out_.size() >= kLimit; }
  void Put(std::string_view text) { out_.append(text); }

  void PutQuoted(std::string_view text) {
    Put("\"");
    for (std::size_t i = 0; i < text.size() && !full(); ++i) PutEscaped(text[i]);
    if (!full()) Put("\"");
  }

  void PutEscaped(char c) {
    if (c == '"' || c == '\\') out_.push_back('\\');
    Put(c == '\n' ? "\\n" : c == '\r' ? "\\r" : core::Printable({&c, 1}));
  }

  void PutElements(const Reply& array, std::size_t indent) {
    if (array.empty()) return Put("(empty array)");
    const std::size_t width = std::to_string(array.size()).size();
    for (std::size_t i = 0; i < array.size() && !full(); ++i) {
      if (i > 0) out_.append("\n").append(indent, ' ');
      const std::string number = std::to_string(i + 1);
      out_.append(width - number.size(), ' ').append(number).append(") ");
      Print(array[i], indent + width + 2);
    }
  }

  std::string out_;
};

}  // namespace

std::string Reply::ToString() const {
  Printer printer;
  printer.Print(*this, 0);
  return std::move(printer).Text();
}

}  // namespace holdfast
