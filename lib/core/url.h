// Where a node is and how to log in there.
#ifndef HOLDFAST_CORE_URL_H_
#define HOLDFAST_CORE_URL_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace holdfast::core {

struct Endpoint {
  std::string host;
  std::uint16_t port = 6379;
  std::string username;  // Empty: the server's default user.
  std::string password;  // Empty: no AUTH.
  int database = 0;

  // host:port, with an IPv6 address in brackets; what people get to see.
  std::string name() const;
};

// Reads `redis://[[username][:password]@]host[:port][/db]`; username and password may be
// percent-encoded. kInvalidArgument says what is wrong and where, and never shows the password.
absl::StatusOr<Endpoint> ParseUrl(std::string_view url);

// `url` with the password, and whatever might be one, as `***`.
std::string MaskUrl(std::string_view url);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_URL_H_
