// Fencing tokens: the protocol as it is, and as it must not be.
//
//   model_tokens [--list | --small | --large | NAME...]
#include <vector>

#include "report.h"
#include "token_model.h"

namespace holdfast::model {
namespace {

const std::vector<Variant<TokenOptions>> kVariants = {
    {"as-it-is", "nodes finalise the very grant that was answered", "", {}},
    {"as-it-is-twice", "the same, requests may be executed twice", "", {.executions = 2}, false},
    {"as-it-is-three", "the same, three attempts", "", {.attempts = 3}, false},
    {"any-counters",
     "the same, any hints, anybody may raise any counter at any time",
     "",
     {.any_counters = true},
     false},
    {"not-finalised",
     "the largest counter is the token, nodes are not told",
     kTokensDiffer,
     {.finalise = Finalise::kNotAsked}},
    {"finalised-for-all",
     "nodes finalise for whoever asks",
     kTokensDiffer,
     {.finalise = Finalise::kAlways}},
    {"finalised-by-nonce",
     "nodes finalise any grant of the nonce",
     "",
     {.finalise = Finalise::kOfThisNonce}},
    {"finalised-by-nonce-twice",
     "the same, requests may be executed twice",
     kTokensDiffer,
     {.executions = 2, .finalise = Finalise::kOfThisNonce}},
    {"second-node",
     "another node stands in for one that did not finalise",
     kTokensDiffer,
     {.second_node = true}},
    {"release-overwrites",
     "a release sets the counter to its token",
     kCountersNeverFall,
     {.release_overwrites = true}},
    {"restart",
     "a node that restarts empty grants at once",
     kTokensGrow,
     {.forgetting = Forgetting::kGrantsAtOnce}},
    {"restart-floor",
     "it reads its floor from the others before it grants",
     kTokensDiffer,
     {.forgetting = Forgetting::kReadsFloor}},
    {"restart-wait-floor-of-one",
     "it waits for max_ttl, then reads one other",
     kTokensDiffer,
     {.forgetting = Forgetting::kWaitsAndReadsOne}},
    {"restart-wait-floor",
     "it waits for max_ttl, then reads its floor from N-q+1 others",
     "",
     {.forgetting = Forgetting::kWaitsAndReadsFloor}},
    {"counter-expires", "an idle counter starts anew", kTokensGrow, {.idle = Idle::kStartsAnew}},
    {"counter-expires-to-mark",
     "it stands at the high-water mark",
     "",
     {.idle = Idle::kStandsAtMark},
     false},
    {"mark-overwritten",
     "the same, but it is then set to any token",
     kCountersNeverFall,
     {.idle = Idle::kStandsAtMarkUntilWritten}},
};

}  // namespace
}  // namespace holdfast::model

int main(int argc, char** argv) {
  using holdfast::model::TokenModel;
  return holdfast::model::Main<TokenModel>(argc, argv, holdfast::model::kVariants);
}
