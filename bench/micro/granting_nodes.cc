#include "micro/granting_nodes.h"

#include <algorithm>
#include <utility>

#include "load/die.h"

namespace holdfast::bench {
namespace {

constexpr std::string_view kAdmit =
    "*8\r\n$5\r\nSTATE\r\n$4\r\n4711\r\n:0\r\n:0\r\n$1\r\n0\r\n:0\r\n$2\r\n42\r\n$1\r\n0\r\n";
constexpr std::string_view kGrant = "*2\r\n$2\r\nOK\r\n:1764439200000000\r\n";
constexpr std::string_view kDelete = "$7\r\nDELETED\r\n";
constexpr std::string_view kExtend = "$8\r\nEXTENDED\r\n";

std::string_view AnswerTo(std::string_view script) {
  if (script == "acquire") return kGrant;
  if (script == "release") return kDelete;
  if (script == "extend") return kExtend;
  return kAdmit;
}

}  // namespace

GrantingNodes::GrantingNodes(int nodes)
    : links_(static_cast<std::size_t>(nodes)),
      engine_(OptionsFor(nodes), *this, *this, *this, now_) {
  for (int node = 0; node < nodes; ++node) {
    Link& link = links_[static_cast<std::size_t>(node)];
    link.nodes = this;
    link.node = node;
    engine_.OnNodeReady(node, {.info = {.run_id = std::to_string(node)}}, now_);
  }
  AnswerAll();
}

core::EngineOptions GrantingNodes::OptionsFor(int nodes) {
  core::EngineOptions options;
  for (int node = 0; node < nodes; ++node) options.admission.nodes.push_back(std::to_string(node));
  options.admission.quorum = nodes / 2 + 1;
  options.key_prefix = "lock:";
  options.owner = "somebody.with.a.long.name.example:12345";
  return options;
}

void GrantingNodes::Advance(core::nanoseconds by) {
  const core::TimePoint end = now_ + by;
  while (engine_.next_timer() <= end) {
    now_ = std::max(now_, engine_.next_timer());
    engine_.OnTimer(now_);
    AnswerAll();
  }
  now_ = end;
}

int GrantingNodes::AnswerAll() {
  const int answered = unanswered_;
  while (unanswered_ > 0) {
    for (Link& link : links_) {
      if (link.pipeline.StartWrite().empty()) continue;
      link.pipeline.FinishWrite();
      link.answering.clear();
      std::swap(link.answering, link.answers);
      if (!link.pipeline.Receive(link.answering, link)) Die(link.pipeline.error());
    }
  }
  return answered;
}

bool GrantingNodes::Send(int node, core::Tag tag, const core::ScriptCall& call, bool /*urgent*/,
                         core::TimePoint now) {
  Link& link = links_[static_cast<std::size_t>(node)];
  call.AppendTo(link.pipeline.outgoing());
  link.pipeline.Expect(tag, now);
  link.answers += AnswerTo(call.script().name);
  ++unanswered_;
  return true;
}

void GrantingNodes::Fill(std::span<std::byte> bytes) {
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(++random_ * 37);
}

}  // namespace holdfast::bench
