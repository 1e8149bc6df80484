#include "holdfast/config.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "config/section.h"
#include "config/shapes.h"
#include "config/text.h"
#include "config/tree.h"
#include "core/limits.h"
#include "core/text.h"

namespace holdfast {
namespace {

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

constexpr std::size_t kBlock = 64 << 10;
constexpr std::size_t kEnough = std::size_t{1} << 20;  // More than that is refused by its size.

struct Shape {
  bool (*fits)(const detail::ConfigValue& root);
  void (*read)(const detail::ConfigValue& root, detail::ConfigProblems& problems, Config& config);
};

constexpr std::array<Shape, 5> kShapes = {{
    {&detail::IsLoopBack, &detail::ReadLoopBack},
    {&detail::IsDeepstream, &detail::ReadDeepstream},
    {&detail::IsNodeRedis, &detail::ReadNodeRedis},
    {&detail::IsAlova, &detail::ReadAlova},
    {[](const detail::ConfigValue&) { return true; }, &detail::ReadOwn},
}};

// The errors of open(2) say why, and what is no file may keep us waiting for its other end.
absl::Status OpenFile(const std::string& path, std::unique_ptr<std::FILE, Close>& file) {
  const auto error = [&] { return absl::ErrnoToStatus(errno, path); };
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return error();
  file.reset(fdopen(descriptor, "r"));
  struct stat info {};
  if (file == nullptr || fstat(descriptor, &info) != 0) return error();
  if (!S_ISREG(info.st_mode)) return core::InvalidArgument(path + ": not a regular file");
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  std::unique_ptr<std::FILE, Close> file;
  const absl::Status opened = OpenFile(path, file);
  if (!opened.ok()) return opened;
  std::string text;
  std::size_t size = 0;
  do {
    text.resize(size + kBlock);
    const std::size_t count = std::fread(text.data() + size, 1, kBlock, file.get());
    size += count;
    if (count == 0) break;
  } while (size <= kEnough);
  text.resize(size);
  if (std::ferror(file.get()) != 0) return absl::ErrnoToStatus(errno, path);
  return text;
}

// What concerns several keys. A file that leaves the nodes to a variable is complete without them.
absl::Status CheckTogether(const Config& config) {
  const bool complete = !config.locks.nodes.empty() || !config.locks.clusters.empty();
  return complete ? core::CheckClient(config.locks) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view text, const std::string& name) {
  const auto root = detail::ParseConfigTree(text, name);
  if (!root.ok()) return root.status();
  if (root->kind != detail::ConfigValue::Kind::kMap) {
    return detail::ConfigError(name, root->line, "must be a map of keys and values");
  }
  Config config;
  detail::ConfigProblems problems(name);
  for (const Shape& shape : kShapes) {
    if (!shape.fits(*root)) continue;
    shape.read(*root, problems, config);
    break;
  }
  if (!problems.status().ok()) return problems.status();
  const absl::Status checked = CheckTogether(config);
  if (!checked.ok()) return core::InvalidArgument(name + ": " + detail::MessageOf(checked));
  return config;
}

absl::StatusOr<Config> ReadConfigFile(const std::string& path) {
  const auto text = ReadAll(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

}  // namespace holdfast
