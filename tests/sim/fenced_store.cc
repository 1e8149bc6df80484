#include "fenced_store.h"

#include <array>
#include <string_view>

#include "core/scripts.h"
#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr std::string_view kValue = "value";
constexpr std::string_view kFence = "fence";
constexpr std::int64_t kTime = 1'700'000'000'000'000;  // Nothing here expires.

}  // namespace

std::optional<std::int64_t> FencedStore::Open(std::int64_t token) {
  const std::int64_t value = Number(kValue);
  if (!Set(token, value)) return std::nullopt;
  return value;
}

std::string FencedStore::Write(std::int64_t token, std::int64_t seen) {
  if (!Set(token, seen + 1)) {
    ++refused_;
    return "";
  }
  ++writes_;
  if (Number(kFence) < fence_) return "the store let an older token in";
  fence_ = Number(kFence);
  if (Number(kValue) == writes_) return "";
  return "the store lost an update: written " + std::to_string(writes_) + " times, it says " +
         std::to_string(Number(kValue));
}

void FencedStore::Forget() {
  server_.redis().Flush();
  fence_ = writes_ = 0;
}

bool FencedStore::Set(std::int64_t token, std::int64_t value) {
  const Digits value_text(value);
  const Digits token_text(token);
  const std::array keys = {kValue, kFence};
  const std::array arguments = {value_text.view(), token_text.view()};
  server_.Eval(kFencedSetScript, keys, arguments, kTime, reply_);
  return reply_.root().at(0).integer() == 1;
}

std::int64_t FencedStore::Number(std::string_view key) {
  const std::array get = {std::string_view("GET"), key};
  server_.redis().Execute(get, kTime, reply_);
  return ParseNumber<std::int64_t>(reply_.root().text()).value_or(0);
}

}  // namespace holdfast::core
