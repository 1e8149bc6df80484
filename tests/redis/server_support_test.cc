// The tests' own servers: what they promise to the tests that use them.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "support/certificates.h"
#include "support/eventually.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/server_states.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a stranger gets who runs PING with these arguments of redis-cli.
std::string PingBy(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"redis-cli", "--no-auth-warning"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.emplace_back("PING");
  const Finished finished = Process(argv).Wait();
  return finished.out + finished.err;
}

std::string PingAt(const RedisServer& server, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.end(), {"-p", std::to_string(server.port())});
  return PingBy(arguments);
}

TEST(RedisServerTest, PasswordIsAskedOfStrangersAlsoAfterRestart) {
  RedisServer server({.password = "s3cr3t"});
  EXPECT_EQ(server.Command({"SET", "a", "1"}), "OK");
  server.Kill();
  server.Restart();
  EXPECT_EQ(server.Command({"GET", "a"}), "1");
  EXPECT_THAT(PingAt(server), HasSubstr("NOAUTH"));
  EXPECT_EQ(PingAt(server, {"-a", "s3cr3t"}), "PONG\n");
}

TEST(RedisServerTest, UsersHaveTheirRights) {
  RedisServer server({.acl_users = {"alice on >pw ~a:* +ping", "default off"}});
  EXPECT_EQ(PingAt(server, {"--user", "alice", "-a", "pw"}), "PONG\n");
  EXPECT_THAT(PingAt(server), HasSubstr("NOAUTH"));
  EXPECT_THAT(server.Command({"ACL", "LIST"}), HasSubstr("user alice on"));
}

TEST(RedisServerTest, UnixSocketAnswersAlsoAfterRestart) {
  RedisServer server({.unix_socket = true});
  EXPECT_EQ(PingBy({"-s", server.socket_path()}), "PONG\n");
  server.Kill();
  server.Restart();
  EXPECT_EQ(PingBy({"-s", server.socket_path()}), "PONG\n");
  EXPECT_EQ(server.unix_url("", "?db=3"), "unix://" + server.socket_path() + "?db=3");
}

class TlsServerTest : public ::testing::Test {
 protected:
  ServerSetup WithTls() const {
    return {.tls_certificate_file = files_.certificate,
            .tls_key_file = files_.key,
            .tls_ca_file = ca_file_};
  }
  std::string PingTls(const RedisServer& server, std::vector<std::string> more = {}) const {
    more.insert(more.end(),
                {"--tls", "--cacert", ca_file_, "-p", std::to_string(server.tls_port())});
    return PingBy(more);
  }

  TempDir dir_;
  CertificateAuthority authority_;
  std::string ca_file_ = authority_.WriteTo(dir_);
  CertificateFiles files_ =
      WriteTo(dir_, "server", authority_.Issue({.names = {"localhost"}, .ips = {"127.0.0.1"}}));
};

TEST_F(TlsServerTest, AnswersOnBothPorts) {
  RedisServer server(WithTls());
  EXPECT_EQ(PingTls(server), "PONG\n");
  EXPECT_EQ(PingAt(server), "PONG\n");
  EXPECT_EQ(server.tls_url(), "rediss://127.0.0.1:" + std::to_string(server.tls_port()));
}

TEST_F(TlsServerTest, WithoutPlainPortTakesTheTestsCommands) {
  ServerSetup setup = WithTls();
  setup.tls_only = true;
  setup.password = "s3cr3t";
  RedisServer server(setup);
  EXPECT_EQ(server.port(), 0);
  EXPECT_EQ(server.Command({"PING"}), "PONG");
  EXPECT_THAT(PingTls(server), HasSubstr("NOAUTH"));
  EXPECT_EQ(PingTls(server, {"-a", "s3cr3t"}), "PONG\n");
}

TEST_F(TlsServerTest, AsksClientsForTheirCertificate) {
  ServerSetup setup = WithTls();
  setup.tls_client_auth = true;
  RedisServer server(setup);
  EXPECT_THAT(PingTls(server), Not(HasSubstr("PONG")));
  EXPECT_EQ(PingTls(server, {"--cert", files_.certificate, "--key", files_.key}), "PONG\n");
}

TEST(RedisServerTest, LoadingEndsWhenTold) {
  RedisServer server;
  server.Command({"SET", "a", "1"});
  Loading loading(server);
  EXPECT_THAT(server.Command({"GET", "a"}), StartsWith("-LOADING"));
  loading.End();
  EXPECT_EQ(server.Command({"GET", "a"}), "1");
  EXPECT_EQ(server.Command({"DBSIZE"}), "1");
}

TEST(RedisServerTest, BusyEndsWhenTold) {
  RedisServer server({.password = "s3cr3t"});
  Busy busy(server);
  EXPECT_THAT(server.Command({"GET", "a"}), StartsWith("-BUSY"));
  busy.End();
  EXPECT_EQ(server.Command({"GET", "a"}), "(nil)");
}

TEST(RedisServerTest, LoadingAndBusyServersMayBeKilled) {
  RedisServer server;
  {
    const Loading loading(server);
    server.Kill();
  }
  server.Restart();
  {
    const Busy busy(server);
    server.Kill();
  }
  server.Restart();
  EXPECT_EQ(server.Command({"PING"}), "PONG");
}

TEST(RedisServerTest, ClientsAreKilledButTheTestsOwnConnection) {
  RedisServer server;
  RedisConnection client = server.Connect();
  RedisConnection subscriber = server.Connect();
  client.Command({"PING"});
  subscriber.Command({"SUBSCRIBE", "news"});
  EXPECT_EQ(KillClients(server), 2);
  EXPECT_TRUE(Eventually([&] { return !client.IsOpen() && !subscriber.IsOpen(); }));
  EXPECT_THAT(client.Command({"PING"}), StartsWith("-"));
  EXPECT_EQ(server.Command({"PING"}), "PONG");
}

TEST(RedisServerTest, ServerWithoutDurabilityForgetsAlsoWhatItReplicated) {
  RedisServer master;
  master.Command({"SET", "a", "1"});
  RedisServer replica(Durability::kNone);
  replica.Command({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
  ASSERT_TRUE(Eventually([&] { return replica.Command({"GET", "a"}) == "1"; }));
  replica.Kill();
  replica.Restart();
  EXPECT_EQ(replica.Command({"GET", "a"}), "(nil)");
}

}  // namespace
}  // namespace holdfast::testing
