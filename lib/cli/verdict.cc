#include "cli/verdict.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/duration.h"
#include "cli/report.h"
#include "holdfast/nodes.h"

namespace holdfast::cli {
namespace {

using std::chrono::milliseconds;

// What is left of one claim on each of the nodes where it was seen.
using Remaining = std::vector<milliseconds>;

struct Count {
  std::map<std::string, Remaining> holders;
  Remaining foreign;
  int free = 0;
  int silent = 0;  // Nothing is known from them.
  int voting = 0;
};

Count CountViews(const Inspection& inspection) {
  Count count;
  for (const NodeView& view : inspection.nodes) {
    const bool votes = view.state != NodeView::State::kUnreachable && view.admission.empty();
    count.voting += votes ? 1 : 0;
    const milliseconds ttl = view.ttl.value_or(milliseconds::max());
    switch (view.state) {
      case NodeView::State::kFree:
        ++(votes ? count.free : count.silent);
        break;
      case NodeView::State::kHeld:
        count.holders[view.holder].push_back(ttl);
        break;
      case NodeView::State::kForeign:
        count.foreign.push_back(ttl);
        break;
      case NodeView::State::kUnreachable:
        ++count.silent;
        break;
    }
  }
  return count;
}

// A claim ends when fewer than a quorum are left of it: at the quorum-th largest ttl.
std::optional<milliseconds> Lasts(Remaining ttls, int quorum) {
  std::sort(ttls.begin(), ttls.end(), std::greater<>());
  const milliseconds last = ttls[static_cast<std::size_t>(quorum - 1)];
  if (last == milliseconds::max()) return std::nullopt;
  return last;
}

std::string OnNodes(std::size_t count, const Inspection& inspection) {
  return absl::StrCat(" on ", count, " of ", inspection.nodes.size(),
                      inspection.nodes.size() == 1 ? " node" : " nodes");
}

std::string Left(const std::optional<milliseconds>& remaining) {
  return remaining ? absl::StrCat(", ", FormatDuration(*remaining), " left")
                   : ", which never expires";
}

bool IsQuorum(std::size_t count, const Inspection& inspection) {
  return count >= static_cast<std::size_t>(inspection.quorum);
}

std::string TooFewVote(const Count& count, const Inspection& inspection) {
  return absl::StrCat("only ", count.voting, " of ", inspection.nodes.size(),
                      inspection.nodes.size() == 1 ? " node" : " nodes", " can vote, and ",
                      inspection.quorum, inspection.quorum == 1 ? " is needed" : " are needed");
}

Verdict Held(const std::string& holder, const Remaining& ttls, const Inspection& inspection) {
  Verdict verdict{Verdict::State::kHeld, holder, Lasts(ttls, inspection.quorum), "", false};
  const std::string shown = holder.empty() ? "somebody without a name" : Printable(holder);
  verdict.summary =
      absl::StrCat("held by ", shown, OnNodes(ttls.size(), inspection), Left(verdict.remaining));
  return verdict;
}

Verdict Foreign(const Remaining& ttls, const Inspection& inspection) {
  Verdict verdict{Verdict::State::kForeign, "", Lasts(ttls, inspection.quorum), "", false};
  verdict.summary = absl::StrCat("held by a key of another program",
                                 OnNodes(ttls.size(), inspection), Left(verdict.remaining));
  return verdict;
}

Verdict Free(const Count& count, const Inspection& inspection) {
  const auto free = static_cast<std::size_t>(count.free);
  const bool all = free == inspection.nodes.size();
  return {Verdict::State::kFree, "", std::nullopt,
          all ? "free" : absl::StrCat("free", OnNodes(free, inspection)), false};
}

Verdict Unknown(const Count& count, const Inspection& inspection) {
  return {Verdict::State::kUnknown, "", std::nullopt, TooFewVote(count, inspection), false};
}

Verdict Split(const Count& count, const Inspection& inspection) {
  return {Verdict::State::kSplit, "", std::nullopt,
          absl::StrCat("split: nobody has the ", inspection.quorum, " nodes needed (", count.free,
                       " free, ", count.holders.size(), " claiming, ", count.foreign.size(),
                       " foreign, ", count.silent, " silent)"),
          false};
}

Verdict JudgeKeys(const Count& count, const Inspection& inspection) {
  for (const auto& [holder, ttls] : count.holders) {
    if (IsQuorum(ttls.size(), inspection)) return Held(holder, ttls, inspection);
  }
  if (IsQuorum(count.foreign.size(), inspection)) return Foreign(count.foreign, inspection);
  if (IsQuorum(static_cast<std::size_t>(count.free), inspection)) return Free(count, inspection);
  const auto answers = inspection.nodes.size() - static_cast<std::size_t>(count.silent);
  if (!IsQuorum(answers, inspection)) return Unknown(count, inspection);
  return Split(count, inspection);
}

}  // namespace

Verdict Judge(const Inspection& inspection) {
  const Count count = CountViews(inspection);
  Verdict verdict = JudgeKeys(count, inspection);
  verdict.quorum_votes = count.voting >= inspection.quorum;
  if (verdict.quorum_votes || verdict.state == Verdict::State::kUnknown) return verdict;
  absl::StrAppend(&verdict.summary, "; ", TooFewVote(count, inspection));
  return verdict;
}

std::string NoteOf(const NodeView& view) {
  if (view.admission.empty()) return Printable(view.reason);
  return absl::StrCat("cannot vote: ", Printable(view.admission));
}

const char* StateName(Verdict::State state) {
  switch (state) {
    case Verdict::State::kFree:
      return "free";
    case Verdict::State::kHeld:
      return "held";
    case Verdict::State::kForeign:
      return "foreign";
    case Verdict::State::kSplit:
      return "split";
    case Verdict::State::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace holdfast::cli
