// Which words of a command are keys, and so which slot of a cluster it belongs to.
#ifndef HOLDFAST_CORE_COMMAND_KEYS_H_
#define HOLDFAST_CORE_COMMAND_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"

namespace holdfast::core {

// The indices of the words that are keys: equally spaced ones, and perhaps one more.
class CommandKeys {
 public:
  enum class Routing {
    kNoKey,    // Any node can execute it, or only itself says which one.
    kKeys,     // To the owner of its keys.
    kUnknown,  // No command of Redis 7.0. Its second word, if any, is taken for the key, as most
               // clients do; where that is wrong, the server's MOVED puts it right.
  };

  CommandKeys() = default;

  // Words `first`, `first` + `step`, … up to before `end`.
  CommandKeys(Routing routing, std::size_t first, std::size_t end, std::size_t step = 1)
      : routing_(routing), first_(first), step_(step) {
    count_ = end > first ? (end - first + step - 1) / step : 0;
  }

  void AddExtra(std::size_t index) { extra_ = index; }  // 0: none.

  Routing routing() const { return routing_; }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return count_ + (extra_ != 0 ? 1 : 0); }
  std::size_t operator[](std::size_t i) const { return i < count_ ? first_ + i * step_ : extra_; }

 private:
  Routing routing_ = Routing::kNoKey;
  std::size_t first_ = 0;
  std::size_t step_ = 1;
  std::size_t count_ = 0;
  std::size_t extra_ = 0;
};

// The keys of the command whose name (in any case) and arguments are `words`. A command that the
// server would refuse for its form may have none or too few; there is then nothing to be routed.
CommandKeys KeysOf(std::span<const std::string_view> words);

// Whether replicas execute it. False for a command that is not known.
bool IsReadOnly(std::span<const std::string_view> words);

// The slot of all the command's keys; nullopt if it has none. kInvalidArgument, beginning with
// CROSSSLOT and naming two of the keys, if they are in different slots.
absl::StatusOr<std::optional<std::uint16_t>> SlotOfCommand(std::span<const std::string_view> words);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_COMMAND_KEYS_H_
