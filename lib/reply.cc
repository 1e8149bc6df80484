#include "holdfast/reply.h"

#include "core/redis_errors.h"

namespace holdfast {

std::string_view Reply::text() const {
  if (!is_string() && !is_status() && !is_error()) return {};
  return {node_.text == nullptr ? small_.data() : node_.text, node_.size};
}

Reply Reply::operator[](std::size_t i) const {
  return i < size() ? Reply(owner_, node_.elements[i]) : Reply();
}

std::optional<Reply> Reply::Find(std::string_view field) const {
  for (std::size_t i = 0; i + 1 < size(); i += 2) {
    const Node& node = node_.elements[i];
    if (node.type == Type::kString && std::string_view(node.text, node.size) == field) {
      return (*this)[i + 1];
    }
  }
  return std::nullopt;
}

absl::Status Reply::status() const {
  return is_error() ? detail::ErrorReplyStatus(text()) : absl::OkStatus();
}

}  // namespace holdfast
