// One call of a script on a node.
#ifndef HOLDFAST_CORE_SCRIPT_CALL_H_
#define HOLDFAST_CORE_SCRIPT_CALL_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/limits.h"
#include "core/scripts.h"
#include "core/text.h"

namespace holdfast::core {

// Keys first, then arguments. Views of texts that must live until the call has been encoded, and
// numbers; so it is built in place, and holds no memory of its own. Of what several servers are
// told in nearly the same words, that which is the same is encoded once.
class ScriptCall {
 public:
  // `with_text`: as EVAL with the whole text, for a server that forgot the script; else EVALSHA.
  ScriptCall(const Script& script, bool with_text);
  ScriptCall(const ScriptCall&) = delete;
  ScriptCall& operator=(const ScriptCall&) = delete;

  // All keys come before the first argument.
  void Key(std::string_view key);
  void Argument(std::string_view text) { words_[size_++] = text; }
  void Argument(std::int64_t number) {
    const std::size_t i = arguments_size();
    numbers_[i] = number;
    numeric_.set(i);
    ++size_;
  }
  // One that tells this call from others of its kind. With any such the script can carry out
  // several calls as one (JoinedCalls), if the others agree: it then takes their first key and
  // these arguments once, and of each further call the other keys and its own arguments.
  void OwnArgument(std::string_view text) {
    own_.set(arguments_size());
    Argument(text);
  }
  void OwnArgument(std::int64_t number) {
    own_.set(arguments_size());
    Argument(number);
  }

  // Puts another one of its kind in the place of the i-th argument, which is none of its own.
  void Replace(std::size_t i, std::string_view text) { words_[WordOf(i)] = text; }
  void Replace(std::size_t i, std::int64_t number) { numbers_[i] = number; }

  // It is not to be joined with others.
  void StandAlone() { alone_ = true; }

  // Back to a call without keys and arguments.
  void Clear();

  const Script& script() const { return *script_; }
  bool with_text() const { return with_text_; }
  bool stands_alone() const { return alone_; }
  std::span<const std::string_view> keys() const { return {words_.data() + kHead, keys_}; }
  // As texts, until it is changed.
  std::span<const std::string_view> arguments() const;
  std::size_t arguments_size() const { return size_ - kHead - keys_; }
  bool IsOwn(std::size_t argument) const { return own_.test(argument); }
  std::size_t own_arguments() const { return own_.count(); }
  bool IsNumber(std::size_t argument) const { return numeric_.test(argument); }
  std::int64_t number(std::size_t argument) const { return numbers_[argument]; }
  std::string_view text(std::size_t argument) const { return words_[WordOf(argument)]; }

  void AppendTo(std::string& out) const;

  // For JoinedCalls: the bytes of the keys but the first, and of its own arguments.
  struct Parts {
    std::string_view keys;
    std::string_view own;
  };
  // None where it has to stand alone: it has no arguments of its own, or is long.
  bool ToParts(Parts& parts) const;

 private:
  // EVALSHA, the script, the number of keys.
  static constexpr std::size_t kHead = 3;
  // The guard, and a lock and a counter for each name.
  static constexpr std::size_t kMaxKeys = 1 + 2 * kMaxNames;
  // Two numbers for each name, and what all scripts take.
  static constexpr std::size_t kMaxArguments = 2 * kMaxNames + 8;
  // Longer ones are not joined.
  static constexpr std::size_t kMaxEncoded = 1024;

  std::size_t WordOf(std::size_t argument) const { return kHead + keys_ + argument; }
  std::string_view TextOf(std::size_t argument) const;
  bool Encode() const;

  const Script* script_;
  bool with_text_;
  bool alone_ = false;
  std::size_t keys_ = 0;
  std::size_t size_ = kHead;
  std::bitset<kMaxArguments> own_;
  std::bitset<kMaxArguments> numeric_;
  Digits key_count_;
  std::array<std::int64_t, kMaxArguments> numbers_;
  // Those of numbers are made of them when they are asked for.
  mutable std::array<std::string_view, kHead + kMaxKeys + kMaxArguments> words_;
  mutable std::array<Digits, kMaxArguments> digits_;
  // The parts, one behind the other; of no size when they have to be encoded.
  mutable std::size_t keys_end_ = 0;
  mutable std::size_t own_end_ = 0;
  mutable std::array<char, kMaxEncoded> encoded_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SCRIPT_CALL_H_
