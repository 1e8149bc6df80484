// See reply_text.h.
#include "fuzz/reply_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "core/resp.h"
#include "fuzz/check.h"

namespace holdfast::fuzz {
namespace {

using core::Reply;
using core::ReplyType;
using core::ReplyView;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// At its first digit, or at its sign. A number that is too large is the largest.
std::int64_t TakeInteger(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) value = text.front() == '-' ? INT64_MIN : INT64_MAX;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

// At its quote. A line of RESP cannot hold a line end.
void TakeText(std::string_view& text, ReplyType type, Reply& reply, std::size_t parent) {
  text.remove_prefix(1);
  std::string words(TakeUntil(text, '\''));
  if (type != ReplyType::kString) {
    std::replace(words.begin(), words.end(), '\r', ' ');
    std::replace(words.begin(), words.end(), '\n', ' ');
  }
  reply.AddText(parent, type, words);
}

void TakeArray(std::string_view& text, Reply& reply, std::size_t parent, int depth) {
  text.remove_prefix(1);
  const std::size_t array = reply.AddArray(parent);
  while (!text.empty() && text.front() != ']' && TakeElement(text, reply, array, depth + 1)) {
  }
  if (text.starts_with(']')) text.remove_prefix(1);
}

bool HasQuote(std::string_view text) { return text.size() > 1 && text[1] == '\''; }

std::string_view MarkOf(ReplyType type) { return type == ReplyType::kError ? "-" : "+"; }

}  // namespace

bool TakeElement(std::string_view& text, Reply& reply, std::size_t parent, int depth) {
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == ']' && depth > 0) return false;
    if (c == '[' && depth <= core::ReplyLimits::kDepth) {
      TakeArray(text, reply, parent, depth);
      return true;
    }
    if (c == '\'') {
      TakeText(text, ReplyType::kString, reply, parent);
      return true;
    }
    if ((c == '+' || c == '-') && HasQuote(text)) {
      text.remove_prefix(1);
      TakeText(text, c == '+' ? ReplyType::kStatus : ReplyType::kError, reply, parent);
      return true;
    }
    if (IsDigit(c) || (c == '-' && text.size() > 1 && IsDigit(text[1]))) {
      reply.AddInteger(parent, TakeInteger(text));
      return true;
    }
    if (c == 'n') {
      text.remove_prefix(1);
      reply.AddNil(parent);
      return true;
    }
  }
  return false;
}

void AppendResp(std::string& out, ReplyView element) {
  switch (element.type()) {
    case ReplyType::kNil:
      out += "$-1\r\n";
      return;
    case ReplyType::kInteger:
      out += ":" + std::to_string(element.integer()) + "\r\n";
      return;
    case ReplyType::kString:
      out += "$" + std::to_string(element.text().size()) + "\r\n";
      out.append(element.text()).append("\r\n");
      return;
    case ReplyType::kStatus:
    case ReplyType::kError:
      out.append(MarkOf(element.type())).append(element.text()).append("\r\n");
      return;
    case ReplyType::kArray:
      break;
  }
  out += "*" + std::to_string(element.size()) + "\r\n";
  for (const ReplyView child : element) AppendResp(out, child);
}

std::size_t CountElements(ReplyView element) {
  std::size_t count = 1;
  for (const ReplyView child : element) count += CountElements(child);
  return count;
}

}  // namespace holdfast::fuzz
