#include "config/characters.h"

#include <algorithm>
#include <cstddef>

#include "config/tree.h"
#include "core/text.h"

namespace holdfast::detail {
namespace {

int LineAt(std::string_view text, std::size_t position) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + position, '\n'));
}

// How many bytes the character at the front has; 0 if it is none of UTF-8.
std::size_t CharacterSize(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view rest = text.substr(1, size - 1);
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  return rest.size() + 1 == size && std::all_of(rest.begin(), rest.end(), continues) ? size : 0;
}

// yaml-cpp would take other encodings for this one, byte by byte.
absl::Status CheckEncoding(std::string_view text, const std::string& name) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = CharacterSize(text.substr(at));
    if (size == 0) return ConfigError(name, LineAt(text, at), "a character that is not UTF-8");
    at += size;
  }
  return absl::OkStatus();
}

// yaml-cpp takes some of these for the end of the file.
absl::Status RefuseControl(std::string_view text, const std::string& name) {
  const auto is_bad = [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\r' && c != '\t';
  };
  const auto bad = std::find_if(text.begin(), text.end(), is_bad);
  if (bad == text.end()) return absl::OkStatus();
  return ConfigError(name, LineAt(text, bad - text.begin()),
                     "control character " + core::Printable({&*bad, 1}));
}

}  // namespace

absl::Status CheckCharacters(std::string_view text, const std::string& name) {
  const absl::Status controlled = RefuseControl(text, name);
  return controlled.ok() ? CheckEncoding(text, name) : controlled;
}

}  // namespace holdfast::detail
