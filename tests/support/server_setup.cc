#include "support/server_setup.h"

#include <sstream>

#include "support/socket.h"

namespace holdfast::testing {
namespace {

using Arguments = std::vector<std::string>;

void Append(Arguments& to, const Arguments& more) { to.insert(to.end(), more.begin(), more.end()); }

// Whatever a test does to the user `default`, its own commands get in.
Arguments Users(const ServerSetup& setup) {
  if (!setup.has_users()) return {};
  Arguments users = {"--user", kTestUser, "on",   std::string(">") + kTestPassword,
                     "~*",     "&*",      "+@all"};
  if (!setup.password.empty()) {
    Append(users, {"--requirepass", setup.password, "--masterauth", setup.password});
  }
  for (const std::string& line : setup.acl_users) {
    users.emplace_back("--user");
    std::istringstream words(line);
    for (std::string word; words >> word;) users.push_back(word);
  }
  return users;
}

Arguments Tls(const ServerSetup& setup, std::uint16_t port) {
  if (!setup.has_tls()) return {};
  Arguments tls = {"--tls-port",         std::to_string(port),
                   "--tls-cert-file",    setup.tls_certificate_file,
                   "--tls-key-file",     setup.tls_key_file,
                   "--tls-auth-clients", setup.tls_client_auth ? "yes" : "no"};
  if (!setup.tls_ca_file.empty()) Append(tls, {"--tls-ca-cert-file", setup.tls_ca_file});
  // A node tells its TLS port to the others only if they talk TLS among themselves.
  if (setup.cluster) Append(tls, {"--tls-cluster", "yes", "--tls-replication", "yes"});
  return tls;
}

Arguments Cluster(const ServerSetup& setup, std::uint16_t bus_port) {
  if (!setup.cluster) return {};
  return {"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_port)};
}

}  // namespace

ServerPorts PortsFor(const ServerSetup& setup) {
  ServerPorts ports;
  if (!setup.tls_only) ports.plain = FreePort();
  if (setup.has_tls()) ports.tls = FreePort();
  if (setup.cluster) ports.bus = FreePort();
  return ports;
}

std::vector<std::string> ArgvFor(const ServerSetup& setup, const ServerPorts& ports,
                                 const std::string& dir, const std::string& socket) {
  const bool durable = setup.durability == Durability::kAlways;
  Arguments argv = {"redis-server",
                    "--port",
                    std::to_string(ports.plain),
                    "--bind",
                    "127.0.0.1",
                    "--dir",
                    dir,
                    "--appendonly",
                    durable ? "yes" : "no",
                    "--appendfsync",
                    "always",
                    "--save",
                    "",
                    "--repl-diskless-sync-delay",
                    "0"};
  if (!socket.empty()) Append(argv, {"--unixsocket", socket});
  Append(argv, Users(setup));
  Append(argv, Tls(setup, ports.tls));
  Append(argv, Cluster(setup, ports.bus));
  Append(argv, setup.more);
  return argv;
}

}  // namespace holdfast::testing
