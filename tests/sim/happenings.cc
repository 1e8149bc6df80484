#include "happenings.h"

namespace holdfast::core {

void Happenings::Add(const Happenings& other) {
  constexpr std::uint64_t Happenings::*kCounts[] = {
      &Happenings::runs,    &Happenings::acquired,       &Happenings::several,
      &Happenings::refused, &Happenings::extended,       &Happenings::kept,
      &Happenings::joined,  &Happenings::finalised,      &Happenings::not_finalised,
      &Happenings::lost,    &Happenings::released,       &Happenings::compared,
      &Happenings::unknown, &Happenings::histories_lost, &Happenings::histories,
      &Happenings::writes,  &Happenings::late_writes,    &Happenings::judged_on_nodes};
  for (const auto count : kCounts) this->*count += other.*count;
  held += other.held;
  faults.Add(other.faults);
}

}  // namespace holdfast::core
