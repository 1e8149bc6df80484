// Certificates and keys in PEM form, from a file or from a text, with errors that name the option.
#ifndef HOLDFAST_NET_PEM_H_
#define HOLDFAST_NET_PEM_H_

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace holdfast::net {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;
using X509Ptr = std::unique_ptr<X509, KeyFree>;

// PEM text, and where it is from, for messages: `ca_file "/etc/ca.pem"`, or `ca`.
struct Pem {
  Pem() = default;
  Pem(const Pem&) = delete;
  Pem& operator=(const Pem&) = delete;
  ~Pem() { OPENSSL_cleanse(text.data(), text.size()); }  // It may be a key.

  std::string option;
  std::string text;
};

// kInvalidArgument, for what is wrong with a TLS option.
absl::Status RefuseTls(const std::string& option, const std::string& problem);

// Takes the option `name` from the file `path` or from `text`; both may be empty.
absl::Status LoadPem(const std::string& name, const std::string& path, const std::string& text,
                     Pem& pem);

// One certificate or more.
absl::Status ReadCertificates(const Pem& pem, std::vector<X509Ptr>& certificates);

absl::Status ReadKey(const Pem& pem, KeyPtr& key);

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_PEM_H_
