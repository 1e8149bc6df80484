// The shapes that a file of configuration may have, one reader for each. What is wrong goes into
// `problems`; then `config` means nothing.
#ifndef HOLDFAST_CONFIG_SHAPES_H_
#define HOLDFAST_CONFIG_SHAPES_H_

#include "config/section.h"
#include "config/tree.h"
#include "holdfast/config.h"

namespace holdfast::detail {

// Whether the file has the reader's shape, by its keys; `root` is a map.
bool IsLoopBack(const ConfigValue& root);
bool IsDeepstream(const ConfigValue& root);
bool IsNodeRedis(const ConfigValue& root);
bool IsAlova(const ConfigValue& root);

void ReadLoopBack(const ConfigValue& root, ConfigProblems& problems, Config& config);
void ReadDeepstream(const ConfigValue& root, ConfigProblems& problems, Config& config);
void ReadNodeRedis(const ConfigValue& root, ConfigProblems& problems, Config& config);
void ReadAlova(const ConfigValue& root, ConfigProblems& problems, Config& config);
void ReadOwn(const ConfigValue& root, ConfigProblems& problems, Config& config);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_SHAPES_H_
