#include "chaos/shared_memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

namespace holdfast::testing {

void* MapShared(std::size_t bytes, int fd) {
  const int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (memory != MAP_FAILED) return memory;
  perror("mmap");
  abort();
}

}  // namespace holdfast::testing
