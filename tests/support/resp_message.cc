#include "support/resp_message.h"

#include <cstdlib>
#include <string>

namespace holdfast::testing {

std::optional<std::size_t> RespMessageSize(std::string_view bytes) {
  std::size_t at = 0;
  for (std::size_t left = 1; left > 0; --left) {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    const char mark = bytes[at];
    const long number = std::atol(std::string(bytes.substr(at + 1, end - at - 1)).c_str());
    at = end + 2;
    if (number < 0) continue;  // Nil.
    if (mark == '*') left += static_cast<std::size_t>(number);
    if (mark == '$') at += static_cast<std::size_t>(number) + 2;
    if (at > bytes.size()) return std::nullopt;
  }
  return at;
}

}  // namespace holdfast::testing
