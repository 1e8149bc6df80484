// When a node whose quarantine is over may be opened, and with which floor.
#include <algorithm>

#include "core/admission.h"

namespace holdfast::core {

bool Admission::IsToBeOpened(int index) const {
  const Node& node = nodes_[index];
  return OpensNodes() && IsShut(node) && node.till <= survey_ && Surveyed() && CanOpen(index);
}

void Admission::StartSurvey(TimePoint now) {
  if (!OpensNodes()) return;
  if (survey_ != kLongAgo && now < survey_ + kAgain) return;
  if (Asking()) return;  // A survey that is under way is not begun anew,
  for (int i = 0; i < count(); ++i) {
    if (IsToBeOpened(i)) return;  // nor one that was of use.
  }
  const auto due = [&](const Node& node) { return IsShut(node) && node.till <= now; };
  if (std::any_of(nodes_.begin(), nodes_.end(), due)) survey_ = now;
}

bool Admission::Asking() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.asking(); });
}

bool Admission::Surveyed() const {
  const auto missing = [&](const Node& node) {
    if (!node.connected || !node.refusal.empty()) return false;
    // One that cannot answer is as good as down.
    const bool failed = !node.known && !node.asking() && !node.problem.reason.empty();
    return !failed && (!node.known || node.asking() || node.asked < survey_);
  };
  return std::none_of(nodes_.begin(), nodes_.end(), missing);
}

// A token made final while this node had a vote is known to the other nodes of that quorum, and
// N-q+1 others that forgot nothing include one of those. Where so many are not to be had, all
// others are the most that can be asked; and where nobody has forgotten nothing, as at a first
// start, a quorum that answers is.
bool Admission::CanOpen(int index) const {
  if (EnoughGrown(index)) return true;
  int answering = 0;
  bool all_new = true;
  for (int i = 0; i < count(); ++i) {
    const Node& other = nodes_[i];
    if (!Counts(other)) continue;
    ++answering;
    if (i == index) continue;
    all_new = all_new && (IsOpen(other) ? other.young : other.till <= survey_);
  }
  return answering == count() || (all_new && answering >= options_.quorum);
}

bool Admission::EnoughGrown(int index) const {
  int grown = 0;
  for (int i = 0; i < count(); ++i) {
    grown += i != index && IsOpen(nodes_[i]) && !nodes_[i].young ? 1 : 0;
  }
  return grown >= count() - options_.quorum + 1;
}

// More than is needed does no harm: a counter may always be raised.
std::int64_t Admission::Floor() const {
  std::int64_t floor = 0;
  for (const Node& node : nodes_) floor = std::max(floor, Counts(node) ? node.mark : 0);
  return floor;
}

}  // namespace holdfast::core
