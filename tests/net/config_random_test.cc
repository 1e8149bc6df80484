// Whatever a file holds, reading it ends with options or an error.
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "core/seed.h"
#include "net/config_expect.h"

namespace holdfast {
namespace {

using ::testing::StartsWith;

constexpr std::array<std::string_view, 47> kPieces = {"nodes",
                                                      "cluster",
                                                      "clusters",
                                                      "seats",
                                                      "zones",
                                                      "cache",
                                                      "lock",
                                                      "atomize",
                                                      "tls",
                                                      "socket",
                                                      "connector",
                                                      "redis",
                                                      "rootNodes",
                                                      "host",
                                                      "port",
                                                      "url",
                                                      "options",
                                                      "name",
                                                      "nodeAddressMap",
                                                      "natMap",
                                                      "plugins",
                                                      "redisOptions",
                                                      "password",
                                                      "redlockOptions",
                                                      "ttl",
                                                      "redis://a:1",
                                                      ": ",
                                                      ":",
                                                      "\n",
                                                      "\n  ",
                                                      "\n    ",
                                                      "- ",
                                                      "{",
                                                      "}",
                                                      "[",
                                                      "]",
                                                      ", ",
                                                      "\"",
                                                      "'",
                                                      "|\n",
                                                      "? ",
                                                      "&a ",
                                                      "*a",
                                                      "null",
                                                      "5s",
                                                      "-1",
                                                      "${X}"};

std::string RandomBytes(std::mt19937& random) {
  std::string text(random() % 200, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string RandomPieces(std::mt19937& random) {
  std::string text;
  for (std::uint32_t i = random() % 60; i > 0; --i) text += kPieces[random() % kPieces.size()];
  return text;
}

// One byte of a right file changed, taken out or put in.
std::string Damaged(std::mt19937& random) {
  std::string text = R"({"nodes": ["redis://:p@a:1/2", {"host": "b", "port": 3, "tls": true}],
 "cache": {"url": "redis://c", "prefix": "x", "ttl": "5s"}, "lock": {"ttl": 1000, "wait": "1m"},
 "atomize": {"channel": ["a", "b"]}, "tls": {"ca": "x"}, "driftFactor": 0.01})";
  for (std::uint32_t i = random() % 3 + 1; i > 0; --i) {
    const std::size_t at = random() % text.size();
    const auto byte = static_cast<char>(random());
    if (random() % 2 == 0) text[at] = byte;
    if (random() % 3 == 0) text.erase(at, 1);
    if (random() % 3 == 0) text.insert(at, 1, byte);
  }
  return text;
}

void ExpectOptionsOrError(const std::string& text) {
  const auto config = ParseConfig(text, "random");
  if (config.ok()) return;
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()), StartsWith("random:"));
}

TEST(ConfigRandomTest, AnyTextEndsWithOptionsOrAnError) {
  const std::uint32_t seed = core::TestSeed();
  SCOPED_TRACE(core::SeedText(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 3'000; ++i) {
    ExpectOptionsOrError(RandomBytes(random));
    ExpectOptionsOrError(RandomPieces(random));
    ExpectOptionsOrError(Damaged(random));
  }
}

}  // namespace
}  // namespace holdfast
