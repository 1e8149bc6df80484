#include "core/multi_key.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/command_table.h"
#include "core/slots.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

struct Splittable {
  std::string_view name;
  SplitCommand::Join join;
  std::size_t step;  // Words for each key.
};

constexpr Splittable kSplittable[] = {
    {"mget", SplitCommand::Join::kArray, 1}, {"mset", SplitCommand::Join::kOk, 2},
    {"del", SplitCommand::Join::kSum, 1},    {"unlink", SplitCommand::Join::kSum, 1},
    {"exists", SplitCommand::Join::kSum, 1}, {"touch", SplitCommand::Join::kSum, 1},
};

const Splittable* FindSplittable(std::string_view name) {
  for (const Splittable& splittable : kSplittable) {
    if (IsWord(name, splittable.name)) return &splittable;
  }
  return nullptr;
}

}  // namespace

std::optional<SplitCommand> Split(std::span<const std::string_view> words) {
  const Splittable* how = words.empty() ? nullptr : FindSplittable(words[0]);
  // A key without its value is an error, which must not be found out when half is done.
  if (how == nullptr || (words.size() - 1) % how->step != 0) return std::nullopt;
  SplitCommand split = {.join = how->join, .name = std::string(words[0])};
  std::unordered_map<std::uint16_t, std::size_t> part_of_slot;
  for (std::size_t i = 1; i < words.size(); i += how->step) {
    const std::uint16_t slot = SlotOf(words[i]);
    const auto [found, is_new] = part_of_slot.try_emplace(slot, split.parts.size());
    if (is_new) split.parts.push_back({.slot = slot, .words = {words[0]}});
    SplitCommand::Part& part = split.parts[found->second];
    const auto key_and_value = words.subspan(i, how->step);
    part.words.insert(part.words.end(), key_and_value.begin(), key_and_value.end());
    part.positions.push_back(split.keys++);
  }
  if (split.parts.size() < 2) return std::nullopt;
  return split;
}

ReplyJoiner::ReplyJoiner(SplitCommand split)
    : split_(std::move(split)), replies_(split_.parts.size()), missing_(split_.parts.size()) {}

bool ReplyJoiner::IsReplyOf(std::size_t part, ReplyView reply) const {
  const std::size_t keys = split_.parts[part].positions.size();
  switch (split_.join) {
    case SplitCommand::Join::kArray:
      return reply.type() == ReplyType::kArray && reply.size() == keys;
    case SplitCommand::Join::kSum:
      return reply.type() == ReplyType::kInteger && reply.integer() >= 0 &&
             static_cast<std::uint64_t>(reply.integer()) <= keys;
    case SplitCommand::Join::kOk:
      break;
  }
  return reply.type() == ReplyType::kStatus;
}

absl::Status ReplyJoiner::Add(std::size_t part, ReplyView reply) {
  if (part >= replies_.size() || replies_[part].has_value()) {
    return absl::InternalError("a reply to a part that has one, or does not exist");
  }
  if (!reply.is_error() && !IsReplyOf(part, reply)) {
    return absl::InternalError("the reply is none that " + Printable(split_.name) + " can have");
  }
  replies_[part].emplace().Append(Reply::kNone, reply);
  --missing_;
  if (reply.is_error()) ++errors_;
  return absl::OkStatus();
}

void ReplyJoiner::Finish(Reply& joined) const {
  joined.Clear();
  if (!complete()) return;
  if (errors_ > 0) return FinishError(joined);
  switch (split_.join) {
    case SplitCommand::Join::kArray:
      return FinishArray(joined);
    case SplitCommand::Join::kSum:
      return FinishSum(joined);
    case SplitCommand::Join::kOk:
      joined.AddText(Reply::kNone, ReplyType::kStatus, "OK");
  }
}

void ReplyJoiner::FinishError(Reply& joined) const {
  const auto refused = std::find_if(replies_.begin(), replies_.end(),
                                    [](const auto& reply) { return reply->root().is_error(); });
  const std::string text = std::string((*refused)->root().text()) + " (" + std::to_string(errors_) +
                           " of the " + std::to_string(replies_.size()) + " slots refused " +
                           Printable(split_.name) + ", the others executed it)";
  joined.AddText(Reply::kNone, ReplyType::kError, text);
}

void ReplyJoiner::FinishArray(Reply& joined) const {
  std::vector<std::optional<ReplyView>> values(split_.keys);
  for (std::size_t part = 0; part < replies_.size(); ++part) {
    auto position = split_.parts[part].positions.begin();
    for (const ReplyView value : replies_[part]->root()) values[*position++] = value;
  }
  const std::size_t array = joined.AddArray(Reply::kNone);
  for (const std::optional<ReplyView>& value : values) joined.Append(array, *value);
}

void ReplyJoiner::FinishSum(Reply& joined) const {
  std::int64_t sum = 0;
  for (const std::optional<Reply>& reply : replies_) sum += reply->root().integer();
  joined.AddInteger(Reply::kNone, sum);
}

}  // namespace holdfast::core
