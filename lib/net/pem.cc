#include "net/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "core/text.h"
#include "net/tls_errors.h"

namespace holdfast::net {
namespace {

using core::Printable;

struct Close {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using BioPtr = std::unique_ptr<BIO, Close>;
using FilePtr = std::unique_ptr<std::FILE, Close>;

constexpr std::size_t kMaxFileSize = 16 << 20;  // The system's authorities take a quarter of one.

BioPtr Open(const Pem& pem) {
  return BioPtr(BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size())));
}

std::string LastErrno() { return std::generic_category().message(errno); }

// Returns what is wrong, or "".
std::string ReadFile(const std::string& path, std::string& text) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "cannot be read: " + LastErrno();
  // What is no file, such as a named pipe, might never end, or never begin.
  if (!S_ISREG(info.st_mode)) return "is not a file";
  const FilePtr file(std::fopen(path.c_str(), "re"));
  if (file == nullptr) return "cannot be read: " + LastErrno();
  text.resize(std::min(static_cast<std::size_t>(info.st_size), kMaxFileSize));
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return std::ferror(file.get()) == 0 ? "" : "cannot be read: " + LastErrno();
}

// Without it, OpenSSL would ask at the terminal.
int RefusePassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

absl::Status RefuseTls(const std::string& option, const std::string& problem) {
  return core::InvalidArgument("TLS: " + option + " " + problem);
}

absl::Status LoadPem(const std::string& name, const std::string& path, const std::string& text,
                     Pem& pem) {
  if (!path.empty() && !text.empty()) {
    return RefuseTls(name + "_file", "and " + name + " are both given");
  }
  pem.option = name;
  pem.text = text;
  if (path.empty()) return absl::OkStatus();
  pem.option += "_file \"" + Printable(path) + "\"";
  const std::string problem = ReadFile(path, pem.text);
  if (!problem.empty()) return RefuseTls(pem.option, problem);
  return pem.text.empty() ? RefuseTls(pem.option, "is empty") : absl::OkStatus();
}

absl::Status ReadCertificates(const Pem& pem, std::vector<X509Ptr>& certificates) {
  const BioPtr bio = Open(pem);
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return RefuseTls(pem.option, "has a damaged certificate: " + TlsReason(error));
  }
  return certificates.empty() ? RefuseTls(pem.option, "has no certificate in PEM form")
                              : absl::OkStatus();
}

absl::Status ReadKey(const Pem& pem, KeyPtr& key) {
  bool asked = false;
  ERR_clear_error();
  key.reset(PEM_read_bio_PrivateKey(Open(pem).get(), nullptr, &RefusePassphrase, &asked));
  if (asked) return RefuseTls(pem.option, "has a passphrase; it must have none");
  return key == nullptr ? RefuseTls(pem.option, "has no usable private key in PEM form")
                        : absl::OkStatus();
}

}  // namespace holdfast::net
