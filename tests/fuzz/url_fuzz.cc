// Node URLs: what is read can be printed and read again, and whatever the text, no message shows a
// password, or what might be one.
//
// An input is a URL as it is; '^' in it stands for a secret. Where it has lines, they are also the
// fields of an endpoint: user, password, host, path, and a number for the rest.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/url.h"
#include "fuzz/check.h"

namespace holdfast::fuzz {
namespace {

constexpr std::string_view kSecrets[] = {"hunter2xyzzy", "k0rrekthorse"};

void CheckEndpoint(const Endpoint& endpoint) {
  Check(endpoint.port > 0, "a port is not 0");
  Check(endpoint.database >= 0 && endpoint.database <= 1'000'000, "a database is in range");
  Check(endpoint.username.empty() || !endpoint.password.empty(), "no user without a password");
  Check(!endpoint.host.empty(), "a host is never empty");
  for (const char c : endpoint.host) Check(c > ' ' && c != '@' && c != '/', "a host is one word");
  if (endpoint.unix_socket.empty()) return;
  Check(endpoint.unix_socket.front() == '/' && endpoint.unix_socket.size() <= 107 &&
            endpoint.unix_socket.find('\0') == std::string::npos,
        "a path fits a socket's address");
}

// Printed, an endpoint is a URL of plain characters that says the same.
void CheckRoundTrip(const Endpoint& endpoint) {
  const std::string url = FormatUrl(endpoint);
  Check(IsPrintable(url), "a URL is printable", url);
  const auto again = ParseUrl(url);
  Check(again.ok(), "what was printed can be read", url);
  Check(*again == endpoint, "what was printed says the same", url);
  Check(FormatUrl(*again) == url, "there is one spelling", url);
}

// The mask is the same whatever the password is.
void CheckHidden(Endpoint endpoint) {
  if (endpoint.password.empty()) return;
  const std::string mask = MaskUrl(FormatUrl(endpoint));
  endpoint.password = "another";
  endpoint.username = "other";
  Check(MaskUrl(FormatUrl(endpoint)) == mask, "the mask does not depend on the login", mask);
}

void CheckFields(std::string_view lines) {
  Endpoint endpoint;
  endpoint.username = TakeUntil(lines, '\n');
  endpoint.password = TakeUntil(lines, '\n');
  endpoint.host = TakeUntil(lines, '\n');
  endpoint.unix_socket = TakeUntil(lines, '\n');
  const unsigned number = TakeByte(lines);
  endpoint.port = static_cast<std::uint16_t>(1 + number * 257 % 65'535);
  endpoint.tls = endpoint.unix_socket.empty() && number % 2 == 1;
  endpoint.database = static_cast<int>(number % 5 * 250'000);
  CheckHidden(endpoint);
  // What no URL can say is refused; that needs an endpoint that can be one. '@' ends a login, so
  // that a host with one would be read as something else.
  if (endpoint.unix_socket.empty() && endpoint.host.find('@') != std::string::npos) return;
  const auto parsed = ParseUrl(FormatUrl(endpoint));
  if (!parsed.ok()) return CheckMessage(parsed.status());
  Check(parsed->username == endpoint.username && parsed->password == endpoint.password,
        "any bytes can be a login");
  Check(parsed->unix_socket == endpoint.unix_socket, "any bytes but one can be a path");
  CheckEndpoint(*parsed);
  CheckRoundTrip(*parsed);
}

std::string WithSecret(std::string_view text, std::string_view secret) {
  std::string url;
  for (const char c : text) c == '^' ? url += secret : url += c;
  return url;
}

// Behind the scheme, if there is one.
std::string_view BehindScheme(std::string_view url) {
  const std::size_t end = url.find("://");
  const bool schemed = end != std::string_view::npos && url.find_first_of(":@") == end;
  return schemed ? url.substr(end + 3) : url;
}

// Whether each '^' stands where a password may: in a login, where a port should be, or as the value
// of a parameter.
bool IsHiddenPlace(std::string_view url) {
  const std::string_view rest = BehindScheme(url);
  const std::size_t first = rest.find('^');
  if (first == std::string_view::npos || rest.size() - first < url.size() - url.find('^')) {
    return false;
  }
  const std::size_t at = rest.rfind('@');
  if (at != std::string_view::npos) return at > rest.rfind('^');
  const std::string_view front = rest.substr(0, first);
  const bool path = front.starts_with('/') && url.starts_with("unix://");
  // A database is shown, unless something follows it.
  const bool parameter = front.ends_with('=') && front.find('?') != std::string_view::npos;
  if (path) return parameter && !front.ends_with("?db=");
  return front.ends_with(':') && front.find_first_of("[/") == std::string_view::npos;
}

// Neither the mask of a URL nor what is wrong with it shows a secret.
void CheckSecret(std::string_view text) {
  if (!IsHiddenPlace(text)) return;
  for (const std::string_view secret : kSecrets) {
    // libFuzzer sees what is compared, and tries it.
    if (text.find(secret) != std::string_view::npos) continue;
    const std::string url = WithSecret(text, secret);
    const std::string mask = MaskUrl(url);
    Check(mask.find(secret) == std::string::npos, "a mask hides what may be a password", url);
    const auto parsed = ParseUrl(url);
    if (parsed.ok()) continue;
    Check(MessageOf(parsed.status()).find(secret) == std::string_view::npos,
          "an error hides what may be a password", url);
  }
  Check(MaskUrl(WithSecret(text, kSecrets[0])) == MaskUrl(WithSecret(text, kSecrets[1])),
        "the mask does not depend on the secret", text);
}

void Run(std::string_view input) {
  Check(IsPrintable(MaskUrl(input)), "a mask is printable");
  const auto endpoint = ParseUrl(input);
  if (endpoint.ok()) {
    CheckEndpoint(*endpoint);
    CheckRoundTrip(*endpoint);
    CheckHidden(*endpoint);
  } else {
    Check(endpoint.status().code() == absl::StatusCode::kInvalidArgument, "the argument is wrong");
    Check(MessageOf(endpoint.status()).starts_with("node URL \""), "it is said of which text");
    CheckMessage(endpoint.status());
  }
  CheckSecret(input);
  if (input.find('\n') != std::string_view::npos) CheckFields(input);
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
