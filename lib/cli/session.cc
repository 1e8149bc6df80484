#include "cli/session.h"

#include <chrono>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "cli/app.h"
#include "cli/connect.h"

namespace holdfast::cli {
namespace {

// The client closes its connections earlier, when there is nothing left to tell.
constexpr std::chrono::milliseconds kLastWords{500};

}  // namespace

absl::Status Session::Open(const CommonOptions& options) {
  auto client = OpenClient(io_.get_executor(), options, events_);
  if (!client.ok()) return client.status();
  client_ = *std::move(client);
  return absl::OkStatus();
}

void Session::RunUntil(const std::function<bool()>& done) {
  io_.restart();
  while (!done() && io_.run_one() > 0) {
  }
}

Session::~Session() {
  client_.reset();
  signals_.Stop();
  io_.restart();
  io_.run_for(kLastWords);
}

}  // namespace holdfast::cli
