#include "core/url.h"

#include <optional>
#include <utility>

#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr std::string_view kScheme = "redis://";
constexpr int kMaxDatabase = 1'000'000;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

bool IsHostCharacter(char c, bool bracketed) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) return true;
  if (c == '.' || c == '-' || c == '_') return true;
  return bracketed && (c == ':' || c == '%');
}

// Each of these takes its part off `rest`, and returns what is wrong, or "".

std::string TakeUserInfo(std::string_view& rest, Endpoint& endpoint) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return "";
  if (rest.substr(0, at).find('/') != std::string_view::npos) {
    return "a '/' in the user name or the password must be written as %2F";
  }
  const std::string_view user_info = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = user_info.find(':');
  const bool has_password = colon != std::string_view::npos;
  if (user_info.find('@') != std::string_view::npos) {
    return "an '@' in the user name or the password must be written as %40";
  }
  auto username = PercentDecode(user_info.substr(0, colon));
  auto password = PercentDecode(has_password ? user_info.substr(colon + 1) : "");
  if (!username) return "bad percent-encoding in the user name";
  if (!password) return "bad percent-encoding in the password";
  if (!username->empty() && password->empty()) return "a user name without a password";
  endpoint.username = *std::move(username);
  endpoint.password = *std::move(password);
  return "";
}

std::string TakeHost(std::string_view& rest, Endpoint& endpoint) {
  const bool bracketed = rest.starts_with('[');
  if (bracketed) rest.remove_prefix(1);
  const std::size_t end = bracketed ? rest.find(']') : rest.find_first_of(":/");
  if (bracketed && end == std::string_view::npos) return "'[' without ']'";
  endpoint.host = rest.substr(0, end);
  if (endpoint.host.empty()) return "no host";
  rest.remove_prefix(endpoint.host.size() + (bracketed ? 1 : 0));
  for (char& c : endpoint.host) {
    // One spelling for each host, so that a node given twice is noticed.
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!IsHostCharacter(c, bracketed)) {
      return "'" + Printable({&c, 1}) + "' cannot be part of a host";
    }
  }
  return "";
}

std::string TakePort(std::string_view& rest, Endpoint& endpoint) {
  if (!rest.starts_with(':')) return "";
  const std::string_view digits = rest.substr(1, rest.find('/') - 1);
  const auto port = ParseNumber<std::uint32_t>(digits);
  if (!port || *port == 0 || *port > 65535) {
    return "the port is not a number from 1 to 65535";
  }
  endpoint.port = static_cast<std::uint16_t>(*port);
  rest.remove_prefix(1 + digits.size());
  return "";
}

std::string TakeDatabase(std::string_view& rest, Endpoint& endpoint) {
  if (rest.empty() || rest == "/") return "";
  if (rest.front() != '/') return "'" + Printable(rest) + "' behind the host";
  const auto database = ParseNumber<int>(rest.substr(1));
  if (!database || *database < 0 || *database > kMaxDatabase) {
    return "database '" + Printable(rest.substr(1)) + "' is not a number";
  }
  endpoint.database = *database;
  return "";
}

std::string Parse(std::string_view url, Endpoint& endpoint) {
  if (url.empty()) return "it is empty (a comma too many?)";
  if (!url.starts_with(kScheme)) return "it must start with redis:// (the only scheme known)";
  std::string_view rest = url.substr(kScheme.size());
  for (const auto take : {&TakeUserInfo, &TakeHost, &TakePort, &TakeDatabase}) {
    std::string problem = take(rest, endpoint);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace

std::string Endpoint::name() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

absl::StatusOr<Endpoint> ParseUrl(std::string_view url) {
  Endpoint endpoint;
  const std::string problem = Parse(url, endpoint);
  if (problem.empty()) return endpoint;
  return InvalidArgument("node URL \"" + MaskUrl(url) + "\": " + problem);
}

std::string MaskUrl(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t start = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string_view front = url.substr(0, start);
  const std::string_view rest = url.substr(start);
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) return Printable(front) + "***" + Printable(rest.substr(at));
  // What stands where a port should be is a password that lost its host, for all we know.
  const std::size_t port = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
  if (port == std::string_view::npos) return Printable(url);
  const std::string_view behind = rest.substr(port + 1);
  if (behind.substr(0, behind.find('/')).find_first_not_of("0123456789") ==
      std::string_view::npos) {
    return Printable(url);
  }
  return Printable(front) + Printable(rest.substr(0, port)) + ":***";
}

}  // namespace holdfast::core
