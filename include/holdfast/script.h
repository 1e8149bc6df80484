// A Lua script for the servers.
#ifndef HOLDFAST_SCRIPT_H_
#define HOLDFAST_SCRIPT_H_

#include <string>

#include "holdfast/command.h"

namespace holdfast {

// The words of a script's keys or arguments, of WATCH and the like: made as a Command is, but that
// its first word is no name. `{}` is none.
using Arguments = Command;

// Made once, used often; safe to use in several threads.
class Script {
 public:
  explicit Script(std::string text);

  const std::string& text() const { return text_; }
  const std::string& sha1() const { return sha1_; }  // 40 hexadecimal digits.

 private:
  std::string text_;
  std::string sha1_;
};

}  // namespace holdfast

#endif  // HOLDFAST_SCRIPT_H_
