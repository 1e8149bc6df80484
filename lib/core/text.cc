#include "core/text.h"

#include <cmath>
#include <cstdio>

namespace holdfast::core {

std::string Printable(std::string_view bytes, std::size_t limit) {
  std::string text;
  for (const char c : bytes.substr(0, limit)) {
    if (c >= ' ' && c <= '~') {
      text.push_back(c);
      continue;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
    text.append(escaped);
  }
  if (bytes.size() > limit) text.append("...");
  return text;
}

std::string Joined(std::span<const std::string> texts) {
  std::string joined;
  for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
  return joined;
}

std::string HumanDuration(nanoseconds duration) {
  const double ms = std::chrono::duration<double, std::milli>(duration).count();
  char text[32];
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%.0f ms", ms);
  } else if (ms < 120'000) {
    // "%g" leaves out a zero behind the point.
    std::snprintf(text, sizeof text, "%g s", std::round(ms / 100) / 10);
  } else {
    std::snprintf(text, sizeof text, "%.0f min", ms / 60'000);
  }
  return text;
}

}  // namespace holdfast::core
