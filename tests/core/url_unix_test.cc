// URLs of unix sockets: every form and every mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/url.h"
#include "support/status_matchers.h"

namespace holdfast::core {
namespace {

using holdfast::testing::StatusIs;
using ::testing::HasSubstr;

// "user:password@path?db" as it was read.
std::string Read(std::string_view url) {
  const auto endpoint = ParseUrl(url);
  if (!endpoint.ok()) return std::string(endpoint.status().message());
  return endpoint->username + ":" + endpoint->password + "@" + endpoint->unix_socket + "?" +
         std::to_string(endpoint->database);
}

auto IsRefusedFor(const std::string& reason) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason));
}

TEST(UnixUrlTest, ReadsEveryForm) {
  EXPECT_EQ(Read("unix:///tmp/a.sock"), ":@/tmp/a.sock?0");
  EXPECT_EQ(Read("redis+unix:///tmp/a.sock"), ":@/tmp/a.sock?0");
  EXPECT_EQ(Read("unix:///tmp/a.sock?db=3"), ":@/tmp/a.sock?3");
  EXPECT_EQ(Read("unix://:secret@/tmp/a.sock"), ":secret@/tmp/a.sock?0");
  EXPECT_EQ(Read("redis+unix://user:secret@/tmp/A.sock?db=15"), "user:secret@/tmp/A.sock?15");
}

TEST(UnixUrlTest, DecodesPercentInThePath) {
  EXPECT_EQ(Read("unix:///tmp/a%20b%3F%40?db=1"), ":@/tmp/a b?@?1");
  EXPECT_THAT(ParseUrl("unix:///tmp/%4"), IsRefusedFor("bad percent-encoding in the path"));
  EXPECT_THAT(ParseUrl("unix:///tmp/%00"), IsRefusedFor("\\x00 cannot be part of a path"));
}

TEST(UnixUrlTest, PathMustBeAbsolute) {
  EXPECT_THAT(ParseUrl("unix://"), IsRefusedFor("no path"));
  EXPECT_THAT(ParseUrl("unix://?db=1"), IsRefusedFor("no path"));
  EXPECT_THAT(ParseUrl("unix://:p@"), IsRefusedFor("no path"));
  EXPECT_THAT(ParseUrl("unix://tmp/a"), IsRefusedFor("the path does not start with '/'"));
  EXPECT_THAT(ParseUrl("unix://u:p@a"), IsRefusedFor("the path does not start with '/'"));
}

TEST(UnixUrlTest, PathMustFitIntoAnAddress) {
  const std::string longest = "/" + std::string(106, 'x');
  EXPECT_EQ(ParseUrl("unix://" + longest)->unix_socket, longest);
  EXPECT_THAT(ParseUrl("unix://" + longest + "x"), IsRefusedFor("the path has 108 bytes"));
}

TEST(UnixUrlTest, AtSignInThePathMustBeEncoded) {
  EXPECT_THAT(ParseUrl("unix:///tmp/a@b"), IsRefusedFor("an '@' in the path must be written"));
}

TEST(UnixUrlTest, NamesTheParameterThatIsWrong) {
  EXPECT_THAT(ParseUrl("unix:///a?x=1"), IsRefusedFor("parameter 'x' is not known, only db is"));
  EXPECT_THAT(ParseUrl("unix:///a?"), IsRefusedFor("parameter '' is not known"));
  EXPECT_THAT(ParseUrl("unix:///a?db=1&y"), IsRefusedFor("parameter 'y' is not known"));
  EXPECT_THAT(ParseUrl("unix:///a?db=1&db=1"), IsRefusedFor("parameter 'db' is given twice"));
  EXPECT_THAT(ParseUrl("unix:///a?db"), IsRefusedFor("parameter 'db' has no value"));
  EXPECT_THAT(ParseUrl("unix:///a?db=x"), IsRefusedFor("database 'x' is not a number"));
  EXPECT_THAT(ParseUrl("unix:///a?db=-1"), IsRefusedFor("database '-1' is not a number"));
}

TEST(UnixUrlTest, WhatFollowsTheDatabaseMayBeAPassword) {
  for (const std::string database : {"2?password=s3cr3t", "2:s3cr3t", "=s3cr3t"}) {
    EXPECT_THAT(ParseUrl("unix:///a?db=" + database),
                IsRefusedFor("database '***' is not a number"));
  }
}

}  // namespace
}  // namespace holdfast::core
