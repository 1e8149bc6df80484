// All that may happen in one state of the model of fencing tokens.
#ifndef HOLDFAST_TESTS_MODEL_TOKEN_MOVES_H_
#define HOLDFAST_TESTS_MODEL_TOKEN_MOVES_H_

#include <string_view>

#include "token_model.h"
#include "token_state.h"

namespace holdfast::model {

class TokenMoves {
 public:
  TokenMoves(const TokenOptions& options, const TokenParts& parts, const TokenState& state,
             TokenModel::Moves* moves);

  void FindAll();

 private:
  using Kind = TokenStep::Kind;

  // Of an attempt.
  void Start(int a);
  void Grant(int a, int n);
  void GrantAs(int a, int n, Count c);
  void Decide(int a, int n, int other);
  void Finalise(int a);
  void OtherNode(int a, int n);
  void GiveUp(int a);
  void Release(int a, int n);
  // Of a node, or around it.
  void Vanish(int n);
  void RaiseCounter(int n);
  void Expire(int n);
  void OtherName(int n);
  void Restart(int n);
  void Waited();
  void ReadFloor(int n);

  bool MayGrant(int n) const;
  bool MayRestart() const { return options_.forgetting != Forgetting::kNever; }
  void Raise(Node* node, Count token) const;

  void Add(const TokenStep& step, TokenState to, std::string_view broken = "");
  void AddFinal(const TokenStep& step, TokenState to);
  // The invariant that does not hold once this attempt is final.
  std::string_view BrokenBy(const TokenState& to, int a) const;
  bool CounterFell(const TokenStep& step, const TokenState& to) const;

  const TokenOptions& options_;
  const TokenParts& parts_;
  TokenState state_;
  Count largest_ = 0;
  TokenModel::Moves* const moves_;
};

}  // namespace holdfast::model

#endif  // HOLDFAST_TESTS_MODEL_TOKEN_MOVES_H_
