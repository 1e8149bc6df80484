// Which characters a file of configuration may have.
#ifndef HOLDFAST_CONFIG_CHARACTERS_H_
#define HOLDFAST_CONFIG_CHARACTERS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace holdfast::detail {

// Whether `text` is UTF-8 without control characters but line ends and tabs.
absl::Status CheckCharacters(std::string_view text, const std::string& name);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_CHARACTERS_H_
