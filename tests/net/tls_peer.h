// A TLS server without a socket, and a client session that talks to it, for the tests of TLS.
#ifndef HOLDFAST_TESTS_NET_TLS_PEER_H_
#define HOLDFAST_TESTS_NET_TLS_PEER_H_

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "net/tls.h"
#include "support/certificates.h"

namespace holdfast::net {

struct PeerOptions {
  std::string client_ca = {};  // Demands a client certificate of this authority.
  int min_version = TLS1_2_VERSION;
  int max_version = 0;           // 0: the latest.
  std::size_t max_fragment = 0;  // 0: what TLS allows.
};

// OpenSSL's own server side, on memory.
class TlsPeer {
 public:
  explicit TlsPeer(const testing::Certificate& identity, const PeerOptions& options = {})
      : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    ERR_clear_error();
    SSL_CTX_set_security_level(context_.get(), 0);  // Else there is no TLS 1.1 to refuse.
    SSL_CTX_set_min_proto_version(context_.get(), options.min_version);
    SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    if (options.max_fragment != 0) {
      SSL_CTX_set_max_send_fragment(context_.get(), options.max_fragment);
    }
    UseIdentity(identity);
    if (!options.client_ca.empty()) DemandCertificate(options.client_ca);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
  }

  // Takes what the client sent and returns the answer; plaintext is added to `received`.
  std::string Answer(std::string_view ciphertext) {
    BIO_write(SSL_get_rbio(ssl_.get()), ciphertext.data(), static_cast<int>(ciphertext.size()));
    std::array<char, 16384> buffer;
    int size = 0;
    while ((size = SSL_read(ssl_.get(), buffer.data(), buffer.size())) > 0) {
      received.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ERR_clear_error();
    return TakeOutgoing();
  }

  std::string Encrypt(std::string_view plaintext) {
    SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
    return TakeOutgoing();
  }

  std::string CloseNotify() {
    SSL_shutdown(ssl_.get());
    return TakeOutgoing();
  }

  std::string TakeOutgoing() {
    std::string outgoing(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), '\0');
    BIO_read(SSL_get_wbio(ssl_.get()), outgoing.data(), static_cast<int>(outgoing.size()));
    return outgoing;
  }

  SSL* ssl() { return ssl_.get(); }

  std::string received;

 private:
  static std::unique_ptr<BIO, decltype(&BIO_free_all)> Memory(const std::string& pem) {
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all};
  }

  static std::unique_ptr<X509, decltype(&X509_free)> ReadCertificate(const std::string& pem) {
    return {PEM_read_bio_X509(Memory(pem).get(), nullptr, nullptr, nullptr), &X509_free};
  }

  void UseIdentity(const testing::Certificate& identity) {
    SSL_CTX_use_certificate(context_.get(), ReadCertificate(identity.certificate).get());
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(Memory(identity.key).get(), nullptr, nullptr, nullptr),
        &EVP_PKEY_free);
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
  }

  void DemandCertificate(const std::string& ca) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ReadCertificate(ca).get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
};

// All the plaintext there is.
inline std::string ReadAll(TlsSession& session, std::string& outgoing) {
  std::string plaintext;
  std::array<char, 16384> buffer;
  while (const std::size_t size = session.Read(buffer, outgoing)) {
    plaintext.append(buffer.data(), size);
  }
  return plaintext;
}

// Lets both sides talk, what goes to the client in pieces of `piece` bytes, until neither has
// anything to say. Returns the plaintext that the client read.
inline std::string Converse(TlsSession& session, TlsPeer& peer, std::string outgoing,
                            std::size_t piece = std::string::npos) {
  std::string plaintext;
  std::string incoming = peer.Answer(outgoing);
  while (!incoming.empty()) {
    outgoing.clear();
    session.Feed(std::string_view(incoming).substr(0, piece));
    plaintext += ReadAll(session, outgoing);
    incoming.erase(0, piece);
    incoming += peer.Answer(outgoing);
  }
  return plaintext;
}

inline std::string Handshake(TlsSession& session, TlsPeer& peer,
                             std::size_t piece = std::string::npos) {
  std::string outgoing;
  session.Start(outgoing);
  return Converse(session, peer, std::move(outgoing), piece);
}

}  // namespace holdfast::net

#endif  // HOLDFAST_TESTS_NET_TLS_PEER_H_
