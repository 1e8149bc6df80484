// Replies of the public API in tests, from the bytes that a server sends.
#ifndef HOLDFAST_TESTS_NET_PARSED_REPLY_H_
#define HOLDFAST_TESTS_NET_PARSED_REPLY_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/reply_access.h"
#include "core/resp.h"
#include "holdfast/reply.h"

namespace holdfast::testing {

// Lines end in "\n" here, for short.
inline Reply Parsed(std::string_view lines) {
  std::string bytes;
  for (const char c : lines) bytes += c == '\n' ? std::string("\r\n") : std::string(1, c);
  core::ReplyReader reader({.bytes = 1 << 20, .elements = 1 << 20});
  reader.Feed(bytes);
  if (reader.Next() == core::ReplyReader::Result::kReply) {
    return detail::ReplyAccess::Copy(reader.reply().root());
  }
  ADD_FAILURE() << "no reply: " << reader.error();
  return {};
}

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_NET_PARSED_REPLY_H_
