#include "chaos/ledger.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <new>

#include "chaos/shared_memory.h"

namespace holdfast::testing {
namespace {

constexpr int kFirstMixed = kWorkers + 1 + kSlowNames;
constexpr int kFirstCold = kFirstMixed + kMixedNames;

// The pages are there once they are written to.
Fd MakeFile(std::size_t bytes) {
  Fd file(memfd_create("ledger", MFD_CLOEXEC));
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) == 0) return file;
  perror("ledger");
  abort();
}

int CapacityIn(const Fd& file) {
  int capacity = 0;
  if (pread(file.get(), &capacity, sizeof(capacity), 0) == sizeof(capacity)) return capacity;
  perror("ledger");
  abort();
}

}  // namespace

int NameOf(Role role, int worker) {
  if (role == Role::kOwn) return worker;
  if (role == Role::kHot) return kWorkers;
  if (role == Role::kSlow) return kWorkers + 1 + worker % kSlowNames;
  if (role == Role::kMixed) return kFirstMixed + worker % kMixedNames;
  return kFirstCold + worker % kColdNames;
}

Role RoleOf(int name) {
  if (name < kWorkers) return Role::kOwn;
  if (name == kWorkers) return Role::kHot;
  if (name < kFirstMixed) return Role::kSlow;
  return name < kFirstCold ? Role::kMixed : Role::kCold;
}

bool HasRole(int worker, Role role) {
  if (role == Role::kMixed) return worker < 2 * kMixedNames;
  return role != Role::kCold || worker % 2 == 0;
}

std::string LockName(int name) { return "name " + std::to_string(name); }

std::int64_t BootTime() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

std::size_t Ledger::SizeFor(int capacity) {
  return sizeof(Shared) + static_cast<std::size_t>(capacity) * (sizeof(Hold) + sizeof(Write));
}

Ledger::Ledger(int capacity)
    : file_(MakeFile(SizeFor(capacity))),
      shared_(new (MapShared(SizeFor(capacity), file_.get())) Shared),
      holds_(reinterpret_cast<Hold*>(shared_ + 1)),
      writes_(reinterpret_cast<Write*>(holds_ + capacity)) {
  shared_->capacity = capacity;
}

Ledger::Ledger(const std::string& path)
    : file_(open(path.c_str(), O_RDWR | O_CLOEXEC)),
      shared_(static_cast<Shared*>(MapShared(SizeFor(CapacityIn(file_)), file_.get()))),
      holds_(reinterpret_cast<Hold*>(shared_ + 1)),
      writes_(reinterpret_cast<Write*>(holds_ + shared_->capacity)) {}

Ledger::~Ledger() { munmap(shared_, SizeFor(shared_->capacity)); }

std::string Ledger::path() const {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(file_.get());
}

std::int64_t& Ledger::Begin(const Hold& hold) {
  const int place = shared_->taken++;
  if (place >= shared_->capacity) return shared_->beyond;
  Hold& kept = holds_[place];
  kept = hold;
  kept.fence = 0;
  std::atomic_ref(kept.fence) = hold.fence;
  return kept.until;
}

void Ledger::Add(const Write& write) {
  if (write.accepted) {
    std::atomic<std::uint64_t>& newest = shared_->stored[write.name].newest;
    std::uint64_t known = newest;
    while (known < write.fence && !newest.compare_exchange_weak(known, write.fence)) continue;
  }
  const int place = shared_->written++;
  if (place >= shared_->capacity) return;
  Write& kept = writes_[place];
  kept = write;
  kept.fence = 0;
  std::atomic_ref(kept.fence) = write.fence;
}

int Ledger::size() const { return std::min(shared_->taken.load(), shared_->capacity); }

std::span<const Write> Ledger::writes() const {
  return {writes_, static_cast<std::size_t>(std::min(shared_->written.load(), shared_->capacity))};
}

void Ledger::NoteLateness(std::int64_t nanoseconds) {
  std::int64_t longest = shared_->lateness;
  while (longest < nanoseconds && !shared_->lateness.compare_exchange_weak(longest, nanoseconds)) {
    continue;
  }
}

}  // namespace holdfast::testing
