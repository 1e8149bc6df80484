// Assigning over a client or a lock lets go of what was there, without waiting for what is new.
#include <gtest/gtest.h>

#include <optional>

#include "holdfast/blocking.h"
#include "support/clients.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"

namespace holdfast::testing {
namespace {

TEST(AssignTest, OneClientOverAnother) {
  Nodes nodes(1);
  absl::StatusOr<BlockingClient> a = BlockingClient::Create({.nodes = nodes.urls()});
  absl::StatusOr<BlockingClient> b = BlockingClient::Create({.nodes = nodes.urls()});
  *a = *b;
  *a = BlockingClient(*a);
  EXPECT_THAT(a->Acquire("a"), IsOk());
  a = BlockingClient::Create({.nodes = nodes.urls()});
  EXPECT_THAT(a->Acquire("b"), IsOk());
}

TEST(AssignTest, OneLockOverAnotherOfAClientThatIsGone) {
  Nodes nodes(1);
  std::optional<BlockingLock> a;
  std::optional<BlockingLock> b;
  for (auto* lock : {&a, &b}) {
    auto client = BlockingClient::Create({.nodes = nodes.urls()});
    auto acquired = client->Acquire(lock == &a ? "a" : "b");
    ASSERT_THAT(acquired, IsOk());
    lock->emplace(*std::move(acquired));
  }
  *a = *std::move(b);
  EXPECT_EQ(a->name(), "b");
  EXPECT_GT(a->valid_for().count(), 0);
  EXPECT_THAT(a->Release(), IsOk());
}

}  // namespace
}  // namespace holdfast::testing
