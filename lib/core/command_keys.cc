#include "core/command_keys.h"

#include <algorithm>
#include <string>

#include "core/command_table.h"
#include "core/slots.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

using Words = std::span<const std::string_view>;
using Routing = CommandKeys::Routing;

// How much of a key is shown in an error.
constexpr std::size_t kShownKeyBytes = 60;

// An option in front of which others may stand, and how many words follow it.
struct Option {
  std::string_view name;
  std::size_t words;
};

// How many words belong to the option at the front of `words`; 0: it is none of `options`.
std::size_t OptionWords(std::string_view word, std::span<const Option> options) {
  for (const Option& option : options) {
    if (IsWord(word, option.name)) return 1 + option.words;
  }
  return 0;
}

CommandKeys Range(const KeyPositions& keys, Words words) {
  const auto size = static_cast<std::ptrdiff_t>(words.size());
  const std::ptrdiff_t last = keys.last < 0 ? size + keys.last : keys.last;
  const std::ptrdiff_t end = std::max<std::ptrdiff_t>(std::min(last + 1, size), 0);
  return {Routing::kKeys, static_cast<std::size_t>(keys.first), static_cast<std::size_t>(end),
          static_cast<std::size_t>(keys.step)};
}

CommandKeys Counted(std::size_t at, Words words) {
  if (at >= words.size()) return {};
  const auto count = ParseNumber<std::size_t>(words[at]);
  const std::size_t rest = words.size() - at - 1;
  if (!count || *count == 0 || *count > rest) return {};
  return {Routing::kKeys, at + 1, at + 1 + *count};
}

CommandKeys CountedAndFirst(std::size_t at, Words words) {
  CommandKeys keys = Counted(at, words);
  if (keys.empty()) return Range({KeyFinder::kRange, 1, 1, 1}, words);
  keys.AddExtra(1);
  return keys;
}

// XREAD [COUNT n] [BLOCK ms] STREAMS key… id…
CommandKeys Streams(Words words) {
  static constexpr Option kOptions[] = {{"count", 1}, {"block", 1}, {"group", 2}, {"noack", 0}};
  std::size_t i = 1;
  while (i < words.size() && !IsWord(words[i], "streams")) {
    const std::size_t skip = OptionWords(words[i], kOptions);
    if (skip == 0) return {};
    i += skip;
  }
  if (i >= words.size()) return {};
  return {Routing::kKeys, i + 1, i + 1 + (words.size() - i - 1) / 2};
}

// SORT key [BY pattern] [LIMIT from count] [GET pattern]… [STORE key] …; the last STORE counts.
CommandKeys Sort(Words words) {
  static constexpr Option kOptions[] = {{"limit", 2}, {"get", 1}, {"by", 1}, {"store", 1}};
  CommandKeys keys = Range({KeyFinder::kRange, 1, 1, 1}, words);
  for (std::size_t i = 2; i < words.size();) {
    if (IsWord(words[i], "store") && i + 1 < words.size()) keys.AddExtra(i + 1);
    i += std::max<std::size_t>(OptionWords(words[i], kOptions), 1);
  }
  return keys;
}

// GEORADIUS key longitude latitude radius unit […] [STORE key] [STOREDIST key]
CommandKeys GeoRadius(Words words) {
  CommandKeys keys = Range({KeyFinder::kRange, 1, 1, 1}, words);
  for (std::size_t i = 5; i + 1 < words.size(); ++i) {
    if (!IsWord(words[i], "store") && !IsWord(words[i], "storedist")) continue;
    keys.AddExtra(++i);
  }
  return keys;
}

// MIGRATE host port key|"" database timeout [COPY] [REPLACE] [AUTH …] [KEYS key…]
CommandKeys Migrate(Words words) {
  static constexpr Option kOptions[] = {{"copy", 0}, {"replace", 0}, {"auth", 1}, {"auth2", 2}};
  if (words.size() < 4) return {};
  if (!words[3].empty()) return {Routing::kKeys, 3, 4};
  for (std::size_t i = 6; i < words.size();) {
    if (IsWord(words[i], "keys")) return {Routing::kKeys, i + 1, words.size()};
    i += std::max<std::size_t>(OptionWords(words[i], kOptions), 1);
  }
  return {};
}

CommandKeys FindKeys(const KeyPositions& keys, Words words) {
  switch (keys.finder) {
    case KeyFinder::kNone:
    case KeyFinder::kContainer:
      break;
    case KeyFinder::kRange:
      return Range(keys, words);
    case KeyFinder::kCounted:
      return Counted(static_cast<std::size_t>(keys.first), words);
    case KeyFinder::kCountedAndFirst:
      return CountedAndFirst(static_cast<std::size_t>(keys.first), words);
    case KeyFinder::kStreams:
      return Streams(words);
    case KeyFinder::kSort:
      return Sort(words);
    case KeyFinder::kGeoRadius:
      return GeoRadius(words);
    case KeyFinder::kMigrate:
      return Migrate(words);
  }
  return {};
}

std::string ShowKey(std::string_view key, std::uint16_t slot) {
  return "'" + Printable(key, kShownKeyBytes) + "' is in slot " + std::to_string(slot);
}

absl::Status CrossSlot(std::string_view command, std::string_view a, std::string_view b) {
  return InvalidArgument("CROSSSLOT the keys of " + Printable(command, kShownKeyBytes) +
                         " are not all in one slot: " + ShowKey(a, SlotOf(a)) + ", " +
                         ShowKey(b, SlotOf(b)) + " (a hash tag, {...}, keeps keys together)");
}

}  // namespace

CommandKeys KeysOf(std::span<const std::string_view> words) {
  const CommandRow* row = FindCommand(words);
  if (row == nullptr) return {Routing::kUnknown, 1, std::min<std::size_t>(words.size(), 2)};
  const CommandKeys keys = FindKeys(row->keys, words);
  return keys.empty() ? CommandKeys() : keys;
}

bool IsReadOnly(std::span<const std::string_view> words) {
  const CommandRow* row = FindCommand(words);
  return row != nullptr && row->read_only;
}

absl::StatusOr<std::optional<std::uint16_t>> SlotOfCommand(
    std::span<const std::string_view> words) {
  const CommandKeys keys = KeysOf(words);
  if (keys.empty()) return std::nullopt;
  const std::string_view first = words[keys[0]];
  const std::uint16_t slot = SlotOf(first);
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const std::string_view key = words[keys[i]];
    if (SlotOf(key) != slot) return CrossSlot(words[0], first, key);
  }
  return slot;
}

}  // namespace holdfast::core
