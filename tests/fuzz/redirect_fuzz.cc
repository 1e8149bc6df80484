// Error replies of a cluster's nodes: a redirection is followed only to a slot and an address that
// can be ones, it is what the text says, and a script's own words redirect nothing.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/cluster_route.h"
#include "core/node_address.h"
#include "core/redirect.h"
#include "core/slots.h"
#include "fuzz/check.h"

namespace holdfast::fuzz {
namespace {

using core::NodeAddress;
using core::Redirect;
using core::RouteAction;
using Kind = Redirect::Kind;
using Step = RouteAction::Step;

bool IsAddressed(const Redirect& redirect) {
  return redirect.kind == Kind::kMoved || redirect.kind == Kind::kAsk;
}

std::string WithoutZeros(std::string_view number) {
  const std::size_t first = number.find_first_not_of('0');
  return std::string(first == std::string_view::npos ? "0" : number.substr(first));
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

// The only spelling but for zeros in front of numbers and capitals in the host.
std::string Print(const Redirect& redirect) {
  return std::string(redirect.kind == Kind::kAsk ? "ASK " : "MOVED ") +
         std::to_string(redirect.slot) + " " + redirect.host + ":" + std::to_string(redirect.port);
}

std::string InOneSpelling(std::string_view text) {
  const std::string_view code = TakeUntil(text, ' ');
  const std::string_view slot = TakeUntil(text, ' ');
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  return std::string(code) + " " + WithoutZeros(slot) + " " + Lower(text.substr(0, colon)) + ":" +
         WithoutZeros(text.substr(colon + 1));
}

bool IsSame(const Redirect& a, const Redirect& b) {
  return a.kind == b.kind && a.slot == b.slot && a.host == b.host && a.port == b.port;
}

void CheckRead(std::string_view text, const Redirect& redirect) {
  const std::string_view code = text.substr(0, text.find(' '));
  const bool names_address = code == "MOVED" || code == "ASK";
  Check(names_address == (IsAddressed(redirect) || redirect.kind == Kind::kMalformed),
        "MOVED and ASK name an address, or are malformed", text);
  if (!IsAddressed(redirect)) {
    return Check(redirect.host.empty() && redirect.port == 0 && redirect.slot == 0,
                 "no address where there is no redirection", text);
  }
  const bool known = !redirect.host.empty() && redirect.host != core::kUnknownHost;
  Check(!known || core::CleanHost(redirect.host) == redirect.host, "a host that is none", text);
  Check(redirect.slot < core::kSlots && redirect.port > 0, "no such slot or port", text);
  Check(Print(redirect) == InOneSpelling(text), "it is what the text says", text);
  Check(IsSame(core::ReadRedirect(Print(redirect)), redirect), "printed and read again", text);
}

void CheckScript(std::string_view text, const Redirect& redirect) {
  const Redirect of_script = core::ReadScriptRedirect(text);
  Check(IsSame(of_script, redirect) || of_script.kind == Kind::kNone,
        "a script's answer redirects no further", text);
  Check(!IsAddressed(redirect) || IsSame(of_script, redirect), "MOVED and ASK are the server's");
  // A word more, and it is the script's own.
  Check(IsAddressed(redirect) ||
            core::ReadScriptRedirect(std::string(text) + "!").kind == Kind::kNone ||
            redirect.kind == Kind::kMalformed,
        "other words are a script's own", text);
}

core::Topology TwoMasters() {
  core::Topology topology;
  topology.AddMaster({.host = "10.0.0.1", .port = 7000}, "a");
  topology.Assign({.first = 0, .last = 8'191}, 0);
  topology.AddMaster({.host = "::1", .port = 7001}, "b");
  topology.Assign({.first = 8'192, .last = 16'383}, 1);
  return topology;
}

// One step of a command's way, of which there are few.
void CheckAction(const RouteAction& action, const core::Topology& topology) {
  if (action.step == Step::kGiveUp) {
    Check(!action.status.ok(), "who gives up says why");
    CheckMessage(action.status);
  }
  if (action.step != Step::kSendTo) return;
  Check(topology.Contains(action.address), "sent only to where the topology points");
}

// A command whose nodes answer nothing but these errors comes to an end.
void CheckRoute(std::string_view lines) {
  static const core::Topology topology = TwoMasters();
  const NodeAddress from = topology.nodes().front().address;
  core::TimePoint now{std::chrono::seconds(1)};
  core::ClusterRoute route(5, now + std::chrono::seconds(3));
  std::string_view rest = lines;
  for (int step = 0; step < 200; ++step) {
    if (rest.empty()) rest = lines;
    RouteAction action = route.OnError(TakeUntil(rest, '\n'), from, topology, now);
    while (action.step == Step::kRefresh || action.step == Step::kWait) {
      if (action.step == Step::kWait) now = std::max(now, action.until);
      action = action.step == Step::kWait ? route.OnWaited()
                                          : route.OnRefreshed(absl::OkStatus(), topology, now);
    }
    CheckAction(action, topology);
    Check(route.redirections() <= 6, "redirections are bounded");
    if (action.step == Step::kDone || action.step == Step::kGiveUp) return;
  }
  Check(false, "each command comes to an end", lines);
}

// Any slot, host and port that can be ones are understood.
void CheckWritten(std::string_view text) {
  const auto slot = static_cast<std::uint16_t>((TakeByte(text) * 256 + TakeByte(text)) % 16'384);
  const auto port = static_cast<std::uint16_t>(TakeByte(text) * 256 + TakeByte(text));
  const auto host = core::CleanHost(text);
  if (!host || port == 0) return;
  const Redirect written = {.kind = Kind::kAsk, .slot = slot, .host = *host, .port = port};
  Check(IsSame(core::ReadRedirect(Print(written)), written), "what a node may say is read", text);
}

void Run(std::string_view input) {
  CheckWritten(input);
  CheckRoute(input);
  while (!input.empty()) {
    const std::string_view line = TakeUntil(input, '\n');
    const Redirect redirect = core::ReadRedirect(line);
    CheckRead(line, redirect);
    CheckScript(line, redirect);
  }
}

}  // namespace
}  // namespace holdfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  holdfast::fuzz::Run(holdfast::fuzz::AsText(data, size));
  return 0;
}
