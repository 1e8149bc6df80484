#include "core/seats.h"

#include <array>
#include <cstddef>
#include <utility>

#include "core/slots.h"

namespace holdfast::core {
namespace {

constexpr std::string_view kCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr int kTexts = 36 * 36 * 36;

// All texts of three of these characters, in order.
std::string TextOf(int number) {
  return {kCharacters[number / (36 * 36)], kCharacters[number / 36 % 36], kCharacters[number % 36]};
}

// The first text in each slot; kTexts where there is none.
using Texts = std::array<int, kSlots>;

Texts FindTexts() {
  Texts texts;
  texts.fill(kTexts);
  for (int number = kTexts - 1; number >= 0; --number) texts[SlotOf(TextOf(number))] = number;
  return texts;
}

// The middle of the seat's part of the key space; each group is shifted by the same step on the way
// to the next seat.
int WantedSlot(int seat, int group, int seats, int groups) {
  const int steps = 2 * groups * seats;
  const int step = ((2 * seat + 1) * groups + 2 * group) % steps;
  return step * kSlots / steps;
}

// Takes it out of `texts`, so that no other seat gets it.
std::string TakeTag(Texts& texts, int slot) {
  while (texts[slot] == kTexts) slot = (slot + 1) % kSlots;
  return "{" + TextOf(std::exchange(texts[slot], kTexts)) + "}";
}

}  // namespace

std::vector<std::vector<std::string>> SeatTags(int seats, int groups) {
  static const Texts kAll = FindTexts();
  Texts free = kAll;
  std::vector<std::vector<std::string>> tags(static_cast<std::size_t>(groups));
  for (int group = 0; group < groups; ++group) {
    for (int seat = 0; seat < seats; ++seat) {
      tags[group].push_back(TakeTag(free, WantedSlot(seat, group, seats, groups)));
    }
  }
  return tags;
}

int SeatGroupOf(std::string_view name, int groups) { return SlotOf(name) % groups; }

}  // namespace holdfast::core
