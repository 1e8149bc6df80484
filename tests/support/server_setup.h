// How a Redis server of a test is set up.
#ifndef HOLDFAST_TESTS_SUPPORT_SERVER_SETUP_H_
#define HOLDFAST_TESTS_SUPPORT_SERVER_SETUP_H_

#include <cstdint>
#include <string>
#include <vector>

namespace holdfast::testing {

// What a server still knows when it is killed and restarted.
enum class Durability {
  kAlways,  // Everything: appendfsync always.
  kNone,    // Nothing.
};

struct ServerSetup {
  Durability durability = Durability::kAlways;
  std::string password = {};                // Of the user `default`; empty: none.
  std::vector<std::string> acl_users = {};  // "alice on >secret ~* &* +@all"
  bool unix_socket = false;

  // PEM files. With a certificate the server listens on a TLS port too.
  std::string tls_certificate_file = {};
  std::string tls_key_file = {};
  std::string tls_ca_file = {};  // For the certificates of clients, and of other cluster nodes.
  bool tls_client_auth = false;  // Clients must show a certificate of that CA.
  bool tls_only = false;         // No plain port.

  bool cluster = false;
  std::vector<std::string> more = {};         // Further arguments: {"--maxmemory", "1mb"}
  std::vector<std::string> environment = {};  // "NAME=value", on top of ours.

  bool has_tls() const { return !tls_certificate_file.empty(); }
  bool has_users() const { return !password.empty() || !acl_users.empty(); }
};

// 0: none.
struct ServerPorts {
  std::uint16_t plain = 0;
  std::uint16_t tls = 0;
  std::uint16_t bus = 0;  // Of the cluster.
};

// Ports that are free now.
ServerPorts PortsFor(const ServerSetup& setup);

// The user of the tests' own commands, on servers that have users.
inline constexpr char kTestUser[] = "holdfast-test";
inline constexpr char kTestPassword[] = "holdfast-test-password";

// The program's name and arguments; `dir` is the server's folder, its unix socket is `socket`.
std::vector<std::string> ArgvFor(const ServerSetup& setup, const ServerPorts& ports,
                                 const std::string& dir, const std::string& socket);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_SERVER_SETUP_H_
