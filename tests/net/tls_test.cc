// TLS sessions: what goes through them, however it is cut, and how they end.
#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/tls_peer.h"
#include "support/status_matchers.h"

namespace holdfast::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Le;
using State = TlsSession::State;

class TlsSessionTest : public ::testing::Test {
 protected:
  std::shared_ptr<const TlsContext> Context() const {
    return TlsContext::Create(
               {.ca = authority_.pem(), .certificate = client_.certificate, .key = client_.key})
        .value();
  }

  const testing::CertificateAuthority authority_;
  const testing::Certificate server_ = authority_.Issue({.names = {"a.example"}});
  const testing::Certificate client_ = authority_.Issue({});
  const std::shared_ptr<const TlsContext> context_ = Context();
};

TEST_F(TlsSessionTest, CarriesBytesBothWays) {
  TlsPeer peer(server_);
  TlsSession session(*context_, "a.example");
  EXPECT_EQ(session.state(), State::kHandshaking);
  Handshake(session, peer);
  ASSERT_EQ(session.state(), State::kReady) << session.error();
  EXPECT_EQ(session.error(), "");
  std::string outgoing;
  session.Write("PING\r\n", outgoing);
  EXPECT_THAT(outgoing, Not(HasSubstr("PING")));
  peer.Answer(outgoing);
  EXPECT_EQ(peer.received, "PING\r\n");
  session.Feed(peer.Encrypt("+PONG\r\n"));
  EXPECT_EQ(ReadAll(session, outgoing), "+PONG\r\n");
}

// Feeds all that the peer answers in pieces, and writes a byte for each; returns what was written.
std::string WriteWhileFed(TlsSession& session, TlsPeer& peer, std::size_t piece) {
  std::string outgoing;
  session.Start(outgoing);
  std::string incoming = peer.Answer(outgoing);
  std::string written;
  while (!incoming.empty()) {
    outgoing.clear();
    session.Feed(std::string_view(incoming).substr(0, piece));
    incoming.erase(0, piece);
    written.push_back(static_cast<char>('a' + written.size() % 26));
    session.Write(std::string_view(written).substr(written.size() - 1), outgoing);
    EXPECT_EQ(ReadAll(session, outgoing), "");
    incoming += peer.Answer(outgoing);
  }
  return written;
}

// Small fragments cut the server's tickets, which come after the handshake, across records; what
// is written then must wait for the rest.
TEST_F(TlsSessionTest, CutAtEveryByte) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::size_t piece : {1, 7, 100, 600}) {
      TlsPeer peer(server_,
                   {.client_ca = authority_.pem(), .max_version = version, .max_fragment = 512});
      TlsSession session(*context_, "a.example");
      const std::string written = WriteWhileFed(session, peer, piece);
      EXPECT_EQ(session.state(), State::kReady) << session.error();
      EXPECT_EQ(peer.received, written);
      std::string plaintext;
      std::string outgoing;
      for (const char byte : peer.Encrypt("hello")) {
        session.Feed({&byte, 1});
        plaintext += ReadAll(session, outgoing);
      }
      EXPECT_EQ(plaintext, "hello");
    }
  }
}

TEST_F(TlsSessionTest, CarriesMuchBothWays) {
  std::string megabyte(1 << 20, '\0');
  for (std::size_t i = 0; i < megabyte.size(); ++i) megabyte[i] = static_cast<char>(i * 31 >> 3);
  TlsPeer peer(server_);
  TlsSession session(*context_, "a.example");
  Handshake(session, peer);
  std::string outgoing;
  session.Write(megabyte, outgoing);
  EXPECT_THAT(outgoing.size(), Le(megabyte.size() + megabyte.size() / 100));
  peer.Answer(outgoing);
  EXPECT_TRUE(peer.received == megabyte);
  std::string incoming = peer.Encrypt(megabyte);
  std::string plaintext;
  for (; !incoming.empty(); incoming.erase(0, 16384)) {
    session.Feed(std::string_view(incoming).substr(0, 16384));
    const std::string piece = ReadAll(session, outgoing);
    EXPECT_THAT(piece.size(), Le(2 * 16384u));
    plaintext += piece;
  }
  EXPECT_TRUE(plaintext == megabyte);
}

