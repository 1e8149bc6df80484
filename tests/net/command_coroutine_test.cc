// Commands made inside of a `co_await` expression, where gcc 12 destroys some temporaries twice; a
// build with AddressSanitizer would see that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio.hpp>
#include <exception>
#include <string>
#include <vector>

#include "holdfast/command.h"

namespace holdfast {
namespace {

// Too long to be kept within the string itself.
std::string Long(const char* start) { return start + std::string(50, '.'); }

std::string Shown(const Command& command) {
  std::string shown;
  for (const std::string_view word : command.words()) shown.append(word).append(" ");
  return shown;
}

// Completes with the command's words, as a client's Execute completes with a reply.
template <class Token = asio::use_awaitable_t<>>
auto Echo(Command command, Token&& token = {}) {
  return asio::async_initiate<Token, void(std::string)>(
      [](auto handler, Command sent) {
        const auto executor = asio::get_associated_executor(handler);
        asio::post(executor, [handler = std::move(handler), sent = std::move(sent)]() mutable {
          std::move(handler)(Shown(sent));
        });
      },
      token, std::move(command));
}

// The same as a coroutine that is given a reference.
asio::awaitable<std::string> EchoReference(const Command& command) {
  co_await asio::post(asio::use_awaitable);
  co_return Shown(command);
}

asio::awaitable<void> PassTemporaries() {
  const std::string key = Long("key");
  const std::string value = Long("value");
  const std::string get = "GET " + key + " ";
  const std::string set = "SET " + key + " " + value + " ";
  const std::vector<std::string> keys = {key, value};
  EXPECT_EQ(co_await Echo({"SET", key, value}), set);
  EXPECT_EQ(co_await Echo({"SET", key, value, "PX", 1500}), set + "PX 1500 ");
  EXPECT_EQ(co_await Echo({"GET", std::string_view(key)}), get);
  EXPECT_EQ(co_await Echo({"GET", Long("key")}), get);
  EXPECT_EQ(co_await Echo({Long("SET"), key + value}), Long("SET") + " " + key + value + " ");
  EXPECT_EQ(co_await Echo(key), key + " ");
  EXPECT_EQ(co_await Echo(Command("GET").Add(key)), get);
  EXPECT_EQ(co_await Echo(Command("SET").AddAll(keys).Add("NX")), set + "NX ");
  EXPECT_EQ(co_await Echo(Command(keys)), key + " " + value + " ");
  EXPECT_EQ(co_await EchoReference({"SET", key, value}), set);
  EXPECT_EQ(co_await EchoReference(Command("SET").AddAll(keys)), set);
  if (co_await Echo({"GET", key}) != get) ADD_FAILURE();
  const bool same = co_await Echo({"GET", key}) == co_await Echo({"GET", key});
  EXPECT_TRUE(same);
}

TEST(CommandCoroutineTest, TemporariesAreSafeInAnAwaitExpression) {
  asio::io_context io;
  bool done = false;
  asio::co_spawn(io, PassTemporaries(), [&done](const std::exception_ptr& error) {
    EXPECT_FALSE(error);
    done = true;
  });
  io.run();
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace holdfast
