// Configuration from variables of the environment, or from what stands in for it.
#ifndef HOLDFAST_CONFIG_ENVIRONMENT_H_
#define HOLDFAST_CONFIG_ENVIRONMENT_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "holdfast/config.h"
#include "holdfast/endpoint.h"

namespace holdfast::detail {

// The value of a variable; empty if it is not set.
using Environment = std::function<std::string(const char* variable)>;

std::string GetVariable(const char* variable);

// The URLs of `list`, which has commas between them: all different servers. The error names
// `source`.
absl::StatusOr<std::vector<Endpoint>> ReadUrls(const char* source, const std::string& list);

// The same of some nodes of a cluster.
absl::StatusOr<std::vector<Endpoint>> ReadRootUrls(const char* source, const std::string& list);

// Puts these nodes in the place of all voters that a file named.
void VoteByNodes(std::vector<std::string> nodes, ClientOptions& locks);

// See ConfigFromEnvironment.
absl::StatusOr<Config> ReadEnvironment(const Environment& environment);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_ENVIRONMENT_H_
