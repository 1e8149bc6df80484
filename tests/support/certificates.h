// Certificates made by the test that uses them.
#ifndef HOLDFAST_TESTS_SUPPORT_CERTIFICATES_H_
#define HOLDFAST_TESTS_SUPPORT_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace holdfast::testing {

class TempDir;

// PEM texts.
struct Certificate {
  std::string certificate = {};
  std::string key = {};
};

// As files, whose paths these are.
struct CertificateFiles {
  std::string certificate = {};
  std::string key = {};
};
CertificateFiles WriteTo(const TempDir& dir, const std::string& stem, const Certificate& made);

struct CertificateOrder {
  std::vector<std::string> names = {};  // DNS names.
  std::vector<std::string> ips = {};
  std::string common_name = "test";
  bool expired = false;
  bool not_yet_valid = false;
};

class CertificateAuthority {
 public:
  CertificateAuthority();
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  const std::string& pem() const { return pem_; }
  // Writes pem() to a file of `dir` and returns its path.
  std::string WriteTo(const TempDir& dir, const std::string& name = "ca.pem") const;

  // For servers and clients alike.
  Certificate Issue(const CertificateOrder& order) const;

 private:
  evp_pkey_st* key_;
  x509_st* certificate_;
  std::string pem_;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_CERTIFICATES_H_
