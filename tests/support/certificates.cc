#include "support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "support/temp_dir.h"

namespace holdfast::testing {
namespace {

constexpr long kDay = 24 * 60 * 60;

void Check(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "certificates: %s failed\n", what);
  std::abort();
}

// The PEM text that `write` writes to a BIO.
template <class Write>
std::string ToPem(Write write) {
  BIO* bio = BIO_new(BIO_s_mem());
  Check(write(bio) == 1, "PEM_write");
  std::string pem(BIO_ctrl_pending(bio), '\0');
  BIO_read(bio, pem.data(), static_cast<int>(pem.size()));
  BIO_free(bio);
  return pem;
}

std::string ToPem(X509* certificate) {
  return ToPem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string ToPem(EVP_PKEY* key) {
  return ToPem([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

EVP_PKEY* MakeKey() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  Check(key != nullptr, "EVP_EC_gen");
  return key;
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

long NextSerial() {
  static std::atomic<long> last = 0;
  return ++last;
}

X509* StartCertificate(EVP_PKEY* key, const std::string& common_name) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), NextSerial());
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * kDay);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_pubkey(certificate, key);
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  return certificate;
}

std::string AlternativeNames(const CertificateOrder& order) {
  std::string names;
  for (const std::string& name : order.names) names += ",DNS:" + name;
  for (const std::string& ip : order.ips) names += ",IP:" + ip;
  return names.empty() ? names : names.substr(1);
}

std::string WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  chmod(path.c_str(), 0600);
  return path;
}

}  // namespace

CertificateFiles WriteTo(const TempDir& dir, const std::string& stem, const Certificate& made) {
  return {.certificate = WriteFile(dir.File(stem + ".crt"), made.certificate),
          .key = WriteFile(dir.File(stem + ".key"), made.key)};
}

CertificateAuthority::CertificateAuthority()
    : key_(MakeKey()),
      certificate_(StartCertificate(key_, "Test CA " + std::to_string(NextSerial()))) {
  AddExtension(certificate_, certificate_, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_, certificate_, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_set_issuer_name(certificate_, X509_get_subject_name(certificate_));
  Check(X509_sign(certificate_, key_, EVP_sha256()) > 0, "X509_sign");
  pem_ = ToPem(certificate_);
}

CertificateAuthority::~CertificateAuthority() {
  X509_free(certificate_);
  EVP_PKEY_free(key_);
}

std::string CertificateAuthority::WriteTo(const TempDir& dir, const std::string& name) const {
  return WriteFile(dir.File(name), pem_);
}

Certificate CertificateAuthority::Issue(const CertificateOrder& order) const {
  EVP_PKEY* key = MakeKey();
  X509* certificate = StartCertificate(key, order.common_name);
  if (order.expired) X509_gmtime_adj(X509_getm_notAfter(certificate), -kDay);
  if (order.not_yet_valid) X509_gmtime_adj(X509_getm_notBefore(certificate), kDay);
  AddExtension(certificate, certificate_, NID_authority_key_identifier, "keyid");
  const std::string names = AlternativeNames(order);
  if (!names.empty()) AddExtension(certificate, certificate_, NID_subject_alt_name, names);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate_));
  Check(X509_sign(certificate, key_, EVP_sha256()) > 0, "X509_sign");
  Certificate made{.certificate = ToPem(certificate), .key = ToPem(key)};
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}

}  // namespace holdfast::testing
