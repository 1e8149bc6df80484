// URLs of servers behind a host: every form, every mistake, and no password in any message.
#include "core/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace holdfast::core {
namespace {

using holdfast::testing::IsOk;
using holdfast::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// "user:password@host:port/db" as it was read.
std::string Read(std::string_view url) {
  const auto endpoint = ParseUrl(url);
  if (!endpoint.ok()) return std::string(endpoint.status().message());
  return endpoint->username + ":" + endpoint->password + "@" + endpoint->name() + "/" +
         std::to_string(endpoint->database);
}

auto IsRefusedFor(const std::string& reason) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason));
}

TEST(UrlTest, ReadsEveryForm) {
  EXPECT_EQ(Read("redis://a"), ":@a:6379/0");
  EXPECT_EQ(Read("redis://a/"), ":@a:6379/0");
  EXPECT_EQ(Read("redis://a.b-c_d.example:6380"), ":@a.b-c_d.example:6380/0");
  EXPECT_EQ(Read("redis://a:1/15"), ":@a:1/15");
  EXPECT_EQ(Read("redis://a:65535/1000000"), ":@a:65535/1000000");
  EXPECT_EQ(Read("redis://:secret@a"), ":secret@a:6379/0");
  EXPECT_EQ(Read("redis://user:secret@a:6380/2"), "user:secret@a:6380/2");
  EXPECT_EQ(Read("redis://127.0.0.1:6380"), ":@127.0.0.1:6380/0");
}

TEST(UrlTest, HostIsLocalhostWhereNoneIsGiven) {
  EXPECT_EQ(Read("redis://"), ":@localhost:6379/0");
  EXPECT_EQ(Read("redis://:6380"), ":@localhost:6380/0");
  EXPECT_EQ(Read("redis:///3"), ":@localhost:6379/3");
  EXPECT_EQ(Read("rediss://u:p@/3"), "u:p@localhost:6379/3");
}

TEST(UrlTest, OnlyRedissIsThroughTls) {
  EXPECT_TRUE(ParseUrl("rediss://a")->tls);
  EXPECT_FALSE(ParseUrl("redis://a")->tls);
  EXPECT_EQ(Read("rediss://user:secret@a:6380/2"), "user:secret@a:6380/2");
}

TEST(UrlTest, EmptyUserInfoIsNone) {
  EXPECT_EQ(Read("redis://@a"), ":@a:6379/0");
  EXPECT_EQ(Read("redis://:@a"), ":@a:6379/0");
}

TEST(UrlTest, ReadsIpv6InBrackets) {
  EXPECT_EQ(ParseUrl("redis://[::1]:6380/1")->host, "::1");
  EXPECT_EQ(Read("redis://[::1]"), ":@[::1]:6379/0");
  EXPECT_EQ(Read("redis://u:p@[fe80::1%eth0]:6380/1"), "u:p@[fe80::1%eth0]:6380/1");
  EXPECT_THAT(ParseUrl("redis://[::1"), IsRefusedFor("'[' without ']'"));
  EXPECT_THAT(ParseUrl("redis://[]:1"), IsRefusedFor("no IPv6 address"));
  EXPECT_THAT(ParseUrl("redis://[a]:1"), IsRefusedFor("no IPv6 address between '[' and ']'"));
  EXPECT_THAT(ParseUrl("redis://[::1]6380"), IsRefusedFor("'6380' behind the host"));
  EXPECT_THAT(ParseUrl("redis://::1"), Not(IsOk()));
}

TEST(UrlTest, DecodesPercentInUserAndPassword) {
  EXPECT_EQ(Read("redis://u%40x:p%3a%2F%25@a"), "u@x:p:/%@a:6379/0");
  EXPECT_EQ(ParseUrl("redis://:%00%ff@a")->password, std::string("\0\xff", 2));
  for (const std::string bad : {"%", "%4", "%4g", "%g4", "%G4", "%4 ", "x%"}) {
    EXPECT_THAT(ParseUrl("redis://:" + bad + "@a"),
                IsRefusedFor("bad percent-encoding in the password"));
    EXPECT_THAT(ParseUrl("redis://" + bad + ":p@a"),
                IsRefusedFor("bad percent-encoding in the user name"));
  }
}

TEST(UrlTest, PasswordMayHaveColons) { EXPECT_EQ(Read("redis://u:a:b@host"), "u:a:b@host:6379/0"); }

TEST(UrlTest, SignsThatEndAPartMustBeEncodedInThePassword) {
  EXPECT_EQ(Read("redis://u:a%40b%2Fc@host"), "u:a@b/c@host:6379/0");
  EXPECT_THAT(ParseUrl("redis://u:a@b@host"), IsRefusedFor("%40"));
  EXPECT_THAT(ParseUrl("redis://u:a/b@host"), IsRefusedFor("%2F"));
}