TEST_F(TlsSessionTest, ChangesKeysWhenAsked) {
  TlsPeer peer(server_);
  TlsSession session(*context_, "a.example");
  Handshake(session, peer);
  SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED);
  session.Feed(peer.Encrypt("a"));
  std::string outgoing;
  EXPECT_EQ(ReadAll(session, outgoing), "a");
  session.Write("b", outgoing);
  peer.Answer(outgoing);
  EXPECT_EQ(peer.received, "b");
  session.Feed(peer.Encrypt("c"));
  EXPECT_EQ(ReadAll(session, outgoing), "c");
}

TEST_F(TlsSessionTest, DoesNotRenegotiate) {
  TlsPeer peer(server_, {.max_version = TLS1_2_VERSION});
  TlsSession session(*context_, "a.example");
  Handshake(session, peer);
  session.Feed(peer.Encrypt("a"));
  SSL_renegotiate(peer.ssl());
  SSL_do_handshake(peer.ssl());
  session.Feed(peer.TakeOutgoing());
  std::string outgoing;
  EXPECT_EQ(ReadAll(session, outgoing), "a");
  EXPECT_EQ(session.state(), State::kFailed);
  EXPECT_EQ(session.error(), "it demands another handshake, which is refused");
}

TEST_F(TlsSessionTest, CloseNotifyEndsItBehindWhatWasSent) {
  TlsPeer peer(server_);
  TlsSession session(*context_, "a.example");
  Handshake(session, peer);
  session.Feed(peer.Encrypt("bye"));
  session.Feed(peer.CloseNotify());
  std::string outgoing;
  EXPECT_EQ(ReadAll(session, outgoing), "bye");
  EXPECT_EQ(session.state(), State::kClosed);
  EXPECT_EQ(session.error(), "the server closed the connection");
  session.Write("x", outgoing);
  session.Feed("x");
  EXPECT_EQ(ReadAll(session, outgoing), "");
  EXPECT_EQ(outgoing, "");
}

TEST_F(TlsSessionTest, EndOfTheSocketEndsIt) {
  TlsPeer peer(server_);
  TlsSession ready(*context_, "a.example");
  Handshake(ready, peer);
  ready.FeedEnd();
  EXPECT_EQ(ready.state(), State::kClosed);
  EXPECT_EQ(ready.error(), "the server closed the connection");

  TlsSession unanswered(*context_, "a.example");
  EXPECT_EQ(unanswered.error(), "it does not answer the TLS handshake (does it speak TLS?)");
  unanswered.FeedEnd();
  EXPECT_EQ(unanswered.state(), State::kClosed);
  EXPECT_EQ(unanswered.error(), "the server closed the connection (does it speak TLS?)");

  TlsSession answered(*context_, "a.example");
  answered.Feed("\x16");
  EXPECT_EQ(answered.error(), "it does not go on with the TLS handshake");
  answered.FeedEnd();
  EXPECT_EQ(answered.error(), "the server closed the connection during the TLS handshake");
}

TEST_F(TlsSessionTest, CloseTellsTheServer) {
  TlsPeer peer(server_);
  TlsSession session(*context_, "a.example");
  Handshake(session, peer);
  std::string outgoing;
  session.Write("last", outgoing);
  session.Close(outgoing);
  peer.Answer(outgoing);
  EXPECT_EQ(peer.received, "last");
  EXPECT_EQ(SSL_get_shutdown(peer.ssl()), SSL_RECEIVED_SHUTDOWN);
  EXPECT_EQ(session.state(), State::kClosed);
  const std::string farewell = outgoing;
  session.Close(outgoing);
  session.FeedEnd();
  EXPECT_EQ(outgoing, farewell);
}

TEST_F(TlsSessionTest, DamagedRecordEndsIt) {
  TlsPeer peer(server_);
  TlsSession session(*context_, "a.example");
  Handshake(session, peer);
  std::string record = peer.Encrypt("hello");
  record.back() ^= 1;
  session.Feed(record);
  std::string alert;
  EXPECT_EQ(ReadAll(session, alert), "");
  EXPECT_EQ(session.state(), State::kFailed);
  EXPECT_THAT(session.error(), HasSubstr("TLS failed: decryption failed or bad record mac"));
  EXPECT_NE(alert, "");
}

}  // namespace
}  // namespace holdfast::net
