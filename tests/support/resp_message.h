// Where one message of a RESP stream ends.
#ifndef HOLDFAST_TESTS_SUPPORT_RESP_MESSAGE_H_
#define HOLDFAST_TESTS_SUPPORT_RESP_MESSAGE_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace holdfast::testing {

// The size of the first request or reply in `bytes`; nothing: it is not complete yet.
std::optional<std::size_t> RespMessageSize(std::string_view bytes);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_RESP_MESSAGE_H_
