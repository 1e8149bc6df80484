#include "holdfast/redis_options.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "core/backoff.h"
#include "core/time.h"
#include "net/clock.h"

namespace holdfast {

ReconnectStrategy NeverReconnect() {
  return [](int, const absl::Status&) { return ReconnectDecision::Stop(); };
}

ReconnectStrategy ReconnectAfter(std::chrono::milliseconds pause) {
  return [pause](int, const absl::Status&) { return ReconnectDecision::After(pause); };
}

ReconnectStrategy ReconnectWithBackoff(std::chrono::milliseconds least,
                                       std::chrono::milliseconds most) {
  return [least, most](int retries, const absl::Status&) {
    const auto pause = core::ReconnectPause(retries + 1, net::RandomNumber(), least, most);
    return ReconnectDecision::After(std::chrono::duration_cast<core::milliseconds>(pause));
  };
}

const char* EventName(ConnectionEvent::Kind kind) {
  switch (kind) {
    case ConnectionEvent::Kind::kConnect:
      return "connect";
    case ConnectionEvent::Kind::kReady:
      return "ready";
    case ConnectionEvent::Kind::kError:
      return "error";
    case ConnectionEvent::Kind::kReconnecting:
      return "reconnecting";
    case ConnectionEvent::Kind::kEnd:
      return "end";
  }
  return "?";
}

}  // namespace holdfast
