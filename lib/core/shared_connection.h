// Which commands do not belong on a connection that others use too.
#ifndef HOLDFAST_CORE_SHARED_CONNECTION_H_
#define HOLDFAST_CORE_SHARED_CONNECTION_H_

#include <span>
#include <string>
#include <string_view>

namespace holdfast::core {

// "" if the command may be sent there. Else why not: it would change what the connection is, or
// how its replies are read, for everybody; and what to use instead.
std::string RefusedOnSharedConnection(std::span<const std::string_view> words);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SHARED_CONNECTION_H_
