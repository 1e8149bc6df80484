#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

#include "core/text.h"
#include "net/tls_errors.h"

namespace holdfast::net {
namespace {

constexpr char kHandshakeRecord = 22;
constexpr char kAlertRecord = 21;

bool IsAddress(const std::string& name) {
  in6_addr ignored{};
  return inet_pton(AF_INET, name.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &ignored) == 1;
}

// `host` as certificates have it: an address without its zone, a name without the last dot.
std::string CertificateName(const std::string& host) {
  std::string name = host.substr(0, host.find('%'));
  if (name.ends_with('.')) name.pop_back();
  return name;
}

}  // namespace

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : name_(CertificateName(context.server_name_.empty() ? host : context.server_name_)),
      ssl_(SSL_new(context.context_.get())) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (ssl_ == nullptr || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    End(State::kFailed, "there is no memory for TLS");
    return;
  }
  BIO_set_mem_eof_return(in, -1);  // Nothing fed is not the end.
  SSL_set_bio(ssl_.get(), in, out);
  SSL_set_connect_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), &OnVerified);
  VerifyName(name_);
}

void TlsSession::VerifyName(const std::string& name) {
  X509_VERIFY_PARAM* expected = SSL_get0_param(ssl_.get());
  if (IsAddress(name)) {
    X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str());
    return;
  }
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An empty name, or one that ends early, would verify less than the caller asked for.
  if (name.empty() || name.find('\0') != std::string::npos ||
      X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size()) != 1 ||
      SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) != 1) {
    End(State::kFailed, "no certificate can be for '" + core::Printable(name) + "'");
  }
}

int TlsSession::OnVerified(int ok, x509_store_ctx_st* verification) {
  const auto* ssl = static_cast<ssl_st*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* session = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  if (ok == 0) session->verification_ = DescribeVerification(verification, session->name_);
  return ok;
}

void TlsSession::Start(std::string& outgoing) { Advance(outgoing); }

void TlsSession::Feed(std::string_view ciphertext) {
  if (ciphertext.empty() || state_ == State::kFailed || state_ == State::kClosed) return;
  const char first = ciphertext.front();
  if (!std::exchange(heard_, true) && first != kHandshakeRecord && first != kAlertRecord) {
    return End(State::kFailed, "it does not speak TLS");
  }
  BIO_write(SSL_get_rbio(ssl_.get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
}

void TlsSession::FeedEnd() {
  End(State::kClosed, state_ == State::kReady ? "the server closed the connection"
                      : heard_ ? "the server closed the connection during the TLS handshake"
                               : "the server closed the connection (does it speak TLS?)");
}

std::size_t TlsSession::Read(std::span<char> buffer, std::string& outgoing) {
  if (state_ == State::kHandshaking) Advance(outgoing);
  if (state_ != State::kReady) return 0;
  std::size_t size = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
  if (result <= 0) Judge(result);
  // All else that OpenSSL answers by itself, it answers with the next Write.
  const bool refusal = Flush(outgoing) > 0;
  if (refusal) End(State::kFailed, "it demands another handshake, which is refused");
  if (!unsent_.empty()) unsent_.erase(0, Encrypt(unsent_, outgoing));
  return size;
}

void TlsSession::Write(std::string_view plaintext, std::string& outgoing) {
  if (state_ == State::kFailed || state_ == State::kClosed) return;
  // In the middle of a handshake, or of a message about keys, OpenSSL takes nothing.
  const bool queue = state_ == State::kHandshaking || !unsent_.empty();
  unsent_.append(plaintext.substr(queue ? 0 : Encrypt(plaintext, outgoing)));
}

void TlsSession::Close(std::string& outgoing) {
  if (state_ == State::kReady) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    Flush(outgoing);
  }
  End(State::kClosed, "the connection was closed");
}

std::string TlsSession::error() const {
  if (state_ != State::kHandshaking) return error_;
  return heard_ ? "it does not go on with the TLS handshake"
                : "it does not answer the TLS handshake (does it speak TLS?)";
}

void TlsSession::Judge(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return;
  if (error == SSL_ERROR_ZERO_RETURN) {
    return End(State::kClosed, "the server closed the connection");
  }
  const unsigned long cause = ERR_peek_last_error();
  const bool refused =
      !verification_.empty() && ERR_GET_REASON(cause) == SSL_R_CERTIFICATE_VERIFY_FAILED;
  End(State::kFailed, refused ? verification_ : DescribeTlsError(cause));
}

// The first end is the one that counts.
void TlsSession::End(State state, std::string error) {
  if (state_ == State::kFailed || state_ == State::kClosed) return;
  state_ = state;
  error_ = std::move(error);
  unsent_.clear();
}

void TlsSession::Advance(std::string& outgoing) {
  if (state_ != State::kHandshaking) return;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result <= 0) Judge(result);
  Flush(outgoing);
  if (result <= 0) return;
  state_ = State::kReady;
  unsent_.erase(0, Encrypt(unsent_, outgoing));
}

std::size_t TlsSession::Encrypt(std::string_view plaintext, std::string& outgoing) {
  std::size_t sent = 0;
  while (state_ == State::kReady && sent < plaintext.size()) {
    std::size_t size = 0;
    ERR_clear_error();
    const int result =
        SSL_write_ex(ssl_.get(), plaintext.data() + sent, plaintext.size() - sent, &size);
    if (result <= 0) Judge(result);
    Flush(outgoing);
    if (result <= 0) break;
    sent += size;
  }
  return sent;
}

std::size_t TlsSession::Flush(std::string& outgoing) {
  BIO* out = SSL_get_wbio(ssl_.get());
  const std::size_t size = BIO_ctrl_pending(out);
  if (size == 0) return 0;
  const std::size_t before = outgoing.size();
  outgoing.resize(before + size);
  BIO_read(out, outgoing.data() + before, static_cast<int>(size));
  return size;
}

}  // namespace holdfast::net
