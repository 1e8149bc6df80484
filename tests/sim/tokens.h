// The fencing tokens that were given out, and whether they tell in which order.
#ifndef HOLDFAST_TESTS_SIM_TOKENS_H_
#define HOLDFAST_TESTS_SIM_TOKENS_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace holdfast::core {

class Tokens {
 public:
  // An attempt is about to send its first message: what is given out by now is smaller than all
  // that it can get.
  void Begin(std::string_view nonce) { attempts_.try_emplace(std::string(nonce), *this); }

  // That attempt gave its client `token` for `name`. What is wrong with that, or "". `known`: the
  // nodes will not forget it.
  std::string Finish(std::string_view nonce, std::string_view name, std::int64_t token,
                     bool known = true) {
    const auto attempt = attempts_.find(nonce);
    if (attempt == attempts_.end()) return "a lock that was never asked for";
    if (token <= 0) return "no token";
    if (attempt->second.history != history_) return "";
    const auto& before = attempt->second.largest;
    const auto largest = before.find(name);
    if (largest != before.end() && token <= largest->second) {
      return Text(name, token) + ", after " + std::to_string(largest->second);
    }
    if (!known) return "";
    if (!given_[std::string(name)].insert(token).second) return Text(name, token) + ", twice";
    std::int64_t& mine = largest_[std::string(name)];
    mine = std::max(mine, token);
    return "";
  }

  // Of all that are to be compared, by name.
  using Largest = std::map<std::string, std::int64_t, std::less<>>;
  const Largest& largest() const { return largest_; }

  // Whether that attempt began after the last Forget.
  bool IsOfThisHistory(std::string_view nonce) const {
    const auto attempt = attempts_.find(nonce);
    return attempt != attempts_.end() && attempt->second.history == history_;
  }
  std::uint64_t history() const { return history_; }

  // The nodes forgot more than they can make up for: tokens begin anew, and those of attempts that
  // are under way are not to be compared.
  void Forget() {
    ++history_;
    largest_.clear();
    given_.clear();
  }

 private:
  struct Attempt {
    explicit Attempt(const Tokens& tokens) : history(tokens.history_), largest(tokens.largest_) {}

    std::uint64_t history;
    Largest largest;  // When it began.
  };

  static std::string Text(std::string_view name, std::int64_t token) {
    return std::string(name) + " got the token " + std::to_string(token);
  }

  std::uint64_t history_ = 0;
  Largest largest_;
  std::map<std::string, std::set<std::int64_t>> given_;
  std::map<std::string, Attempt, std::less<>> attempts_;  // By nonce.
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_TOKENS_H_
