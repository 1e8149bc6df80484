// Memory that processes share.
#ifndef HOLDFAST_TESTS_CHAOS_SHARED_MEMORY_H_
#define HOLDFAST_TESTS_CHAOS_SHARED_MEMORY_H_

#include <cstddef>

namespace holdfast::testing {

// Zeroed, for this process and those that it forks. With `fd`: that file's.
void* MapShared(std::size_t bytes, int fd = -1);

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CHAOS_SHARED_MEMORY_H_
