// What is shown of endpoints and URLs, and that a formatted endpoint is read as what it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/url.h"
#include "support/status_matchers.h"

namespace holdfast::core {
namespace {

using holdfast::testing::IsOk;

TEST(EndpointTest, NameIsAnAddress) {
  EXPECT_EQ(Endpoint{}.name(), "localhost:6379");
  EXPECT_EQ((Endpoint{.host = "a", .port = 1, .tls = true, .database = 3}).name(), "a:1");
  EXPECT_EQ((Endpoint{.host = "::1"}).name(), "[::1]:6379");
  EXPECT_EQ((Endpoint{.unix_socket = "/tmp/a"}).name(), "unix:/tmp/a");
}

TEST(EndpointTest, NameShowsNoPassword) {
  EXPECT_EQ((Endpoint{.host = "a", .username = "me", .password = "s3cret"}).name(), "a:6379");
}

TEST(FormatUrlTest, WritesWhatPeopleWouldWrite) {
  EXPECT_EQ(FormatUrl({}), "redis://localhost:6379");
  EXPECT_EQ(FormatUrl({.host = "::1", .port = 1, .tls = true, .database = 2}),
            "rediss://[::1]:1/2");
  EXPECT_EQ(FormatUrl({.host = "a", .password = "p/@:? "}), "redis://:p%2F%40%3A%3F%20@a:6379");
  EXPECT_EQ(FormatUrl({.unix_socket = "/tmp/a b", .database = 3}), "unix:///tmp/a%20b?db=3");
}

TEST(FormatUrlTest, IsReadAsWhatItWas) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));
  const std::vector<Endpoint> endpoints = {
      {},
      {.host = "a.example", .port = 65535, .tls = true, .password = "p", .database = 1'000'000},
      {.host = "fe80::1%eth0", .username = every_byte, .password = every_byte},
      {.unix_socket = "/" + every_byte.substr(1, 100), .password = "p"},
      {.unix_socket = "/" + every_byte.substr(150),
       .username = "u",
       .password = "p",
       .database = 9},
  };
  for (const Endpoint& endpoint : endpoints) {
    const auto read = ParseUrl(FormatUrl(endpoint));
    ASSERT_THAT(read, IsOk()) << FormatUrl(endpoint);
    EXPECT_EQ(*read, endpoint) << FormatUrl(endpoint);
  }
}

TEST(MaskUrlTest, HidesAllBeforeTheLastAtSign) {
  EXPECT_EQ(MaskUrl("redis://u:s3cret@a:1/2"), "redis://***@a:1/2");
  EXPECT_EQ(MaskUrl("rediss://:s3/cr@et@a"), "rediss://***@a");
  EXPECT_EQ(MaskUrl("u:s3cret@a"), "***@a");
  EXPECT_EQ(MaskUrl("redis:s3cret@a://"), "***@a://");
  EXPECT_EQ(MaskUrl("unix://u:s3cret@/tmp/a?db=1"), "unix://***@/tmp/a?db=1");
}

TEST(MaskUrlTest, HidesParameters) {
  EXPECT_EQ(MaskUrl("unix:///tmp/a?password=s3cret"), "unix:///tmp/a?***");
  EXPECT_EQ(MaskUrl("redis://:x@a/0?db=1&password=s3cret"), "redis://***@a/0?***");
}

TEST(MaskUrlTest, ShowsWhatIsNoSecret) {
  EXPECT_EQ(MaskUrl("redis://a:1/2"), "redis://a:1/2");
  EXPECT_EQ(MaskUrl("redis://[::1]:1/2"), "redis://[::1]:1/2");
  EXPECT_EQ(MaskUrl("unix:///tmp/a:b"), "unix:///tmp/a:b");
  EXPECT_EQ(MaskUrl("redis://a\n"), "redis://a\\x0a");
}

}  // namespace
}  // namespace holdfast::core
