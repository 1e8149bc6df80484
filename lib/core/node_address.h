// Where a node of a cluster is, as the nodes themselves say it.
#ifndef HOLDFAST_CORE_NODE_ADDRESS_H_
#define HOLDFAST_CORE_NODE_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::core {

struct NodeAddress {
  std::string host = {};  // Lower case; an IPv6 address without brackets.
  std::uint16_t port = 0;

  // host:port, with an IPv6 address in brackets.
  std::string name() const;

  friend bool operator==(const NodeAddress&, const NodeAddress&) = default;
};

// What a node says in place of a host that it does not know.
inline constexpr std::string_view kUnknownHost = "?";

// The host in lower case; nullopt if it can be none: it is empty, too long, or has a character that
// is in no host name and no address. With a colon it must look like an IPv6 address.
std::optional<std::string> CleanHost(std::string_view host);

// nullopt if it is not from 1 to 65535.
std::optional<std::uint16_t> CleanPort(std::int64_t port);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_NODE_ADDRESS_H_
