// Reads commands as a server does.
#ifndef HOLDFAST_TESTS_SUPPORT_REQUEST_PARSER_H_
#define HOLDFAST_TESTS_SUPPORT_REQUEST_PARSER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::testing {

using Argv = std::vector<std::string>;

// Cuts a stream of RESP commands (arrays of bulk strings), arriving in pieces, into commands.
class RequestParser {
 public:
  void Feed(std::string_view bytes) { buffer_.append(bytes); }

  // The next complete command. Aborts the program at what is no command: a bug of the client.
  std::optional<Argv> Next();

 private:
  // The number in the line "<mark><number>\r\n" at `at`, which moves behind it.
  std::optional<std::size_t> Header(char mark, std::size_t& at) const;

  std::string buffer_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_REQUEST_PARSER_H_
