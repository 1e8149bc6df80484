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

// Keys first, then arguments. Views of texts that must live until the call has been encoded, and of
// numbers that it keeps itself; so it is built in place, and holds no memory of its own. What
// several servers are told in nearly the same words is encoded once: only what was replaced is
// written anew.
class ScriptCall {
 public:
  // `with_text`: as EVAL with the whole text, for a server that forgot the script; else EVALSHA.
  ScriptCall(const Script& script, bool with_text);
  ScriptCall(const ScriptCall&) = delete;
  ScriptCall& operator=(const ScriptCall&) = delete;

  // All keys come before the first argument.
  void Key(std::string_view key);
  void Argument(std::string_view text) { words_[size_++] = text; }
  void Argument(std::int64_t number);
  // One that tells this call from others of its kind. With any such the script can carry out
  // several calls as one (JoinedCalls), if the others agree: it then takes their first key and
  // these arguments once, and of each further call the other keys and its own arguments.
  template <class Value>
  void OwnArgument(Value value) {
    own_.set(size_ - WordOf(0));
    Argument(value);
  }

  // Puts another one in the place of the i-th argument, which is none of its own.
  void Replace(std::size_t i, std::string_view text);
  void Replace(std::size_t i, std::int64_t number);

  // It is not to be joined with others.
  void StandAlone() { alone_ = true; }

  // Back to a call without keys and arguments.
  void Clear();

  const Script& script() const { return *script_; }
  bool with_text() const { return with_text_; }
  bool stands_alone() const { return alone_; }
  std::span<const std::string_view> keys() const { return {words_.data() + kHead, keys_}; }
  std::span<const std::string_view> arguments() const {
    return {words_.data() + kHead + keys_, size_ - kHead - keys_};
  }
  bool IsOwn(std::size_t argument) const { return own_.test(argument); }
  std::size_t own_arguments() const { return own_.count(); }

  void AppendTo(std::string& out) const;

  // For JoinedCalls: the bytes of the keys but the first, of all arguments, and of its own ones.
  struct Parts {
    std::string_view keys;
    std::string_view arguments;
    std::string_view own;
  };
  // None where it has to stand alone: it has no arguments of its own, or is long. Valid until it is
  // changed.
  bool ToParts(Parts& parts) const;

 private:
  // EVALSHA, the script, the number of keys.
  static constexpr std::size_t kHead = 3;
  // The guard, and a lock and a counter for each name.
  static constexpr std::size_t kMaxKeys = 1 + 2 * kMaxNames;
  // Two numbers for each name, and what all scripts take.
  static constexpr std::size_t kMaxArguments = 2 * kMaxNames + 8;
  // Longer calls are encoded each time.
  static constexpr std::size_t kMaxEncoded = 1024;

  std::size_t WordOf(std::size_t argument) const { return kHead + keys_ + argument; }
  std::size_t BytesBehind(std::size_t word) const;
  bool Encode() const;

  const Script* script_;
  bool with_text_;
  bool alone_ = false;
  std::size_t keys_ = 0;
  std::size_t size_ = kHead;
  std::bitset<kMaxArguments> own_;
  Digits key_count_;
  std::array<std::string_view, kHead + kMaxKeys + kMaxArguments> words_;
  std::array<Digits, kMaxArguments> digits_;  // Of those arguments that are numbers.
  // The parts, one behind the other; all of no size when they have to be encoded.
  mutable std::size_t keys_end_ = 0;
  mutable std::size_t arguments_end_ = 0;
  mutable std::size_t own_end_ = 0;
  mutable std::array<char, kMaxEncoded> encoded_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SCRIPT_CALL_H_
