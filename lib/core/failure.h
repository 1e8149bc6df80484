// Makes the errors that holdfast/errors.h describes.
#ifndef HOLDFAST_CORE_FAILURE_H_
#define HOLDFAST_CORE_FAILURE_H_

#include <string_view>

#include "absl/status/status.h"
#include "holdfast/errors.h"

namespace holdfast::core {

// The code follows from the kind; for kOther it is kPermissionDenied. The message is
// "<name>: <summary> (<node> <vote>: <reason>; …)" without the votes still pending, and with
// nothing unprintable in it.
absl::Status MakeFailure(std::string_view name, const Failure& failure);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_FAILURE_H_
