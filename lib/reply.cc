#include "holdfast/reply.h"

#include "core/redis_errors.h"

namespace holdfast {

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
