#include "load/allocations.h"

#include <malloc.h>

namespace holdfast::bench {
namespace {

// Without a constructor: it is used before any runs.
thread_local std::uint64_t allocations = 0;

}  // namespace

std::uint64_t AllocationsOfThisThread() { return allocations; }

std::size_t AllocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace holdfast::bench

// glibc's own, under the names that stay its own. operator new calls the first of them.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++holdfast::bench::allocations;
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  ++holdfast::bench::allocations;
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  ++holdfast::bench::allocations;
  return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++holdfast::bench::allocations;
  return __libc_memalign(alignment, size);
}
}
