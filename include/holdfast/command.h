// One command for a Redis server.
#ifndef HOLDFAST_COMMAND_H_
#define HOLDFAST_COMMAND_H_

#include <charconv>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace holdfast {
namespace detail {

template <class T>
concept CommandText =
    std::convertible_to<const T&, std::string_view> && !std::same_as<T, std::nullptr_t>;

// Of the integers, not those that are truth values or characters.
template <class T>
concept CommandNumber =
    std::is_arithmetic_v<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
    !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> && !std::same_as<T, char16_t> &&
    !std::same_as<T, char32_t>;

// What a command takes as one argument: bytes, or a number, which is sent in decimal.
template <class T>
concept CommandArgument = CommandText<T> || CommandNumber<T>;

// An argument's bytes, where the command is made: in the caller's memory, or digits in this object.
class CommandWord {
 public:
  template <CommandText T>
  explicit CommandWord(const T& text) : bytes_(text) {}
  template <CommandNumber T>
  explicit CommandWord(const T& number)
      : bytes_(digits_,
               static_cast<std::size_t>(
                   std::to_chars(digits_, digits_ + sizeof digits_, number).ptr - digits_)) {}
  CommandWord(const CommandWord&) = delete;
  CommandWord& operator=(const CommandWord&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  char digits_[48];  // Enough for any number's shortest form.
  std::string_view bytes_;
};

}  // namespace detail

// A command's name and its arguments, each bytes of any kind. Made from what is given where a
// function takes a Command:
//
//   client.Execute({"SET", key, value, "PX", 1500})
//   client.Execute(Command("MGET").AddAll(keys))
//   client.Execute(Command(words))                    // a std::vector<std::string>
//
// A number becomes decimal text; a floating-point one the shortest that reads back as the same.
// Text in char arrays ends at its first zero byte, as that of any std::string_view made from one.
// A Command has copied all that it was given. It may have no word at all; then no function executes
// it. A class with constructors of its own on purpose: gcc 12 cannot keep a braced list of strings
// in the same expression as a `co_await`.
class Command {
 public:
  Command() = default;

  template <detail::CommandArgument First, detail::CommandArgument... More>
  Command(const First& first, const More&... more) {  // NOLINT(google-explicit-constructor)
    const detail::CommandWord words[] = {detail::CommandWord(first), detail::CommandWord(more)...};
    AddWords(words);
  }
  explicit Command(std::span<const std::string_view> words) { AddWords(words); }
  // A template, so that `Command({"GET", key})` does not make a vector of the two.
  template <std::same_as<std::vector<std::string>> Words>
  explicit Command(const Words& words) {
    AddWords(words);
  }

  Command(const Command&) = default;
  Command& operator=(const Command&) = default;
  // What is moved from has no words any more.
  Command(Command&& other) noexcept
      : body_(std::exchange(other.body_, {})), size_(std::exchange(other.size_, 0)) {}
  Command& operator=(Command&& other) noexcept {
    body_ = std::exchange(other.body_, {});
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  // Adds arguments behind the last one. One of them may be a word of this command itself.
  template <detail::CommandArgument... Arguments>
  Command& Add(const Arguments&... arguments) & {
    (AddWord(detail::CommandWord(arguments).bytes()), ...);
    return *this;
  }
  template <detail::CommandArgument... Arguments>
  Command&& Add(const Arguments&... arguments) && {
    return std::move(Add(arguments...));
  }

  // Adds each element of a container, none of which may be a word of this command.
  template <class Range>
  Command& AddAll(const Range& arguments) & {
    for (const auto& argument : arguments) Add(argument);
    return *this;
  }
  template <class Range>
  Command&& AddAll(const Range& arguments) && {
    return std::move(AddAll(arguments));
  }

  std::size_t size() const { return size_; }  // Words: the name and the arguments.
  bool empty() const { return size_ == 0; }

  // The i-th word, of which the name is the first; "" where there is none. Takes as many steps as
  // words are before it. Views are valid until the command is changed.
  std::string_view word(std::size_t i) const;
  std::vector<std::string_view> words() const;

  std::string name() const;  // The first word in upper case; "" without one.

  // For messages: the name and how many arguments there are, not what they are.
  std::string Describe() const;

  // The command as it is sent, and how many bytes that are.
  void AppendTo(std::string& out) const;
  std::size_t encoded_size() const;

  friend bool operator==(const Command&, const Command&) = default;

 private:
  void AddWords(std::span<const detail::CommandWord> words);
  void AddWords(std::span<const std::string_view> words);
  void AddWords(std::span<const std::string> words);
  void AddWord(std::string_view word);

  std::string body_;  // The words as RESP bulk strings.
  std::size_t size_ = 0;
};

}  // namespace holdfast

#endif  // HOLDFAST_COMMAND_H_
