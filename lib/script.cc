#include "holdfast/script.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

namespace holdfast {

Script::Script(std::string text) : text_(std::move(text)) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text_.data()), text_.size(), digest.data());
  for (const unsigned char byte : digest) {
    sha1_.push_back("0123456789abcdef"[byte / 16]);
    sha1_.push_back("0123456789abcdef"[byte % 16]);
  }
}

}  // namespace holdfast
