// Something that locks protect, and that checks tokens as it should: the library's own script, on a
// server that is no lock node. Its value counts how often it was written.
#ifndef HOLDFAST_TESTS_SIM_FENCED_STORE_H_
#define HOLDFAST_TESTS_SIM_FENCED_STORE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "lua_node.h"
#include "lua_runner.h"

namespace holdfast::core {

class FencedStore {
 public:
  explicit FencedStore(LuaRunner& lua) : server_(lua, 0) {}

  // What is there, once nobody with a smaller token can write any more. Nothing for who is himself
  // too late.
  std::optional<std::int64_t> Open(std::int64_t token);

  // Adds one to what was `seen`; who is too late changes nothing. What is wrong with that, or "".
  std::string Write(std::int64_t token, std::int64_t seen);

  // The tokens begin anew.
  void Forget();

  std::int64_t writes() const { return writes_; }
  std::int64_t refused() const { return refused_; }

 private:
  bool Set(std::int64_t token, std::int64_t value);
  std::int64_t Number(std::string_view key);

  LuaNode server_;
  Reply reply_;
  std::int64_t fence_ = 0;   // The largest that was let in.
  std::int64_t writes_ = 0;  // That were let in.
  std::int64_t refused_ = 0;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_FENCED_STORE_H_
