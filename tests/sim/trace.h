// What happened in a run, for people: a line for each event.
#ifndef HOLDFAST_TESTS_SIM_TRACE_H_
#define HOLDFAST_TESTS_SIM_TRACE_H_

#include <cstdio>
#include <string>
#include <string_view>

#include "world.h"

namespace holdfast::core {

class Trace {
 public:
  // Silent without a file.
  explicit Trace(const World& world, std::FILE* file = nullptr)
      : world_(world), start_(world.now()), file_(file) {}

  // To be asked before a line is composed: most runs have no trace.
  bool on() const { return file_ != nullptr; }

  void Say(std::string_view who, std::string_view what) {
    const double ms = static_cast<double>((world_.now() - start_).count()) / 1e6;
    std::fprintf(file_, "%11.3f ms  %-10.*s %.*s\n", ms, static_cast<int>(who.size()), who.data(),
                 static_cast<int>(what.size()), what.data());
  }

  // The time of an instant in the run.
  std::string At(TimePoint when) const {
    char text[40];
    snprintf(text, sizeof text, "%.3f ms", static_cast<double>((when - start_).count()) / 1e6);
    return text;
  }

 private:
  const World& world_;
  TimePoint start_;
  std::FILE* file_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_SIM_TRACE_H_
