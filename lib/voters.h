// Who votes on a client's locks, as its options say.
#ifndef HOLDFAST_VOTERS_H_
#define HOLDFAST_VOTERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/admission.h"
#include "core/url.h"
#include "holdfast/options.h"

namespace holdfast::detail {

struct Voters {
  std::vector<core::Endpoint> nodes = {};
  std::vector<std::vector<core::Endpoint>> clusters = {};  // The roots of each.

  // Its seats vote, not the cluster.
  bool is_one_cluster() const { return nodes.empty() && clusters.size() == 1; }
};

// Checks the options, of which it takes those nodes out that the filter leaves out.
// kInvalidArgument names what is wrong.
absl::StatusOr<Voters> ReadVoters(ClientOptions& options);

// Who votes on the locks of each group, or on all of them, and what they must agree on.
struct Electorate {
  std::vector<core::AdmissionOptions> groups = {};
  // Where none of the groups has the cluster's witnesses, though these have to be asked.
  std::optional<core::AdmissionOptions> witnesses = {};
};

Electorate ElectorateOf(const ClientOptions& options, const Voters& voters);

}  // namespace holdfast::detail

#endif  // HOLDFAST_VOTERS_H_
