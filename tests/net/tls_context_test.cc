// Which certificates, keys and files are refused when a client is made, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "net/tls.h"
#include "support/certificates.h"
#include "support/status_matchers.h"
#include "support/temp_dir.h"

namespace holdfast::net {
namespace {

using holdfast::testing::IsOk;
using holdfast::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

auto IsRefusedFor(const std::string& reason) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason));
}

class TlsContextTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_.File(name)) << text;
    return dir_.File(name);
  }

  const testing::TempDir dir_;
  const testing::CertificateAuthority authority_;
  const testing::Certificate us_ = authority_.Issue({});
};

TEST_F(TlsContextTest, TakesFilesAndTexts) {
  const auto files = testing::WriteTo(dir_, "us", us_);
  EXPECT_THAT(TlsContext::Create({}), IsOk());
  EXPECT_THAT(TlsContext::Create({.ca_file = authority_.WriteTo(dir_)}), IsOk());
  EXPECT_THAT(TlsContext::Create({.certificate_file = files.certificate, .key_file = files.key}),
              IsOk());
  EXPECT_THAT(TlsContext::Create({.certificate_file = files.certificate, .key = us_.key}), IsOk());
}

TEST_F(TlsContextTest, TakesACertificateAndItsKeyFromOneFile) {
  const std::string both = Write("both", us_.key + us_.certificate + authority_.pem());
  EXPECT_THAT(TlsContext::Create({.certificate_file = both, .key_file = both}), IsOk());
}

TEST_F(TlsContextTest, RefusesAFileWithAText) {
  EXPECT_THAT(TlsContext::Create({.ca_file = "/x", .ca = "x"}),
              IsRefusedFor("TLS: ca_file and ca are both given"));
  EXPECT_THAT(TlsContext::Create({.certificate_file = "/x", .certificate = "x"}),
              IsRefusedFor("TLS: certificate_file and certificate are both given"));
  EXPECT_THAT(TlsContext::Create({.key_file = "/x", .key = "x"}),
              IsRefusedFor("TLS: key_file and key are both given"));
}

TEST_F(TlsContextTest, NamesTheFileThatCannotBeRead) {
  const std::string none = dir_.File("none");
  EXPECT_THAT(
      TlsContext::Create({.ca_file = none}),
      IsRefusedFor("TLS: ca_file \"" + none + "\" cannot be read: No such file or directory"));
  EXPECT_THAT(TlsContext::Create({.key_file = dir_.path()}),
              IsRefusedFor("key_file \"" + dir_.path() + "\" is not a file"));
  EXPECT_THAT(TlsContext::Create({.certificate_file = Write("empty", "")}),
              IsRefusedFor("empty\" is empty"));
}

TEST_F(TlsContextTest, DoesNotWaitForANamedPipe) {
  ASSERT_EQ(mkfifo(dir_.File("pipe").c_str(), 0600), 0);
  EXPECT_THAT(TlsContext::Create({.ca_file = dir_.File("pipe")}), IsRefusedFor("is not a file"));
}

TEST_F(TlsContextTest, RefusesWhatIsNoCertificateAndNoKey) {
  EXPECT_THAT(TlsContext::Create({.ca = "x"}), IsRefusedFor("TLS: ca has no certificate in PEM"));
  EXPECT_THAT(TlsContext::Create({.ca = us_.key}), IsRefusedFor("ca has no certificate in PEM"));
  EXPECT_THAT(TlsContext::Create({.certificate = us_.certificate, .key = us_.certificate}),
              IsRefusedFor("key has no usable private key in PEM form"));
  std::string damaged = authority_.pem() + authority_.pem();
  damaged.replace(damaged.size() - 60, 4, "????");
  EXPECT_THAT(TlsContext::Create({.ca = damaged}), IsRefusedFor("ca has a damaged certificate: "));
}

TEST_F(TlsContextTest, ErrorsDoNotShowTheKey) {
  std::string damaged = us_.key;
  damaged.replace(60, 4, "????");
  const std::string secret = us_.key.substr(100, 16);
  EXPECT_THAT(TlsContext::Create({.certificate = us_.certificate, .key = damaged}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("key has no usable private key"), Not(HasSubstr(secret)))));
}

TEST_F(TlsContextTest, CertificateAndKeyBelongTogether) {
  const auto files = testing::WriteTo(dir_, "other", authority_.Issue({}));
  EXPECT_THAT(TlsContext::Create({.certificate = us_.certificate, .key_file = files.key}),
              IsRefusedFor("key_file \"" + files.key + "\" does not belong to certificate"));
  EXPECT_THAT(TlsContext::Create({.certificate = us_.certificate}),
              IsRefusedFor("certificate is given without a key"));
  EXPECT_THAT(TlsContext::Create({.key = us_.key}),
              IsRefusedFor("key is given without a certificate"));
}

TEST_F(TlsContextTest, NeverAsksForAPassphrase) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, EVP_aes_128_cbc(), nullptr, 0, nullptr,
                           const_cast<char*>("s3cret"));
  std::string pem(BIO_ctrl_pending(bio), '\0');
  BIO_read(bio, pem.data(), static_cast<int>(pem.size()));
  BIO_free(bio);
  EVP_PKEY_free(key);
  EXPECT_THAT(TlsContext::Create({.certificate = us_.certificate, .key = pem}),
              IsRefusedFor("key has a passphrase; it must have none"));
}

}  // namespace
}  // namespace holdfast::net
