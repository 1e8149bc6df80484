#include "core/url.h"

#include <array>
#include <optional>
#include <span>
#include <utility>

#include "core/text.h"

namespace holdfast {
namespace {

using core::ParseNumber;
using core::Printable;

struct Scheme {
  std::string_view prefix;
  bool tls = false;
  bool unix_socket = false;
};

constexpr std::array<Scheme, 4> kSchemes = {
    {{"redis://"}, {"rediss://", true}, {"unix://", false, true}, {"redis+unix://", false, true}}};
constexpr int kMaxDatabase = 1'000'000;
constexpr std::size_t kMaxUnixPath = 107;  // sockaddr_un has 108 bytes, one of which ends the path.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
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
  if (IsDigit(c) || (c >= 'a' && c <= 'z')) return true;
  if (c == '.' || c == '-' || c == '_') return true;
  return bracketed && (c == ':' || c == '%');
}

// Each of these takes its part off `rest`, and returns what is wrong, or "".

std::string TakeScheme(std::string_view& rest, const Scheme*& scheme) {
  if (rest.empty()) return "it is empty (a comma too many?)";
  for (const Scheme& known : kSchemes) {
    if (rest.starts_with(known.prefix)) scheme = &known;
  }
  if (scheme == nullptr) {
    return "it must start with redis://, rediss:// (through TLS), unix:// or redis+unix://";
  }
  rest.remove_prefix(scheme->prefix.size());
  return "";
}

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
  const std::size_t end = bracketed ? rest.find(']') : rest.find_first_of(":/?");
  if (bracketed && end == std::string_view::npos) return "'[' without ']'";
  std::string host(rest.substr(0, end));
  rest.remove_prefix(host.size() + (bracketed ? 1 : 0));
  for (char& c : host) {
    // One spelling for each host, so that a node given twice is noticed.
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (!IsHostCharacter(c, bracketed)) {
      return "'" + Printable({&c, 1}) + "' cannot be part of a host";
    }
  }
  if (bracketed && host.find(':') == std::string::npos)
    return "no IPv6 address between '[' and ']'";
  if (!host.empty()) endpoint.host = std::move(host);
  return "";
}

std::string TakePort(std::string_view& rest, Endpoint& endpoint) {
  if (!rest.starts_with(':')) return "";
  const std::string_view digits = rest.substr(1, rest.find_first_of("/?") - 1);
  const auto port = ParseNumber<std::uint32_t>(digits);
  if (!port || *port == 0 || *port > 65535) {
    return "the port is not a number from 1 to 65535";
  }
  endpoint.port = static_cast<std::uint16_t>(*port);
  rest.remove_prefix(1 + digits.size());
  return "";
}

std::string ReadDatabase(std::string_view digits, Endpoint& endpoint) {
  const auto database = ParseNumber<int>(digits);
  if (!database || *database < 0 || *database > kMaxDatabase) {
    // Behind a ':' there may be a password that lost its host, behind the others one that is given
    // as a parameter.
    const bool secret = digits.find_first_of(":?=") != std::string_view::npos;
    return "database '" + (secret ? "***" : Printable(digits)) + "' is not a number";
  }
  endpoint.database = *database;
  return "";
}

std::string TakeDatabase(std::string_view& rest, Endpoint& endpoint) {
  if (rest.find('?') != std::string_view::npos) return "only unix:// has parameters behind a '?'";
  if (rest.empty() || rest == "/") return "";
  if (rest.front() != '/') return "'" + Printable(rest) + "' behind the host";
  return ReadDatabase(rest.substr(1), endpoint);
}

std::string TakePath(std::string_view& rest, Endpoint& endpoint) {
  const std::string_view encoded = rest.substr(0, rest.find('?'));
  rest.remove_prefix(encoded.size());
  if (encoded.empty()) return "no path";
  if (encoded.front() != '/') return "the path does not start with '/'";
  auto path = PercentDecode(encoded);
  if (!path) return "bad percent-encoding in the path";
  if (path->find('\0') != std::string::npos) return "\\x00 cannot be part of a path";
  if (path->size() > kMaxUnixPath) {
    return "the path has " + std::to_string(path->size()) + " bytes, and a unix socket's at most " +
           std::to_string(kMaxUnixPath);
  }
  endpoint.unix_socket = *std::move(path);
  return "";
}

std::string TakeParameters(std::string_view& rest, Endpoint& endpoint) {
  bool seen = false;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // '?' or '&'
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(parameter.size());
    const std::string_view key = parameter.substr(0, parameter.find('='));
    if (key != "db") return "parameter '" + Printable(key) + "' is not known, only db is";
    if (std::exchange(seen, true)) return "parameter 'db' is given twice";
    if (parameter.size() == key.size()) return "parameter 'db' has no value";
    std::string problem = ReadDatabase(parameter.substr(3), endpoint);
    if (!problem.empty()) return problem;
  }
  return "";
}

using Take = std::string (*)(std::string_view& rest, Endpoint& endpoint);
constexpr std::array<Take, 4> kPartsOfHostUrl = {TakeUserInfo, TakeHost, TakePort, TakeDatabase};
constexpr std::array<Take, 3> kPartsOfUnixUrl = {TakeUserInfo, TakePath, TakeParameters};

std::string Parse(std::string_view rest, Endpoint& endpoint) {
  const Scheme* scheme = nullptr;
  std::string problem = TakeScheme(rest, scheme);
  if (!problem.empty()) return problem;
  endpoint.tls = scheme->tls;
  if (scheme->unix_socket && rest.starts_with('/') && rest.find('@') != std::string_view::npos) {
    return "an '@' in the path must be written as %40";
  }
  const std::span<const Take> parts =
      scheme->unix_socket ? std::span<const Take>(kPartsOfUnixUrl) : kPartsOfHostUrl;
  for (const Take take : parts) {
    problem = take(rest, endpoint);
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace

absl::StatusOr<Endpoint> ParseUrl(std::string_view url) {
  Endpoint endpoint;
  const std::string problem = Parse(url, endpoint);
  if (problem.empty()) return endpoint;
  return core::InvalidArgument("node URL \"" + MaskUrl(url) + "\": " + problem);
}

}  // namespace holdfast
