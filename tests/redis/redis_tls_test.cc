// Connections through TLS, to real servers with certificates of the test's own authority.
#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "holdfast/blocking.h"
#include "redis/redis_harness.h"
#include "support/certificates.h"
#include "support/redis_server.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class RedisTlsTest : public ::testing::Test {
 protected:
  ServerSetup SetupFor(const CertificateOrder& order, bool client_auth = false) const {
    const CertificateFiles files = WriteTo(dir_, "server", authority_.Issue(order));
    return {.durability = Durability::kNone,
            .tls_certificate_file = files.certificate,
            .tls_key_file = files.key,
            .tls_ca_file = authority_.WriteTo(dir_),
            .tls_client_auth = client_auth};
  }
  static std::string NamedUrl(const RedisServer& server) {
    return "rediss://localhost:" + std::to_string(server.tls_port());
  }

  // Without a second try.
  absl::StatusOr<Reply> Ping(const std::string& url, const TlsOptions& tls) const {
    return NewRedis({.url = url,
                     .tls = tls,
                     .reconnect = NeverReconnect(),
                     .on_event = events_.handler()})
        .Execute({"PING"});
  }

  const TempDir dir_;
  const CertificateAuthority authority_;
  const CertificateAuthority other_authority_;
  const TlsOptions trust_ = {.ca = authority_.pem()};
  const Events events_ = {};
};

TEST_F(RedisTlsTest, ServerWithTheRightName) {
  RedisServer server(SetupFor({.names = {"localhost"}}));
  EXPECT_THAT(Ping(NamedUrl(server), trust_), IsOk());
  EXPECT_THAT(Ping(NamedUrl(server), {.ca_file = authority_.WriteTo(dir_, "again.pem")}), IsOk());
}

TEST_F(RedisTlsTest, ServerWithItsIpAddress) {
  RedisServer server(SetupFor({.ips = {"127.0.0.1"}}));
  EXPECT_THAT(Ping(server.tls_url(), trust_), IsOk());
}

TEST_F(RedisTlsTest, WrongHostNameIsRefusedBeforeAnythingIsSent) {
  RedisServer server(SetupFor({.names = {"elsewhere.example"}}));
  const auto reply = Ping(NamedUrl(server), trust_);
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInternal, HasSubstr("localhost")));
  EXPECT_TRUE(WasNotSent(reply.status()));
  EXPECT_THAT(events_.names(), ElementsAre("error", "end"));
  EXPECT_EQ(server.CallsOf("ping"), 0);
  EXPECT_THAT(Ping(server.tls_url(), trust_), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Ping(server.tls_url(), {.ca = authority_.pem(), .server_name = "elsewhere.example"}),
              IsOk());
}

TEST_F(RedisTlsTest, WrongAuthorityIsRefused) {
  RedisServer server(SetupFor({.names = {"localhost"}}));
  const auto reply = Ping(NamedUrl(server), {.ca = other_authority_.pem()});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInternal, HasSubstr("certificate")));
  EXPECT_TRUE(WasNotSent(reply.status()));
  EXPECT_THAT(Ping(NamedUrl(server), {}), StatusIs(absl::StatusCode::kInternal))
      << "the system does not trust it";
}

TEST_F(RedisTlsTest, ExpiredCertificateIsRefused) {
  RedisServer server(SetupFor({.names = {"localhost"}, .expired = true}));
  EXPECT_THAT(Ping(NamedUrl(server), trust_),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("expired")));
}

TEST_F(RedisTlsTest, ClientCertificateIsShownWhereItIsDemanded) {
  RedisServer server(SetupFor({.names = {"localhost"}}, true));
  const Certificate mine = authority_.Issue({.common_name = "me"});
  TlsOptions tls = trust_;
  tls.certificate = mine.certificate;
  tls.key = mine.key;
  EXPECT_THAT(Ping(NamedUrl(server), tls), IsOk());
  const CertificateFiles files = WriteTo(dir_, "client", mine);
  EXPECT_THAT(
      Ping(NamedUrl(server),
           {.ca = authority_.pem(), .certificate_file = files.certificate, .key_file = files.key}),
      IsOk());
}

