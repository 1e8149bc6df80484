// Commands of many keys that a cluster takes only slot by slot: cut into parts, and their replies
// joined to one. The parts are executed on their own: together they are not atomic.
#ifndef HOLDFAST_CORE_MULTI_KEY_H_
#define HOLDFAST_CORE_MULTI_KEY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/reply.h"

namespace holdfast::core {

struct SplitCommand {
  enum class Join { kArray, kSum, kOk };

  struct Part {
    std::uint16_t slot = 0;
    std::vector<std::string_view> words = {};  // Views of the whole command's words.
    std::vector<std::size_t> positions = {};   // Which of the whole command's keys these are.
  };

  Join join = Join::kArray;
  std::string name = {};  // The whole command's first word.
  std::size_t keys = 0;
  std::vector<Part> parts = {};  // In the order of their first keys; at least two.
};

// MGET, MSET, DEL, UNLINK, EXISTS and TOUCH with keys in different slots; nullopt for all else,
// which is sent as it is. A key that is given twice keeps its order: the last value of it counts.
std::optional<SplitCommand> Split(std::span<const std::string_view> words);

// Gathers the replies of a split command, in whatever order they come.
class ReplyJoiner {
 public:
  explicit ReplyJoiner(SplitCommand split);

  // The words of its parts are views: of use as long as the whole command's words are there.
  const SplitCommand& split() const { return split_; }

  // Keeps a copy of the reply to a part, the first time. Error replies too: they are told by
  // Finish. kInternal: it is none that the command can have, and the node breaks the protocol.
  absl::Status Add(std::size_t part, ReplyView reply);

  bool complete() const { return missing_ == 0; }

  // What the whole command would have replied: MGET an array in the order of the keys, MSET OK,
  // the others a sum. If parts were refused: the first one's error, and how many they were. Only
  // once complete.
  void Finish(Reply& joined) const;

 private:
  bool IsReplyOf(std::size_t part, ReplyView reply) const;
  void FinishError(Reply& joined) const;
  void FinishArray(Reply& joined) const;
  void FinishSum(Reply& joined) const;

  SplitCommand split_;
  std::vector<std::optional<Reply>> replies_;  // One for each part.
  std::size_t missing_;
  std::size_t errors_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_MULTI_KEY_H_
