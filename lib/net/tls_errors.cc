#include "net/tls_errors.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <vector>

#include "core/text.h"

namespace holdfast::net {
namespace {

using core::Printable;

constexpr std::size_t kNamesShown = 3;

std::string ToText(const ASN1_STRING* string) {
  const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  return {bytes, static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string AddressText(const std::string& bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text, sizeof text);
  return text;
}

// "" for what is neither a host name nor an address.
std::string NameText(const GENERAL_NAME* name) {
  if (name->type == GEN_DNS) return Printable(ToText(name->d.dNSName));
  if (name->type != GEN_IPADD) return "";
  const std::string bytes = ToText(name->d.iPAddress);
  return bytes.size() == 4 || bytes.size() == 16 ? AddressText(bytes) : "";
}

std::vector<std::string> AlternativeNames(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  std::vector<std::string> texts;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    std::string text = NameText(sk_GENERAL_NAME_value(names.get(), i));
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

std::string CommonName(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return "nobody";
  return Printable(ToText(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index))));
}

// "a.example, b.example"
std::string NamesOf(const X509* certificate) {
  std::vector<std::string> names = AlternativeNames(certificate);
  if (names.empty()) return CommonName(certificate);
  const bool more = names.size() > kNamesShown;
  if (more) names.resize(kNamesShown);
  return core::Joined(names) + (more ? ", ..." : "");
}

}  // namespace

std::string TlsReason(unsigned long error) {
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "error " + std::to_string(error) : reason;
}

std::string DescribeVerification(x509_store_ctx_st* verification, const std::string& name) {
  const std::string whose = X509_STORE_CTX_get_error_depth(verification) == 0
                                ? "its certificate"
                                : "the certificate of its authority";
  const int error = X509_STORE_CTX_get_error(verification);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for " + NamesOf(X509_STORE_CTX_get0_cert(verification)) +
             ", not for " + Printable(name);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "its certificate is signed by an unknown authority";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "its certificate is signed by itself, not by a known authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return whose + " has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid yet";
    default:
      return whose + " is not accepted: " + X509_verify_cert_error_string(error);
  }
}

std::string DescribeTlsError(unsigned long error) {
  switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      return "it does not speak TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return "it does not speak TLS 1.2 or later";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "it demands a client certificate";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "the client certificate is signed by an authority that it does not know";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return "the client certificate has expired";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return "it does not accept the client certificate: " + TlsReason(error);
    default:
      return "TLS failed: " + TlsReason(error);
  }
}

}  // namespace holdfast::net