TEST(UrlTest, RefusesOtherSchemes) {
  for (const std::string url :
       {"a", "a:6379", "REDIS://a", "http://a", "redis:/a", "//a", "/tmp/redis.sock"}) {
    EXPECT_THAT(ParseUrl(url), IsRefusedFor("must start with redis://, rediss:// (through TLS), "
                                            "unix:// or redis+unix://"))
        << url;
  }
}

TEST(UrlTest, RefusesAnEmptyOne) { EXPECT_THAT(ParseUrl(""), IsRefusedFor("it is empty")); }

TEST(UrlTest, RefusesBadHosts) {
  EXPECT_THAT(ParseUrl("redis://a b"), IsRefusedFor("' ' cannot be part of a host"));
  EXPECT_THAT(ParseUrl("redis://a,redis://b"), IsRefusedFor("','"));
  EXPECT_THAT(ParseUrl("redis://a{b}"), IsRefusedFor("'{'"));
  EXPECT_THAT(ParseUrl("redis://[::1!]"), IsRefusedFor("'!'"));
  EXPECT_THAT(ParseUrl(std::string_view("redis://a\0b", 11)), IsRefusedFor("\\x00"));
  EXPECT_THAT(ParseUrl("redis://a\r\nFLUSHALL"), IsRefusedFor("\\x0d"));
}

TEST(UrlTest, RefusesBadPorts) {
  for (const std::string port : {"", "0", "65536", "-1", "+1", " 1", "1x", "99999999999"}) {
    EXPECT_THAT(ParseUrl("redis://a:" + port), IsRefusedFor("the port is not a number from 1"));
    EXPECT_THAT(ParseUrl("redis://a:" + port + "/0"), IsRefusedFor("the port is not a number"));
  }
}

TEST(UrlTest, RefusesBadDatabases) {
  for (const std::string db : {"x", "-1", "1000001", "1/", "1#x", " 1", "99999999999"}) {
    EXPECT_THAT(ParseUrl("redis://a/" + db), IsRefusedFor("database '" + db + "' is not"));
  }
}

TEST(UrlTest, RefusesParametersWhereADatabaseHasItsPlace) {
  for (const std::string url : {"redis://a?db=1", "redis://a/?db=1", "redis://a:1/0?x=1",
                                "redis://a/0?", "rediss://?password=s3cret"}) {
    EXPECT_THAT(ParseUrl(url), IsRefusedFor("only unix:// has parameters")) << url;
  }
}

TEST(UrlTest, RefusesAUserNameWithoutAPassword) {
  EXPECT_THAT(ParseUrl("redis://user@a"), IsRefusedFor("a user name without a password"));
  EXPECT_THAT(ParseUrl("redis://user:@a"), IsRefusedFor("a user name without a password"));
}

TEST(UrlTest, ErrorsNameTheUrlWithoutThePassword) {
  for (const std::string url :
       {"redis://u:s3cret@a:0", "redis://:s3cret@a/x", "rediss://u:s3cret@a:x",
        "Redis://u:s3cret@a", "u:s3cret@a", "redis://u:s3cret%@a", "redis://:s3cret@a b"}) {
    EXPECT_THAT(ParseUrl(url), IsRefusedFor("node URL \"")) << url;
    EXPECT_THAT(Read(url), AllOf(HasSubstr("***@"), Not(HasSubstr("s3cret"))));
  }
}

TEST(UrlTest, PasswordThatShouldHaveBeenEncodedIsNotShownEither) {
  for (const std::string url : {"redis://:s3cret/s3cret@a",
                                "redis://:x@s3cret/s3cret@a",
                                "redis://:x@y/s3cret@a",
                                "redis://:x@y:s3cret/z@a",
                                "redis://:x@y/1@s3cret/@a",
                                "redis://:x@s3cret^/@a",
                                "redis://u:s3cret",
                                "redis://u:s3cret/0",
                                "redis://u:s3cret/s3cret",
                                "redis://u:s3cret?x",
                                "redis://u:1?s3cret",
                                "redis://a/0?password=s3cret",
                                "redis://a:1/0?password=s3cret",
                                "redis:///:s3cret",
                                "Redis://u:s3cret",
                                "redis:/u:s3cret",
                                "unix://u:s3cret",
                                "unix:///a?password=s3cret",
                                "unix:///a?db=1&password=s3cret",
                                "unix:///:s3cret@/a",
                                "unix://:s3/cret@/a",
                                "unix://:s3cret@a",
                                "unix://:x@s3cret@/a"}) {
    const auto endpoint = ParseUrl(url);
    ASSERT_FALSE(endpoint.ok()) << url;
    EXPECT_THAT(std::string(endpoint.status().message()), Not(HasSubstr("s3cret")));
  }
}

TEST(UrlTest, HostHasOneSpelling) {
  EXPECT_EQ(Read("redis://Redis-1.Example.COM:6380"), ":@redis-1.example.com:6380/0");
  EXPECT_EQ(Read("redis://[FE80::A%Eth0]"), ":@[fe80::a%eth0]:6379/0");
}

}  // namespace
}  // namespace holdfast::core
