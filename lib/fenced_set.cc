#include "holdfast/fenced_set.h"

#include <string_view>

#include "core/scripts.h"

namespace holdfast {
namespace {

// `script`: its text or its SHA-1.
std::vector<std::string> Words(std::string_view command, std::string_view script,
                               const FencedSet& write) {
  std::vector<std::string> words = {
      std::string(command), std::string(script),        "2", write.key, FenceKey(write.key),
      write.value,          std::to_string(write.fence)};
  if (write.ttl.has_value()) words.push_back(std::to_string(write.ttl->count()));
  return words;
}

}  // namespace

std::vector<std::string> FencedSetCommand(const FencedSet& write) {
  return Words("EVAL", core::kFencedSetScript.text, write);
}

std::vector<std::string> FencedSetShaCommand(const FencedSet& write) {
  return Words("EVALSHA", core::kFencedSetScript.sha1, write);
}

std::string FenceKey(const std::string& key) { return key + ":fence"; }

std::vector<const char*> WordPointers(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  pointers.reserve(words.size());
  for (const std::string& word : words) pointers.push_back(word.data());
  return pointers;
}

std::vector<std::size_t> WordSizes(const std::vector<std::string>& words) {
  std::vector<std::size_t> sizes;
  sizes.reserve(words.size());
  for (const std::string& word : words) sizes.push_back(word.size());
  return sizes;
}

}  // namespace holdfast
