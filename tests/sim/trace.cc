#include <string>

#include "core/key_set.h"
#include "core/text.h"
#include "model_node.h"

namespace holdfast::core {
namespace {

// Of a nonce the beginning is enough.
std::string Short(std::string_view word) {
  constexpr std::size_t kNonce = 32;
  if (word.size() < kNonce || word.find_first_not_of("0123456789abcdef") < kNonce) {
    return Printable(word, 40);
  }
  return std::string(word.substr(0, 6)) + Short(word.substr(kNonce));
}

}  // namespace

std::string TextOf(ReplyView reply) {
  switch (reply.type()) {
    case ReplyType::kNil:
      return "nil";
    case ReplyType::kInteger:
      return std::to_string(reply.integer());
    case ReplyType::kArray:
      break;
    default:
      return Short(reply.text());
  }
  std::string text;
  for (const ReplyView element : reply) text += (text.empty() ? "" : " ") + TextOf(element);
  return "[" + text + "]";
}

std::string TextOf(const Request& request) {
  std::string text(request.script->name);
  for (std::size_t i = 1; i < request.keys.size(); i += 2) text += " " + request.keys[i];
  text += " (";
  for (const std::string& argument : request.arguments) {
    text += (text.back() == '(' ? "" : ", ") + Short(argument);
  }
  return text + ")" + (request.with_text ? " with its text" : "");
}

}  // namespace holdfast::core
