// What is known of the commands of Redis 7.0: where their keys stand, and which of them only read.
#ifndef HOLDFAST_CORE_COMMAND_TABLE_H_
#define HOLDFAST_CORE_COMMAND_TABLE_H_

#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::core {

// How the keys are found among the words of a command. Word 0 is its name.
enum class KeyFinder : std::uint8_t {
  kNone,             // There are none.
  kRange,            // Every step-th word from `first` to `last` (-1: the last word).
  kCounted,          // The word at `first` is their number, and they follow it.
  kCountedAndFirst,  // The same, and word 1 is a key too.
  kStreams,          // The first half of what is behind STREAMS.
  kSort,             // Word 1, and the one behind STORE.
  kGeoRadius,        // Word 1, and the one behind STORE or STOREDIST.
  kMigrate,          // Word 3, or if that is empty, all behind KEYS.
  kContainer,        // It depends on word 1, and a subcommand without a row has none.
};

struct KeyPositions {
  KeyFinder finder = KeyFinder::kNone;
  std::int8_t first = 0;
  std::int8_t last = 0;
  std::int8_t step = 1;
};

struct CommandRow {
  std::string_view name = {};  // Lower case; of a subcommand "object|freq".
  KeyPositions keys = {};
  bool read_only = false;  // As the server flags it: replicas execute it.
};

// The row of the command, or of its subcommand if that has one; null if it is in no row.
const CommandRow* FindCommand(std::span<const std::string_view> words);

// Whether the word, in any case, is `lower`, which is in lower case.
bool IsWord(std::string_view word, std::string_view lower);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_COMMAND_TABLE_H_
