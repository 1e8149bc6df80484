// Calls of one script that go to a node as one.
#ifndef HOLDFAST_CORE_JOINED_CALLS_H_
#define HOLDFAST_CORE_JOINED_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/script_call.h"

namespace holdfast::core {

// What a server does for a call of a script besides the call's own work (finding the script, its
// clock, the guard) it does for joined calls once. The scripts carry them out one after the other,
// each as if it came alone, and answer with an array: PROTOCOL.md, Joined calls.
class JoinedCalls {
 public:
  // More would keep other clients of the server waiting, and their answers could exceed
  // ReplyLimits.
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kMostKeys = 256;  // Besides the first.

  // False, and nothing done, if it has to be a command of its own, or of a later one.
  bool Join(const ScriptCall& call);

  std::size_t size() const { return size_; }

  // Appends the command, if there is any call in it, and is empty again.
  void MoveTo(std::string& out);

 private:
  bool Takes(const ScriptCall& call) const;
  bool Agrees(const ScriptCall& call) const;
  void NoteShared(const ScriptCall& call);

  std::size_t size_ = 0;
  const Script* script_ = nullptr;
  bool with_text_ = false;
  // Of each call.
  std::size_t key_count_ = 0;
  std::size_t argument_count_ = 0;
  std::size_t own_count_ = 0;
  std::string guard_;  // The first key of all.
  // What they agree on: numbers, and sizes of texts, which stand one behind the other.
  std::vector<std::int64_t> shared_;
  std::string texts_;
  std::string keys_;       // As bytes, of all calls.
  std::string arguments_;  // As bytes: those of the first, then what is the others' own.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_JOINED_CALLS_H_
