#include "chaos/store.h"

#include <cstdlib>

#include "holdfast/fenced_set.h"

namespace holdfast::testing {
namespace {

std::string KeyOf(int name) { return "value of " + LockName(name); }

}  // namespace

bool Store::Put(const Hold& hold, const std::function<bool()>& holds, Ledger& ledger) {
  Write write = {.name = hold.name, .fence = hold.fence, .before = ledger.stored(hold.name).newest};
  const std::string answer = connection_.Command(FencedSetCommand(
      {.key = KeyOf(hold.name), .value = std::to_string(hold.fence), .fence = hold.fence}));
  const bool sensible = answer.starts_with("0\n") || answer.starts_with("1\n");
  if (!sensible) return false;
  write.accepted = answer[0] == '1';
  write.newest = strtoull(answer.c_str() + 2, nullptr, 10);
  write.held = holds();
  ledger.Add(write);
  return true;
}

std::uint64_t Store::TokenOf(int name) {
  return strtoull(connection_.Command({"GET", KeyOf(name)}).c_str(), nullptr, 10);
}

}  // namespace holdfast::testing
