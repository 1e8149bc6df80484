// Replies in tests: read from bytes, and shown as one line of text.
#ifndef HOLDFAST_TESTS_CORE_REPLIES_H_
#define HOLDFAST_TESTS_CORE_REPLIES_H_

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/resp.h"

namespace holdfast::core {

// 'abc' for a string, +abc for a status, -abc for an error, :5, nil, [:1 'a'] for an array.
inline std::string Show(ReplyView view) {
  switch (view.type()) {
    case ReplyType::kNil:
      return "nil";
    case ReplyType::kInteger:
      return ":" + std::to_string(view.integer());
    case ReplyType::kString:
      return "'" + std::string(view.text()) + "'";
    case ReplyType::kStatus:
      return "+" + std::string(view.text());
    case ReplyType::kError:
      return "-" + std::string(view.text());
    case ReplyType::kArray:
      break;
  }
  std::string text = "[";
  for (std::size_t i = 0; i < view.size(); ++i) text += (i > 0 ? " " : "") + Show(view.at(i));
  return text + "]";
}

// Replies that are complete now; the last entry is "error: …" if the stream broke.
inline std::vector<std::string> ReadAll(ReplyReader& reader) {
  std::vector<std::string> replies;
  while (true) {
    const ReplyReader::Result result = reader.Next();
    if (result == ReplyReader::Result::kNeedMore) return replies;
    if (result == ReplyReader::Result::kError) {
      replies.push_back("error: " + reader.error());
      return replies;
    }
    replies.push_back(Show(reader.reply().root()));
  }
}

// What a new reader makes of `pieces`, fed one after the other.
inline std::vector<std::string> ReadPieces(const std::vector<std::string_view>& pieces,
                                           ReplyLimits limits = {}) {
  ReplyReader reader(limits);
  std::vector<std::string> replies;
  for (const std::string_view piece : pieces) {
    reader.Feed(piece);
    for (std::string& reply : ReadAll(reader)) replies.push_back(std::move(reply));
  }
  return replies;
}

// An array of strings, and of integers written as ":5".
inline void SetArray(Reply& reply, std::initializer_list<std::string_view> texts) {
  reply.Clear();
  const std::size_t array = reply.AddArray(Reply::kNone);
  for (const std::string_view text : texts) {
    if (text.starts_with(':')) {
      reply.AddInteger(array, std::stoll(std::string(text.substr(1))));
    } else {
      reply.AddText(array, ReplyType::kString, text);
    }
  }
}

inline std::string Bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_REPLIES_H_
