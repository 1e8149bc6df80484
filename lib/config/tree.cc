#include "config/tree.h"

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "config/characters.h"
#include "core/text.h"
#include "yaml-cpp/anchor.h"
#include "yaml-cpp/emitterstyle.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"

namespace holdfast::detail {
namespace {

using Kind = ConfigValue::Kind;

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxShownKey = 40;

// Ends the parser, which knows no other way; does not leave this file.
struct TreeError : std::exception {
  TreeError(int error_line, std::string error) : line(error_line), message(std::move(error)) {}
  int line;
  std::string message;
};

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
  // "?" and "!" are the parser's own, for what has no tag.
  if (tag.size() <= 1) return;
  throw TreeError(LineOf(mark),
                  "tags, such as !!str, are not supported (a text that begins with "
                  "'!' must stand in quotes)");
}

// Aliases are refused, so that a short text cannot stand for a huge tree.
class TreeBuilder : public YAML::EventHandler {
 public:
  ConfigValue TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw TreeError(LineOf(mark), "a second document begins; there must be one only");
    started_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Add({.kind = Kind::kNull, .line = LineOf(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw TreeError(LineOf(mark),
                    "aliases are not supported (a text that begins with '*' must "
                    "stand in quotes)");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    RefuseTag(mark, tag);
    Add({.kind = Kind::kText, .line = LineOf(mark), .text = value, .quoted = tag == "!"});
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    RefuseTag(mark, tag);
    Open(Kind::kList, LineOf(mark));
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    RefuseTag(mark, tag);
    Open(Kind::kMap, LineOf(mark));
  }
  void OnMapEnd() override {
    RefuseTwins(open_.back().value);
    Close();
  }

 private:
  // A list or a map whose end was not seen yet.
  struct Level {
    ConfigValue value;
    bool key_seen = false;  // The next value of the map belongs to `key`.
    std::string key = {};
    int key_line = 0;
  };

  void Open(Kind kind, int line) {
    if (open_.size() == kMaxDepth) {
      throw TreeError(line, "nested more than " + std::to_string(kMaxDepth) + " levels deep");
    }
    RefuseAsKey(line);
    open_.push_back({{.kind = kind, .line = line}});
  }

  void Close() {
    ConfigValue value = std::move(open_.back().value);
    open_.pop_back();
    Add(std::move(value));
  }

  void Add(ConfigValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = open_.back();
    if (level.value.kind == Kind::kMap && !std::exchange(level.key_seen, !level.key_seen)) {
      if (value.kind != Kind::kText) throw TreeError(value.line, "a key must be a text");
      level.key = std::move(value.text);
      level.key_line = value.line;
      return;
    }
    if (level.value.kind == Kind::kMap) {
      value.key = std::move(level.key);
      value.line = level.key_line;
    }
    level.value.children.push_back(std::move(value));
  }

  void RefuseAsKey(int line) const {
    if (open_.empty() || open_.back().value.kind == Kind::kList || open_.back().key_seen) return;
    throw TreeError(line, "a key must be a text");
  }

  static void RefuseTwins(const ConfigValue& map) {
    std::map<std::string_view, int> lines;
    for (const ConfigValue& entry : map.children) {
      const auto [first, is_new] = lines.emplace(entry.key, entry.line);
      if (is_new) continue;
      throw TreeError(entry.line, "key '" + ShownKey(entry.key) +
                                      "' is given twice (also in line " +
                                      std::to_string(first->second) + ")");
    }
  }

  std::vector<Level> open_;
  ConfigValue root_;
  bool started_ = false;
};

ConfigValue Parse(std::string_view text) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  TreeBuilder builder;
  while (parser.HandleNextDocument(builder)) {
  }
  return builder.TakeRoot();
}

// What stands behind a colon is of the file, and may be part of a secret.
std::string WithoutDetail(const std::string& message) {
  return message.substr(0, message.find(':'));
}

}  // namespace

const ConfigValue* ConfigValue::Find(std::string_view wanted) const {
  if (kind != Kind::kMap) return nullptr;
  const auto entry = std::find_if(children.begin(), children.end(),
                                  [&](const ConfigValue& child) { return child.key == wanted; });
  return entry == children.end() ? nullptr : &*entry;
}

absl::Status ConfigError(const std::string& name, int line, const std::string& message) {
  return core::InvalidArgument(name + ":" + std::to_string(line) + ": " + message);
}

absl::StatusOr<ConfigValue> ParseConfigTree(std::string_view text, const std::string& name) {
  if (text.size() > kMaxBytes) return core::InvalidArgument(name + ": larger than 1 MiB");
  const absl::Status readable = CheckCharacters(text, name);
  if (!readable.ok()) return readable;
  try {
    ConfigValue root = Parse(text);
    if (root.kind == Kind::kNull) return ConfigError(name, 1, "the file is empty");
    return root;
  } catch (const TreeError& error) {
    return ConfigError(name, error.line, error.message);
  } catch (const YAML::Exception& error) {
    return ConfigError(name, LineOf(error.mark), "not YAML: " + WithoutDetail(error.msg));
  } catch (const std::exception&) {
    return core::InvalidArgument(name + ": not YAML");
  }
}

std::string ShownKey(std::string_view key) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '$';
  };
  const auto end = std::find_if_not(key.begin(), key.end(), is_part);
  const auto size = std::min(static_cast<std::size_t>(end - key.begin()), kMaxShownKey);
  return std::string(key.substr(0, size)) + (size < key.size() ? "..." : "");
}

}  // namespace holdfast::detail
