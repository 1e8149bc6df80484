// One nonce for each attempt, one ordered stream for each node: what happens without.
//
//   model_streams [--list | --small | --large | NAME...]
#include <vector>

#include "report.h"
#include "stream_model.h"

namespace holdfast::model {
namespace {

const std::vector<Variant<StreamOptions>> kVariants = {
    {"fresh-nonce",
     "requests in any order, a retry has a nonce of its own",
     "",
     {.order = Order::kAny, .keys_left = false},
     false},
    {"reused-nonce",
     "the same, a retry has the nonce of the first try",
     kOneHolder,
     {.order = Order::kAny, .fresh_nonce = false, .keys_left = false}},
    {"any-order", "a release may overtake its acquire", kNoKeyLeft, {.order = Order::kAny}},
    {"stream", "requests in the order in which they were sent", "", {.order = Order::kStream}},
    {"broken-connection",
     "an acquire may be left in a buffer; released once",
     kNoKeyLeft,
     {.order = Order::kBreaksOnce}},
    {"broken-connection-again",
     "the same, released until the acquire is too late",
     "",
     {.order = Order::kBreaks},
     false},
};

}  // namespace
}  // namespace holdfast::model

int main(int argc, char** argv) {
  using holdfast::model::StreamModel;
  return holdfast::model::Main<StreamModel>(argc, argv, holdfast::model::kVariants);
}
