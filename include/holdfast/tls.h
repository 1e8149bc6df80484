// How a connection through TLS is made: whom to trust, and who we are.
#ifndef HOLDFAST_TLS_H_
#define HOLDFAST_TLS_H_

#include <string>

namespace holdfast {

// For endpoints whose `tls` is set, as by `rediss://`; they do not set it. TLS 1.2 or later, never
// a fall-back to plain text. All files and texts are PEM, read and checked once, when the client is
// made; a certificate or key that is given both as a file and as text, or cannot be used, is
// kInvalidArgument.
struct TlsOptions {
  // The authorities whose certificates are trusted, one or more. Neither: the system's.
  std::string ca_file = {};
  std::string ca = {};

  // The client's certificate, for servers that demand one, and behind it the intermediate ones, if
  // any. It needs a key.
  std::string certificate_file = {};
  std::string certificate = {};

  // The private key of the client's certificate, without a passphrase.
  std::string key_file = {};
  std::string key = {};

  // The name, or the IP address, that the server's certificate must be for, instead of the
  // endpoint's host. A name is also sent to the server (SNI).
  std::string server_name = {};

  // Talks to whoever answers, so that anybody on the way can read and change all. For tests only.
  bool unsafe_skip_verification = false;
};

}  // namespace holdfast

#endif  // HOLDFAST_TLS_H_
