#include "holdfast/command.h"

#include <algorithm>

#include "core/text.h"

namespace holdfast {
namespace {

constexpr std::string_view kEnd = "\r\n";

// "$3\r\n", "*2\r\n".
class Header {
 public:
  Header(char type, std::size_t number) {
    bytes_[0] = type;
    char* const end = std::to_chars(bytes_ + 1, bytes_ + sizeof bytes_, number).ptr;
    size_ = static_cast<std::size_t>(std::copy(kEnd.begin(), kEnd.end(), end) - bytes_);
  }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[24];  // A type, at most 20 digits, and the end of the line.
  std::size_t size_;
};

std::size_t EncodedSize(std::string_view word) {
  return Header('$', word.size()).view().size() + word.size() + kEnd.size();
}

// Takes the first word off a body, which has one.
std::string_view TakeWord(std::string_view& body) {
  const std::size_t line = body.find('\n') + 1;
  const std::string_view digits = body.substr(1, line - 1 - kEnd.size());
  const std::size_t size = core::ParseNumber<std::size_t>(digits).value_or(0);
  const std::string_view word = body.substr(line, size);
  body.remove_prefix(line + size + kEnd.size());
  return word;
}

char ToUpper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

bool IsInNames(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::string_view BytesOf(const detail::CommandWord& word) { return word.bytes(); }
std::string_view BytesOf(std::string_view word) { return word; }

template <class Word>
std::size_t EncodedSize(std::span<const Word> words) {
  std::size_t bytes = 0;
  for (const Word& word : words) bytes += EncodedSize(BytesOf(word));
  return bytes;
}

}  // namespace

void Command::AddWords(std::span<const detail::CommandWord> words) {
  body_.reserve(EncodedSize(words));
  for (const detail::CommandWord& word : words) AddWord(word.bytes());
}

void Command::AddWords(std::span<const std::string_view> words) {
  body_.reserve(EncodedSize(words));
  for (const std::string_view word : words) AddWord(word);
}

void Command::AddWords(std::span<const std::string> words) {
  body_.reserve(EncodedSize(words));
  for (const std::string& word : words) AddWord(word);
}

void Command::AddWord(std::string_view word) {
  const std::size_t size = body_.size() + EncodedSize(word);
  // The old body lives until the word, which may be a part of it, has been copied.
  std::string grown;
  const bool grows = size > body_.capacity();
  if (grows) {
    grown.reserve(std::max(size, 2 * body_.capacity()));
    grown.append(body_);
  }
  std::string& body = grows ? grown : body_;
  body.append(Header('$', word.size()).view()).append(word).append(kEnd);
  if (grows) body_.swap(grown);
  ++size_;
}

std::string_view Command::word(std::size_t i) const {
  if (i >= size_) return {};
  std::string_view body = body_;
  while (i-- > 0) TakeWord(body);
  return TakeWord(body);
}

std::vector<std::string_view> Command::words() const {
  std::vector<std::string_view> words;
  words.reserve(size_);
  std::string_view body = body_;
  while (words.size() < size_) words.push_back(TakeWord(body));
  return words;
}

std::string Command::name() const {
  std::string name(word(0));
  std::transform(name.begin(), name.end(), name.begin(), ToUpper);
  return name;
}

std::string Command::Describe() const {
  if (empty()) return "an empty command";
  // Where a whole line was given as the name, what follows its first word may be secret.
  constexpr std::size_t kLongest = 40;
  std::string name = this->name().substr(0, kLongest);
  const auto end = std::find_if_not(name.begin(), name.end(), IsInNames);
  name = std::string(name.begin(), end) + (end - name.begin() < std::ssize(word(0)) ? "..." : "");
  const std::size_t arguments = size_ - 1;
  if (arguments == 0) return name + " without arguments";
  return name + " with " + std::to_string(arguments) +
         (arguments == 1 ? " argument" : " arguments");
}

void Command::AppendTo(std::string& out) const {
  out.append(Header('*', size_).view()).append(body_);
}

std::size_t Command::encoded_size() const {
  return Header('*', size_).view().size() + body_.size();
}

}  // namespace holdfast
