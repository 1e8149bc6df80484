// Several commands that are given at once.
#ifndef HOLDFAST_BATCH_H_
#define HOLDFAST_BATCH_H_

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

#include "holdfast/command.h"

namespace holdfast {

//   redis.Transaction(Batch().Add({"DECR", "stock"}).Add({"RPUSH", "orders", order}), …)
//
// Executed in this order. May be empty; then so is the result. Made from a vector by a template, so
// that a command's words in braces are not taken for commands.
class Batch {
 public:
  Batch() = default;
  template <std::same_as<std::vector<Command>> Commands>
  Batch(Commands commands)  // NOLINT(google-explicit-constructor)
      : commands_(std::move(commands)) {}

  Batch& Add(Command command) & {
    commands_.push_back(std::move(command));
    return *this;
  }
  Batch&& Add(Command command) && { return std::move(Add(std::move(command))); }

  std::size_t size() const { return commands_.size(); }
  bool empty() const { return commands_.empty(); }
  const std::vector<Command>& commands() const& { return commands_; }
  std::vector<Command> commands() && { return std::move(commands_); }

 private:
  std::vector<Command> commands_;
};

}  // namespace holdfast

#endif  // HOLDFAST_BATCH_H_
