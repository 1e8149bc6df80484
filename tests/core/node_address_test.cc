// Addresses of a cluster's nodes, as servers tell them.
#include "core/node_address.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::core {
namespace {

TEST(NodeAddressTest, HostHasOneSpelling) {
  EXPECT_EQ(CleanHost("Node_1.Example-A"), "node_1.example-a");
  EXPECT_EQ(CleanHost("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(CleanHost("FE80::1%Eth0"), "fe80::1%eth0");
  EXPECT_EQ(CleanHost("::ffff:1.2.3.4"), "::ffff:1.2.3.4");
  EXPECT_EQ(CleanHost(std::string(255, 'a')), std::string(255, 'a'));
}

TEST(NodeAddressTest, WhatIsNoHostIsNone) {
  for (const std::string& host :
       {std::string(), std::string(256, 'a'), std::string("a b"), std::string("a/b"),
        std::string("a{b"), std::string("a\x1b"), std::string("a\xff"), std::string("a@b"),
        std::string("::g"), std::string("::1%"), std::string("::1%eth/0"), std::string("a:b_"),
        std::string("[::1]")}) {
    EXPECT_EQ(CleanHost(host), std::nullopt) << host;
  }
}

TEST(NodeAddressTest, PortIsFromOneTo65535) {
  EXPECT_EQ(CleanPort(1), 1);
  EXPECT_EQ(CleanPort(65535), 65535);
  for (const std::int64_t port : {-1L, 0L, 65536L, 1L << 32, (1L << 32) + 1}) {
    EXPECT_EQ(CleanPort(port), std::nullopt) << port;
  }
}

TEST(NodeAddressTest, IsHostAndPort) {
  const NodeAddress address = {"a", 1};
  EXPECT_EQ(address, (NodeAddress{"a", 1}));
  EXPECT_NE(address, (NodeAddress{"b", 1}));
  EXPECT_NE(address, (NodeAddress{"a", 2}));
  EXPECT_EQ(address.name(), "a:1");
  EXPECT_EQ((NodeAddress{"::1", 2}.name()), "[::1]:2");
}

}  // namespace
}  // namespace holdfast::core