TEST_F(RedisTlsTest, ClientWithoutTheCertificateThatIsDemandedLearnsWhy) {
  RedisServer server(SetupFor({.names = {"localhost"}}, true));
  EXPECT_THAT(Ping(NamedUrl(server), trust_),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("certificate")));
}

TEST_F(RedisTlsTest, VerificationCanBeSwitchedOffByItsUnsafeName) {
  RedisServer server(SetupFor({.names = {"elsewhere.example"}, .expired = true}));
  EXPECT_THAT(Ping(NamedUrl(server), {.unsafe_skip_verification = true}), IsOk());
}

TEST_F(RedisTlsTest, PlainServerIsNeverTalkedToInPlainText) {
  RedisServer server(Durability::kNone);
  const auto reply = NewRedis({.url = "rediss://:hunter2@" + server.address(),
                               .tls = trust_,
                               .connect_timeout = 300ms,
                               .reconnect = NeverReconnect()})
                         .Execute({"PING"});
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable, HasSubstr("TLS")));
  EXPECT_TRUE(WasNotSent(reply.status()));
  EXPECT_EQ(server.CallsOf("auth"), 0);
}

TEST_F(RedisTlsTest, TlsServerDoesNotHangAClientWithoutTls) {
  RedisServer server(SetupFor({.names = {"localhost"}}));
  const auto reply = Ping("redis://" + server.tls_address(), {});
  EXPECT_TRUE(WasNotSent(reply.status())) << reply.status();
  EXPECT_THAT(events_.names(), ElementsAre("connect", "error", "end"));
}

TEST_F(RedisTlsTest, BigValuesBothWays) {
  RedisServer server(SetupFor({.names = {"localhost"}}));
  const BlockingRedis redis = NewRedis({.url = NamedUrl(server), .tls = trust_});
  std::string value(5 << 20, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 7 >> 2);
  ASSERT_THAT(redis.Execute({"SET", "a", value}), IsOk());
  const auto reply = redis.Execute({"GET", "a"});
  ASSERT_THAT(reply, IsOk());
  EXPECT_TRUE(reply->text() == value);
}

TEST_F(RedisTlsTest, ReconnectsAfterARestart) {
  RedisServer server(SetupFor({.names = {"localhost"}}));
  RedisOptions options = Prompt(NamedUrl(server));
  options.tls = trust_;
  const BlockingRedis redis = NewRedis(options);
  ASSERT_THAT(redis.Execute({"PING"}), IsOk());
  server.Kill();
  server.Restart();
  EXPECT_TRUE(Eventually([&] { return redis.Execute({"PING"}).ok(); }));
}

TEST_F(RedisTlsTest, LocksThroughTls) {
  ServerSetup setup = SetupFor({.names = {"localhost"}});
  setup.durability = Durability::kAlways;
  RedisServer server(setup);
  auto client = BlockingClient::Create({.nodes = {NamedUrl(server)}, .tls = trust_});
  ASSERT_THAT(client, IsOk());
  auto lock = client->Acquire("a");
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(server.Command({"EXISTS", "lock:a"}), "1");
  EXPECT_THAT(lock->Release(), IsOk());
}

TEST_F(RedisTlsTest, LocksAreNotTakenFromAServerOfAnotherAuthority) {
  RedisServer server(SetupFor({.names = {"localhost"}}));
  auto client =
      BlockingClient::Create({.nodes = {NamedUrl(server)}, .tls = {.ca = other_authority_.pem()}});
  ASSERT_THAT(client, IsOk());
  EXPECT_THAT(client->Acquire("a"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("certificate")));
}

TEST_F(RedisTlsTest, UnusableFilesAreRefusedBeforeConnecting) {
  const auto refusal = [](const TlsOptions& tls) {
    return BlockingRedis::Create({.url = "rediss://localhost", .tls = tls}).status();
  };
  EXPECT_THAT(refusal({.ca_file = dir_.File("absent")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("absent")));
  EXPECT_THAT(refusal({.ca = "no certificate"}), StatusIs(absl::StatusCode::kInvalidArgument));
  const Certificate mine = authority_.Issue({});
  EXPECT_THAT(refusal({.certificate = mine.certificate}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("key")));
}

}  // namespace
}  // namespace holdfast::testing
