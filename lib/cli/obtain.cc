#include "cli/obtain.h"

#include <signal.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "asio/bind_cancellation_slot.hpp"
#include "asio/cancellation_signal.hpp"
#include "asio/error_code.hpp"
#include "asio/steady_timer.hpp"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/verdict.h"
#include "holdfast/client.h"
#include "holdfast/lock.h"
#include "holdfast/names.h"
#include "holdfast/nodes.h"
#include "holdfast/options.h"

namespace holdfast::cli {
namespace {

constexpr std::chrono::seconds kPatience{1};

std::string Joined(const Names& names) { return absl::StrJoin(names.list(), ", "); }

// Why the lock does not come. Without a quorum, who is missing: that may last for ever.
std::string WaitingText(const Verdict& verdict, const Inspection& inspection) {
  if (verdict.state == Verdict::State::kFree) return "it was held until now";
  if (verdict.quorum_votes) return verdict.summary;
  std::string text = absl::StrCat(verdict.summary, " (-w TIME bounds the wait)");
  for (const NodeView& view : inspection.nodes) {
    if (view.state != NodeView::State::kUnreachable && view.admission.empty()) continue;
    absl::StrAppend(&text, "\n    ", view.node, "  ", NoteOf(view));
  }
  return text;
}

// Shared with its handlers, some of which may come after the end.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(Session& session, Names names)
      : client_(session.client()), names_(std::move(names)), patience_(session.io()) {}

  void Start(const AcquireOptions& options) {
    client_->Acquire(names_, options,
                     asio::bind_cancellation_slot(
                         cancel_.slot(), [self = shared_from_this()](absl::StatusOr<Lock> lock) {
                           self->Finish(std::move(lock));
                         }));
    patience_.expires_after(kPatience);
    patience_.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (!error && !self->done()) self->LookWhoHoldsIt(0);
    });
  }

  void Interrupt(int signal) {
    if (signal_ != 0 || done()) return;
    signal_ = signal;
    cancel_.emit(asio::cancellation_type::terminal);
  }

  bool done() const { return result_.has_value(); }
  int signal() const { return signal_; }
  absl::StatusOr<Lock> TakeResult() { return *std::move(result_); }

 private:
  void Finish(absl::StatusOr<Lock> lock) {
    result_ = std::move(lock);
    patience_.cancel();
    client_.reset();
  }

  // At the names one by one, until there is one to wait for.
  void LookWhoHoldsIt(std::size_t i) {
    client_->Inspect(name(i),
                     [self = shared_from_this(), i](absl::StatusOr<Inspection> inspection) {
                       if (self->done() || self->signal_ != 0 || !inspection.ok()) return;
                       self->TellWhoHoldsIt(i, *inspection);
                     });
  }

  void TellWhoHoldsIt(std::size_t i, const Inspection& inspection) {
    const Verdict verdict = Judge(inspection);
    const bool last = i + 1 == names_.list().size();
    if (verdict.state == Verdict::State::kFree && !last) return LookWhoHoldsIt(i + 1);
    Say(absl::StrCat("waiting for ", Printable(name(i)), ": ", WaitingText(verdict, inspection)));
  }

  const std::string& name(std::size_t i) const { return names_.list()[i]; }

  std::optional<Client> client_;  // Until the end: the session waits for the last copy.
  const Names names_;
  asio::steady_timer patience_;
  asio::cancellation_signal cancel_;
  std::optional<absl::StatusOr<Lock>> result_;
  int signal_ = 0;
};

// The lock was won in the moment in which the signal came.
void GiveBack(Session& session, Lock lock) {
  auto done = std::make_shared<bool>(false);
  lock.Release([done](const absl::Status&) { *done = true; });
  session.RunUntil([&] { return *done; });
}

}  // namespace

Obtained Obtain(Session& session, const Names& names, const AcquireOptions& options) {
  session.signals().Catch({SIGINT, SIGTERM, SIGHUP});
  const auto attempt = std::make_shared<Attempt>(session, names);
  session.signals().OnSignal([attempt](int signal) { attempt->Interrupt(signal); });
  attempt->Start(options);
  session.RunUntil([&] { return attempt->done(); });
  session.signals().OnSignal(nullptr);
  Obtained obtained{attempt->TakeResult(), attempt->signal()};
  if (obtained.signal == 0 || !obtained.lock.ok()) return obtained;
  GiveBack(session, *std::move(obtained.lock));
  obtained.lock = absl::CancelledError("interrupted");
  return obtained;
}

int ReportNotObtained(const Obtained& obtained, const Names& names, const WaitOptions& options,
                      bool json) {
  if (obtained.signal == 0) {
    const absl::Status& status = obtained.lock.status();
    return ReportError(About(Joined(names), status), NotTakenCode(status, options), json);
  }
  return ReportError(
      absl::CancelledError(absl::StrCat("interrupted while waiting for ", Joined(names))),
      kExitSignal + obtained.signal, json);
}

}  // namespace holdfast::cli
