// Whom a TLS session talks to, and in which words it refuses all others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/tls.h"
#include "net/tls_peer.h"
#include "support/status_matchers.h"

namespace holdfast::net {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using State = TlsSession::State;

std::shared_ptr<const TlsContext> Trusting(const testing::CertificateAuthority& authority,
                                           const std::string& server_name = "") {
  return TlsContext::Create({.ca = authority.pem(), .server_name = server_name}).value();
}

// "ready", or why not.
std::string Connect(const TlsContext& context, const std::string& host, TlsPeer& peer) {
  TlsSession session(context, host);
  Handshake(session, peer);
  if (session.state() == State::kReady) return "ready";
  EXPECT_EQ(session.state(), State::kFailed);
  return session.error();
}

class TlsVerificationTest : public ::testing::Test {
 protected:
  // Connects to `host`, where a server shows a certificate as ordered.
  std::string Try(const std::string& host, const testing::CertificateOrder& order) {
    TlsPeer peer(authority_.Issue(order));
    return Connect(*context_, host, peer);
  }

  const testing::CertificateAuthority authority_;
  const testing::Certificate server_ = authority_.Issue({.names = {"a.example"}});
  const std::shared_ptr<const TlsContext> context_ = Trusting(authority_);
};

TEST_F(TlsVerificationTest, CertificateMustBeForTheHost) {
  EXPECT_EQ(Try("a.example", {.names = {"b.example", "a.example"}}), "ready");
  EXPECT_EQ(Try("a.example.", {.names = {"a.example"}}), "ready");
  EXPECT_EQ(Try("localhost", {.names = {"other.example"}}),
            "its certificate is for other.example, not for localhost");
  EXPECT_EQ(Try("x", {.names = {"a", "b", "c", "d"}}),
            "its certificate is for a, b, c, ..., not for x");
  EXPECT_EQ(Try("x", {.common_name = "y"}), "its certificate is for y, not for x");
}

TEST_F(TlsVerificationTest, WildcardStandsForAWholeLabel) {
  EXPECT_EQ(Try("a.example.org", {.names = {"*.example.org"}}), "ready");
  EXPECT_THAT(Try("a.b.example.org", {.names = {"*.example.org"}}), HasSubstr("not for a.b"));
  EXPECT_THAT(Try("abc.example.org", {.names = {"a*.example.org"}}), HasSubstr("not for abc"));
}

TEST_F(TlsVerificationTest, CertificateMustBeForTheAddress) {
  EXPECT_EQ(Try("127.0.0.1", {.ips = {"127.0.0.1"}}), "ready");
  EXPECT_EQ(Try("::1", {.ips = {"0:0:0:0:0:0:0:1"}}), "ready");
  EXPECT_EQ(Try("fe80::1%eth0", {.ips = {"fe80::1"}}), "ready");
  EXPECT_EQ(Try("127.0.0.1", {.names = {"localhost"}, .ips = {"127.0.0.2", "::1"}}),
            "its certificate is for localhost, 127.0.0.2, ::1, not for 127.0.0.1");
  EXPECT_EQ(Try("127.0.0.1", {.names = {"127.0.0.1"}}),
            "its certificate is for 127.0.0.1, not for 127.0.0.1");
}

TEST_F(TlsVerificationTest, CertificateMustBeValidNow) {
  EXPECT_EQ(Try("a", {.names = {"a"}, .expired = true}), "its certificate has expired");
  EXPECT_EQ(Try("a", {.names = {"a"}, .not_yet_valid = true}), "its certificate is not valid yet");
}

TEST_F(TlsVerificationTest, AuthorityMustBeKnown) {
  const testing::CertificateAuthority other;
  const auto context = Trusting(other);
  TlsPeer peer(server_);
  EXPECT_EQ(Connect(*context, "a.example", peer),
            "its certificate is signed by an unknown authority");
  const auto system = TlsContext::Create({}).value();
  TlsPeer again(server_);
  EXPECT_EQ(Connect(*system, "a.example", again),
            "its certificate is signed by an unknown authority");
}

TEST_F(TlsVerificationTest, ServerHearsWhyItIsRefused) {
  TlsPeer peer(server_);
  EXPECT_NE(Connect(*context_, "b.example", peer), "ready");
  EXPECT_FALSE(SSL_is_init_finished(peer.ssl()));
  EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsVerificationTest, ServerNameStandsForTheHost) {
  const auto context = Trusting(authority_, "a.example");
  TlsPeer peer(server_);
  EXPECT_EQ(Connect(*context, "127.0.0.1", peer), "ready");
  EXPECT_STREQ(SSL_get_servername(peer.ssl(), TLSEXT_NAMETYPE_host_name), "a.example");
  const auto other = Trusting(authority_, "b.example");
  TlsPeer again(server_);
  EXPECT_THAT(Connect(*other, "a.example", again), HasSubstr("not for b.example"));
}

TEST_F(TlsVerificationTest, NamesAreSentAndAddressesAreNot) {
  TlsPeer named(server_);
  Connect(*context_, "a.example", named);
  EXPECT_STREQ(SSL_get_servername(named.ssl(), TLSEXT_NAMETYPE_host_name), "a.example");
  TlsPeer addressed(authority_.Issue({.ips = {"::1"}}));
  EXPECT_EQ(Connect(*context_, "::1", addressed), "ready");
  EXPECT_EQ(SSL_get_servername(addressed.ssl(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST_F(TlsVerificationTest, NamesThatCannotBeVerifiedAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a.example\0.b", 12), std::string(300, 'x')}) {
    TlsSession session(*context_, name);
    std::string outgoing;
    session.Start(outgoing);
    EXPECT_EQ(session.state(), State::kFailed) << name;
    EXPECT_THAT(session.error(), HasSubstr("no certificate can be for '"));
    EXPECT_EQ(outgoing, "");
  }
}

TEST_F(TlsVerificationTest, CanBeSkippedByTheUnsafeOptionOnly) {
  const auto unsafe = TlsContext::Create({.unsafe_skip_verification = true}).value();
  TlsPeer peer(authority_.Issue({.names = {"other"}, .expired = true}));
  EXPECT_EQ(Connect(*unsafe, "a.example", peer), "ready");
}

TEST_F(TlsVerificationTest, ServerMayDemandACertificate) {
  TlsPeer peer(server_, {.client_ca = authority_.pem()});
  EXPECT_EQ(Connect(*context_, "a.example", peer), "it demands a client certificate");

  const auto us = authority_.Issue({});
  const auto known =
      TlsContext::Create({.ca = authority_.pem(), .certificate = us.certificate, .key = us.key});
  TlsPeer again(server_, {.client_ca = authority_.pem()});
  EXPECT_EQ(Connect(**known, "a.example", again), "ready");

  const testing::CertificateAuthority other;
  const auto them = other.Issue({});
  const auto unknown = TlsContext::Create(
      {.ca = authority_.pem(), .certificate = them.certificate, .key = them.key});
  TlsPeer third(server_, {.client_ca = authority_.pem()});
  EXPECT_EQ(Connect(**unknown, "a.example", third),
            "the client certificate is signed by an authority that it does not know");
}

TEST_F(TlsVerificationTest, OldVersionsAreRefused) {
  TlsPeer old(server_, {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
  EXPECT_EQ(Connect(*context_, "a.example", old), "it does not speak TLS 1.2 or later");
  TlsPeer tls12(server_, {.max_version = TLS1_2_VERSION});
  EXPECT_EQ(Connect(*context_, "a.example", tls12), "ready");
}

TEST_F(TlsVerificationTest, PlainTextIsNoTls) {
  for (const std::string answer : {"-ERR unknown command\r\n", ":", "HTTP/1.1 400 Bad Request\r\n",
                                   "\x16HTTP/1.1 400 Bad Request\r\n"}) {
    TlsSession session(*context_, "a.example");
    std::string outgoing;
    session.Start(outgoing);
    session.Feed(answer);
    EXPECT_EQ(ReadAll(session, outgoing), "");
    EXPECT_EQ(session.state(), State::kFailed);
    EXPECT_EQ(session.error(), "it does not speak TLS");
  }
}

}  // namespace
}  // namespace holdfast::net
