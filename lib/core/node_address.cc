#include "core/node_address.h"

#include <algorithm>
#include <cstddef>

namespace holdfast::core {
namespace {

constexpr std::size_t kMaxHostBytes = 255;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

bool IsNameCharacter(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
}

bool IsIpv6Character(char c) { return IsHexDigit(c) || c == ':' || c == '.'; }

// fe80::1%eth0: the zone behind the '%' is the name of an interface.
bool IsIpv6(std::string_view host) {
  const std::size_t end = std::min(host.find('%'), host.size());
  const std::string_view address = host.substr(0, end);
  if (!std::all_of(address.begin(), address.end(), IsIpv6Character)) return false;
  if (end == host.size()) return true;
  const std::string_view zone = host.substr(end + 1);
  return !zone.empty() && std::all_of(zone.begin(), zone.end(), IsNameCharacter);
}

}  // namespace

std::string NodeAddress::name() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<std::string> CleanHost(std::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes) return std::nullopt;
  std::string clean(host);
  // One spelling for each host, so that a node is the same wherever it is named.
  for (char& c : clean) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const bool valid = clean.find(':') != std::string::npos
                         ? IsIpv6(clean)
                         : std::all_of(clean.begin(), clean.end(), IsNameCharacter);
  if (!valid) return std::nullopt;
  return clean;
}

std::optional<std::uint16_t> CleanPort(std::int64_t port) {
  if (port < 1 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace holdfast::core
