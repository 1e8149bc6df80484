// Endpoints as people, and ParseUrl, get to read them.
#include <string>

#include "core/text.h"
#include "holdfast/endpoint.h"

namespace holdfast {
namespace {

using core::Printable;

bool AreDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// All but letters, digits and the characters of `plain`.
std::string PercentEncode(std::string_view text, std::string_view plain) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (IsLetterOrDigit(c) || plain.find(c) != std::string_view::npos) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.append({'%', kHex[byte / 16], kHex[byte % 16]});
  }
  return encoded;
}

// The part of a URL behind the user and the password. Others take passwords as a parameter too.
std::string MaskParameters(std::string_view rest) {
  const std::size_t question_mark = rest.find('?');
  if (question_mark == std::string_view::npos) return Printable(rest);
  const std::string_view parameters = rest.substr(question_mark + 1);
  if (parameters.starts_with("db=") && AreDigits(parameters.substr(3))) return Printable(rest);
  return Printable(rest.substr(0, question_mark)) + "?***";
}

}  // namespace

std::string Endpoint::name() const {
  if (!unix_socket.empty()) return "unix:" + unix_socket;
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string FormatUrl(const Endpoint& endpoint) {
  constexpr std::string_view kUnreserved = "-._~";
  std::string user_info;
  if (!endpoint.username.empty() || !endpoint.password.empty()) {
    user_info = PercentEncode(endpoint.username, kUnreserved) + ":" +
                PercentEncode(endpoint.password, kUnreserved) + "@";
  }
  const std::string database = std::to_string(endpoint.database);
  if (!endpoint.unix_socket.empty()) {
    return "unix://" + user_info + PercentEncode(endpoint.unix_socket, "-._~/") +
           (endpoint.database == 0 ? "" : "?db=" + database);
  }
  return (endpoint.tls ? "rediss://" : "redis://") + user_info + endpoint.name() +
         (endpoint.database == 0 ? "" : "/" + database);
}

std::string MaskUrl(std::string_view url) {
  const std::size_t scheme = url.find_first_of(":@");
  const bool schemed = scheme != std::string_view::npos && url.substr(scheme).starts_with("://");
  const std::string_view front = url.substr(0, schemed ? scheme + 3 : 0);
  const std::string_view rest = url.substr(front.size());
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) {
    return Printable(front) + "***" + MaskParameters(rest.substr(at));
  }
  if (front.ends_with("unix://") && rest.starts_with('/'))
    return Printable(front) + MaskParameters(rest);
  // What stands where a port should be is a password that lost its host, for all we know.
  const std::size_t port = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
  if (port == std::string_view::npos) return Printable(front) + MaskParameters(rest);
  const std::string_view behind = rest.substr(port + 1);
  if (AreDigits(behind.substr(0, behind.find('/'))) && behind.find(':') == std::string_view::npos) {
    return Printable(front) + MaskParameters(rest);
  }
  return Printable(front) + Printable(rest.substr(0, port)) + ":***";
}

}  // namespace holdfast
