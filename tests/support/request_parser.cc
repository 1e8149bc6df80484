#include "support/request_parser.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast::testing {
namespace {

[[noreturn]] void Malformed(const std::string& bytes) {
  fprintf(stderr, "the client sent no RESP command: %s\n", bytes.c_str());
  abort();
}

}  // namespace

std::optional<std::size_t> RequestParser::Header(char mark, std::size_t& at) const {
  const std::size_t end = buffer_.find("\r\n", at);
  if (end == std::string::npos) return std::nullopt;
  if (buffer_[at] != mark) Malformed(buffer_.substr(at));
  const std::size_t number = std::strtoul(buffer_.c_str() + at + 1, nullptr, 10);
  at = end + 2;
  return number;
}

std::optional<Argv> RequestParser::Next() {
  std::size_t at = 0;
  const auto count = Header('*', at);
  if (!count) return std::nullopt;
  Argv argv;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto size = Header('$', at);
    if (!size || buffer_.size() < at + *size + 2) return std::nullopt;
    argv.push_back(buffer_.substr(at, *size));
    at += *size + 2;
  }
  buffer_.erase(0, at);
  return argv;
}

}  // namespace holdfast::testing
