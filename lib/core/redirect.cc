#include "core/redirect.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "core/node_address.h"
#include "core/slots.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

struct Code {
  std::string_view text;
  Redirect::Kind kind;
};

constexpr Code kCodes[] = {
    {"MOVED", Redirect::Kind::kMoved},           {"ASK", Redirect::Kind::kAsk},
    {"TRYAGAIN", Redirect::Kind::kTryAgain},     {"CLUSTERDOWN", Redirect::Kind::kClusterDown},
    {"READONLY", Redirect::Kind::kReadOnly},     {"LOADING", Redirect::Kind::kLoading},
    {"MASTERDOWN", Redirect::Kind::kMasterDown},
};

Redirect::Kind KindOf(std::string_view code) {
  for (const Code& known : kCodes) {
    if (known.text == code) return known.kind;
  }
  return Redirect::Kind::kNone;
}

std::optional<std::string> ReadHost(std::string_view host) {
  if (host.empty() || host == kUnknownHost) return std::string(host);
  return CleanHost(host);
}

// "3999 127.0.0.1:6381"; an IPv6 address has no brackets, so the last colon counts.
std::optional<Redirect> ReadTarget(std::string_view text) {
  const std::size_t space = text.find(' ');
  const std::size_t colon = text.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) {
    return std::nullopt;
  }
  const auto slot = ParseNumber<std::uint16_t>(text.substr(0, space));
  auto host = ReadHost(text.substr(space + 1, colon - space - 1));
  const auto port = ParseNumber<std::uint16_t>(text.substr(colon + 1));
  if (!slot || *slot >= kSlots || !host || !port || *port == 0) return std::nullopt;
  return Redirect{.slot = *slot, .host = *std::move(host), .port = *port};
}

// As servers from 6.0 to 7.2 say it.
constexpr std::string_view kRefusals[] = {
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "CLUSTERDOWN The cluster is down",
    "CLUSTERDOWN The cluster is down and only accepts read commands",
    "CLUSTERDOWN Hash slot not served",
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "READONLY You can't write against a read only replica.",
};

}  // namespace

Redirect ReadRedirect(std::string_view error_reply) {
  const std::string_view code = error_reply.substr(0, error_reply.find(' '));
  const Redirect::Kind kind = KindOf(code);
  if (kind != Redirect::Kind::kMoved && kind != Redirect::Kind::kAsk) return {.kind = kind};
  std::optional<Redirect> redirect;
  if (code.size() < error_reply.size()) {
    redirect = ReadTarget(error_reply.substr(code.size() + 1));
  }
  if (!redirect) return {.kind = Redirect::Kind::kMalformed};
  redirect->kind = kind;
  return *std::move(redirect);
}

Redirect ReadScriptRedirect(std::string_view error_reply) {
  const Redirect redirect = ReadRedirect(error_reply);
  const bool sent_on =
      redirect.kind == Redirect::Kind::kMoved || redirect.kind == Redirect::Kind::kAsk;
  const auto is_said = [&](std::string_view refusal) { return refusal == error_reply; };
  if (sent_on || std::any_of(std::begin(kRefusals), std::end(kRefusals), is_said)) return redirect;
  return {.kind = Redirect::Kind::kNone};
}

}  // namespace holdfast::core
