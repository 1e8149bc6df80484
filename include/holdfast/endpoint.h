// Where a server is and how to log in there: as fields, and as a URL.
#ifndef HOLDFAST_ENDPOINT_H_
#define HOLDFAST_ENDPOINT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace holdfast {

// Strings are bytes as they are meant: without brackets, without percent-encoding.
struct Endpoint {
  std::string host = "localhost";  // A name, an IPv4 or an IPv6 address.
  std::uint16_t port = 6379;
  std::string unix_socket = {};  // An absolute path; then host, port and tls mean nothing.
  bool tls = false;
  std::string username = {};  // Empty: the server's default user.
  std::string password = {};  // Empty: no AUTH.
  int database = 0;

  // host:port, with an IPv6 address in brackets, or unix:/path: what people get to see.
  std::string name() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Reads a URL of one of these forms:
//
//   redis://[[username][:password]@][host][:port][/db]     rediss:// is the same through TLS
//   unix://[[username][:password]@]/path[?db=N]            redis+unix:// is the same
//
// Without a host it is localhost; an IPv6 address stands in brackets. Username, password and path
// may be percent-encoded. kInvalidArgument says what is wrong and in which part, and never shows
// the password.
absl::StatusOr<Endpoint> ParseUrl(std::string_view url);

// The URL that ParseUrl reads as `endpoint`: with its password, so never for a log.
std::string FormatUrl(const Endpoint& endpoint);

// `url`, which may be malformed, with the password, and whatever might be one, as `***`.
std::string MaskUrl(std::string_view url);

}  // namespace holdfast

#endif  // HOLDFAST_ENDPOINT_H_
