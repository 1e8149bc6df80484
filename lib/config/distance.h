// Which word was meant by one that is not known.
#ifndef HOLDFAST_CONFIG_DISTANCE_H_
#define HOLDFAST_CONFIG_DISTANCE_H_

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::detail {

// The one of `words` that is `unknown` with few letters changed, or written another way
// (snake_case, Capitals). Empty if none is near.
std::string NearestWord(std::string_view unknown, const std::vector<std::string>& words);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_DISTANCE_H_
