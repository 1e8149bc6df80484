// What the TLS sessions of a client share: read and checked once.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>
#include <vector>

#include "net/pem.h"
#include "net/tls.h"
#include "net/tls_errors.h"

namespace holdfast::net {
namespace {

absl::Status TrustAuthorities(ssl_ctx_st* context, const TlsOptions& options) {
  Pem pem;
  absl::Status status = LoadPem("ca", options.ca_file, options.ca, pem);
  if (!status.ok()) return status;
  if (pem.text.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return absl::OkStatus();
    return RefuseTls("ca", "is not given, and the system's authorities cannot be used: " +
                               TlsReason(ERR_peek_last_error()));
  }
  std::vector<X509Ptr> authorities;
  status = ReadCertificates(pem, authorities);
  for (const X509Ptr& authority : authorities) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
  }
  return status;
}

absl::Status UseIdentity(ssl_ctx_st* context, const Pem& certificate_pem, const Pem& key_pem) {
  std::vector<X509Ptr> chain;
  absl::Status status = ReadCertificates(certificate_pem, chain);
  if (!status.ok()) return status;
  KeyPtr key;
  status = ReadKey(key_pem, key);
  if (!status.ok()) return status;
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return RefuseTls(key_pem.option, "does not belong to " + certificate_pem.option);
  }
  bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  for (std::size_t i = 1; i < chain.size(); ++i) {
    used = used && SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  }
  if (used) return absl::OkStatus();
  return RefuseTls(certificate_pem.option, "cannot be used: " + TlsReason(ERR_peek_last_error()));
}

absl::Status ShowIdentity(ssl_ctx_st* context, const TlsOptions& options) {
  Pem certificate;
  Pem key;
  absl::Status status =
      LoadPem("certificate", options.certificate_file, options.certificate, certificate);
  if (!status.ok()) return status;
  status = LoadPem("key", options.key_file, options.key, key);
  if (!status.ok()) return status;
  if (certificate.text.empty() && key.text.empty()) return absl::OkStatus();
  if (key.text.empty()) return RefuseTls(certificate.option, "is given without a key");
  if (certificate.text.empty()) return RefuseTls(key.option, "is given without a certificate");
  return UseIdentity(context, certificate, key);
}

void Configure(ssl_ctx_st* context, bool verify) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // A record at a time, from a buffer that may move; and no buffers while a connection is idle.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
}

bool AreGiven(const TlsOptions& options) {
  for (const std::string* text :
       {&options.ca_file, &options.ca, &options.certificate_file, &options.certificate,
        &options.key_file, &options.key, &options.server_name}) {
    if (!text->empty()) return true;
  }
  return false;
}

}  // namespace

void TlsFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsFree::operator()(ssl_st* session) const { SSL_free(session); }

TlsContext::TlsContext(std::unique_ptr<ssl_ctx_st, TlsFree> context, std::string server_name)
    : context_(std::move(context)), server_name_(std::move(server_name)) {}

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Create(const TlsOptions& options) {
  ERR_clear_error();
  std::unique_ptr<ssl_ctx_st, TlsFree> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) {
    return absl::InternalError("TLS cannot be used: " + TlsReason(ERR_peek_last_error()));
  }
  Configure(context.get(), !options.unsafe_skip_verification);
  absl::Status status = TrustAuthorities(context.get(), options);
  if (!status.ok()) return status;
  status = ShowIdentity(context.get(), options);
  if (!status.ok()) return status;
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context), options.server_name));
}

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::CreateIfNeeded(
    bool connects_by_tls, const TlsOptions& options) {
  if (!connects_by_tls && !AreGiven(options)) return nullptr;
  return Create(options);
}

}  // namespace holdfast::net
