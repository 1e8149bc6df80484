#include "chaos/ledger.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

namespace holdfast::testing {
namespace {

void* MapShared(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) return memory;
  perror("mmap");
  abort();
}

}  // namespace

int NameOf(Role role, int worker) {
  if (role == Role::kOwn) return worker;
  if (role == Role::kHot) return kWorkers;
  return kWorkers + 1 + worker % kSlowNames;
}

Role RoleOf(int name) {
  if (name < kWorkers) return Role::kOwn;
  return name == kWorkers ? Role::kHot : Role::kSlow;
}

std::int64_t BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

Ledger::Ledger(int capacity)
    : capacity_(capacity),
      shared_(new (MapShared(sizeof(Shared))) Shared),
      holds_(static_cast<Hold*>(MapShared(capacity * sizeof(Hold)))) {}

Ledger::~Ledger() {
  munmap(holds_, capacity_ * sizeof(Hold));
  munmap(shared_, sizeof(Shared));
}

void Ledger::Add(const Hold& hold) {
  const int place = shared_->taken++;
  if (place < capacity_) holds_[place] = hold;
}

int Ledger::size() const { return std::min(shared_->taken.load(), capacity_); }

}  // namespace holdfast::testing
