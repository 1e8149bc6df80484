#include "model_user.h"

#include <algorithm>
#include <span>

#include "core/text.h"

namespace holdfast::core {

ModelUser::ModelUser(ModelClient& client)
    : client_(client),
      stage_(client.stage()),
      world_(stage_.world),
      happenings_(stage_.happenings),
      random_(world_.NewStream()) {
  client.AtDeath([this] { EndBelief(); });
  client.AtSuspension([this] {
    if (believes_) Believe();
  });
  Pause(50);
  if (stage_.shape.scene == Scene::kPowerCut) TakeOverAgain();
}

void ModelUser::TakeOverAgain() {
  world_.After(UpTo(150), [this] {
    if (world_.healed()) return;
    client_.Do([this] { TakeOverAReleasedLock(); });
    TakeOverAgain();
  });
}

void ModelUser::Say(const std::string& what) const { stage_.trace.Say(client_.name(), what); }

void ModelUser::After(nanoseconds pause, void (ModelUser::*act)()) {
  constexpr nanoseconds kStep = milliseconds(20);
  TimePoint when = world_.now() + pause;
  if (stage_.shape.in_step) when += kStep - when.time_since_epoch() % kStep;
  world_.At(when, [this, act] { client_.Do([this, act] { (this->*act)(); }); });
}

void ModelUser::Pause(int most_ms) {
  if (stage_.shape.quiet) most_ms *= 8;
  After(UpTo(most_ms), &ModelUser::Acquire);
}

milliseconds ModelUser::Ttl() {
  const bool longest = Persists() || stage_.shape.scene == Scene::kPowerCut;
  // Only extensions for as long are joined.
  if (stage_.shape.in_step || random_.Chance(longest ? 70 : 30)) return client_.max_ttl();
  return std::min(milliseconds(50 + random_.Below(400)), client_.max_ttl());
}

std::vector<std::string> ModelUser::Names() {
  if (random_.Chance(15)) return {std::string(kHot), "b"};
  return {random_.Chance(85) ? std::string(kHot) : "b"};
}

AcquireOptions ModelUser::Options() {
  AcquireOptions options = {.ttl = Ttl()};
  if (random_.Chance(60)) options.wait = milliseconds(1 + random_.Below(1000));
  options.retry_delay = milliseconds(20 + random_.Below(100));
  options.retry_jitter = milliseconds(random_.Below(20));
  options.auto_extend = random_.Chance(Persists() ? 75 : 25);
  const bool bounded = options.auto_extend && random_.Chance(50);
  if (bounded) options.max_hold = options.ttl + milliseconds(random_.Below(1000));
  return options;
}

void ModelUser::Acquire() {
  if (world_.healed()) return;
  if (random_.Chance(10)) Inspect();
  if (random_.Chance(5)) ReleaseAnExtendingLock();
  if (random_.Chance(2)) TakeOverAReleasedLock();
  names_ = Names();
  options_ = Options();
  asked_ = world_.now();
  const bool waits = options_.wait.count() > 0;
  const auto call = client_.BeginCall(waits ? options_.wait : ModelLink::kCommandTimeout, !waits);
  const std::uint64_t ticket = reinterpret_cast<std::uintptr_t>(this) + call;
  if (random_.Chance(15)) CancelLater(ticket);
  if (stage_.trace.on()) {
    Say("wants " + Joined(names_) + " for " + HumanDuration(options_.ttl) +
        (waits ? ", and waits for " + HumanDuration(options_.wait) : ""));
  }
  engine().Acquire(
      ticket, names_, options_,
      [this, call](Engine&, absl::StatusOr<LeaseId> id) {
        client_.EndCall(call);
        if (id.ok()) return Hold(*id);
        if (stage_.trace.on()) Say("does not get it: " + id.status().ToString());
        ++happenings_.refused;
        Pause(100);
      },
      client_.now());
}

// By a token that nobody holds a lock under; perhaps before there is any connection.
void ModelUser::ReleaseAnExtendingLock() {
  const std::vector<std::string> names = {"b"};
  const LeaseId id = engine().Attach(names, std::string(32, 'f'), client_.now());
  const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
  engine().Extend(
      id, Ttl(), [this, call](const absl::Status&) { client_.EndCall(call); }, client_.now());
  engine().Release(id, nullptr, client_.now());
}

// By its token. Nodes may forget that it was released, but none that has a vote.
void ModelUser::TakeOverAReleasedLock() {
  if (!stage_.shape.steady() || stage_.released_nonce.empty()) return;
  const std::string& nonce = *stage_.taken_over.insert(stage_.released_nonce).first;
  if (stage_.trace.on()) Say("takes over what was released: " + nonce);
  const LeaseId id = engine().Attach(stage_.released_names, nonce, client_.now());
  const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
  const auto done = [this, call](const absl::Status& status) {
    client_.EndCall(call);
    Expect(!status.ok(), Checker::kExclusion, "a lock that was released is held again");
  };
  engine().Extend(id, Ttl(), done, client_.now());
  world_.After(UpTo(300), [this, id] {
    client_.Do([this, id] { engine().Release(id, nullptr, client_.now()); });
  });
}

void ModelUser::CancelLater(std::uint64_t ticket) {
  world_.After(UpTo(300), [this, ticket] {
    client_.Do([this, ticket] { engine().Cancel(ticket, client_.now()); });
  });
}

void ModelUser::Hold(LeaseId id) {
  ++happenings_.acquired;
  happenings_.several += names_.size() > 1 ? 1 : 0;
  id_ = id;
  lost_ = false;
  lost_at_ = kNever;
  extended_ = false;
  acquired_ = world_.now();
  hold_.reset();
  seen_.reset();
  CheckTokens();
  engine().Observe(id, this);
  if (stage_.trace.on()) Say("holds " + Joined(names_) + " with token " + std::to_string(token_));
  Continue();
}

// One for each name, larger than all before; 0 without fencing.
void ModelUser::CheckTokens() {
  const std::span<const std::int64_t> fences = engine().fences(id_);
  Expect(fences.size() == names_.size(), Checker::kTokens, "not as many tokens as names");
  token_ = fences.front();
  for (std::size_t i = 0; i < fences.size(); ++i) {
    if (!client_.fencing()) {
      Expect(fences[i] == 0, Checker::kTokens, "a token without fencing");
      continue;
    }
    const bool known = stage_.IsKnown(names_[i], fences[i]);
    ++(known ? happenings_.compared : happenings_.unknown);
    const std::string wrong =
        stage_.tokens.Finish(engine().token(id_), names_[i], fences[i], known);
    if (!wrong.empty()) stage_.findings.Add(Checker::kTokens, wrong);
    if (!known) stage_.history_broken = true;
    if (known && names_[i] == kHot && stage_.tokens.IsOfThisHistory(engine().token(id_))) {
      OpenStore(fences[i]);
    }
  }
  if (names_.front() == kHot) hold_ = stage_.history.Begin(asked_, world_.now(), token_);
}

void ModelUser::OpenStore(std::int64_t token) {
  tokens_history_ = stage_.tokens.history();
  seen_ = stage_.store.Open(token);
}

// Whatever the lock has become meanwhile: that is what tokens are for.
void ModelUser::WriteToStore() {
  if (!seen_ || tokens_history_ != stage_.tokens.history()) return;
  const std::string wrong = stage_.store.Write(token_, *seen_);
  if (!wrong.empty()) stage_.findings.Add(Checker::kStore, wrong);
  seen_.reset();
}

void ModelUser::Continue() { After(UpTo(random_.Chance(80) ? 80 : 800), &ModelUser::NextStep); }

void ModelUser::NextStep() {
  const bool over = client_.now() > lost_at_ && client_.woke() < client_.ToWorld(lost_at_);
  Expect(lost_ || !over, Checker::kLiveness, "the loss was not told");
  if (!lost_ && client_.now() < valid_until_) CheckNodes();
  CheckKept();
  Expect(lost_ || client_.keys().Denials(engine().token(id_)) <= Spare(), Checker::kLiveness,
         "held, although too many nodes have said that it is gone");
  if (random_.Chance(50)) WriteToStore();
  if (lost_ && random_.Chance(50)) return Release();
  const bool bounded = options_.max_hold.count() > 0;
  const bool keep = options_.auto_extend &&
                    (world_.healed() ? stage_.shape.patient : random_.Chance(Persists() ? 95 : 80));
  if (keep && !lost_ && !Calm(milliseconds(1'000))) return Continue();
  const bool quiet = stage_.shape.quiet;
  if (random_.Chance(world_.healed() || bounded ? 0 : quiet ? 10 : 60)) return Extend();
  if (random_.Chance(quiet ? 50 : 10)) return Forget();
  Release();
}

bool ModelUser::Calm(milliseconds more) const {
  return world_.healed() && world_.now() > world_.healed_at() + kCalm + more;
}

void ModelUser::Extend() {
  const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
  const auto done = [this, call](const absl::Status& status) {
    client_.EndCall(call);
    happenings_.extended += status.ok() ? 1 : 0;
  };
  if (stage_.trace.on()) Say("extends " + Joined(names_));
  extended_ = true;
  engine().Extend(id_, Ttl(), done, client_.now());
  if (random_.Chance(10)) StopWhileExtending();
  Continue();  // Perhaps while the extension is under way.
}

// Between two confirmations, perhaps, and until the lock is over: the second is too late.
void ModelUser::StopWhileExtending() {
  world_.After(UpTo(5), [this] {
    const nanoseconds pause = valid_until_ - client_.now() + UpTo(50);
    const bool fits = pause > nanoseconds(0) && pause < milliseconds(500);
    if (world_.healed() || client_.dead() || !fits) return;
    ++happenings_.faults[Fault::kSleepingClient];
    if (stage_.trace.on()) Say("stops until " + stage_.trace.At(world_.now() + pause));
    client_.Sleep(pause);
  });
}

// Rule 9: there is another try soon after one that failed.
void ModelUser::CheckKept() {
  if (!options_.auto_extend || options_.max_hold.count() > 0 || lost_) return;
  // Another user of this client may hold the same name, and fail.
  if (stage_.shape.clocks_step) return;
  const auto failed = client_.keeper_failed(names_);
  if (!failed || *failed < acquired_ || client_.woke() >= *failed) return;
  const nanoseconds most = std::max<nanoseconds>(options_.ttl / 20, milliseconds(5)) +
                           ModelLink::kCommandTimeout + milliseconds(1);
  Expect(client_.now() <= *failed + most, Checker::kLiveness,
         "an automatic extension failed, and was not tried again");
}

void ModelUser::Release() {
  if (stage_.trace.on()) Say("releases " + Joined(names_));
  // A lock that expired is not undone: its keys expire, too (PROTOCOL.md rule 7).
  // But what was lost before it expired, or may have been prolonged too late, is.
  const bool over = lost_ || client_.now() >= lost_at_;
  const bool swept = !options_.auto_extend && (extended_ || client_.now() < valid_until_);
  if (over && !swept) client_.keys().LetExpire(engine().token(id_));
  if (stage_.shape.scene == Scene::kPowerCut && !over) SaveNodes();
  EndBelief();
  if (random_.Chance(30)) {
    engine().Release(id_, nullptr, client_.now());
    return Pause(100);
  }
  // That a lock is lost is said without asking anybody.
  const auto call = client_.BeginCall(over ? milliseconds(0) : ModelLink::kCommandTimeout);
  const auto done = [this, call, over,
                     nonce = std::string(engine().token(id_))](const auto& status) {
    client_.EndCall(call);
    Expect(!over || !status.ok(), Checker::kLiveness, "a loss is final");
    if (status.ok()) {
      ++happenings_.released;
      stage_.released_names = names_;
      stage_.released_nonce = nonce;
    }
    Pause(100);
  };
  engine().Release(id_, done, client_.now());
}

// With the lock that is about to be released.
void ModelUser::SaveNodes() {
  for (const auto& node : stage_.nodes) node->Save();
}

void ModelUser::Forget() {
  if (stage_.trace.on()) Say("forgets " + Joined(names_));
  client_.keys().LetExpire(engine().token(id_));
  EndBelief();
  client_.NoteForgotten(names_);
  engine().Forget(id_);
  Pause(100);
}

void ModelUser::CheckNodes() {
  for (const std::string& name : names_) stage_.CheckHeldOnQuorum(name, engine().token(id_));
}

// The last moment to write to the store.
void ModelUser::EndBelief() {
  WriteToStore();
  stage_.beliefs.End(this);
  believes_ = false;
  if (!hold_) return;
  const TimePoint end = std::min(world_.now(), client_.ToWorld(valid_until_));
  happenings_.held += end - acquired_;
  stage_.history.End(*hold_, end);
  hold_.reset();
}

void ModelUser::Inspect() {
  const auto call = client_.BeginCall(ModelLink::kCommandTimeout);
  const auto done = [this, call](const Inspection&) { client_.EndCall(call); };
  engine().Inspect(std::string(kHot), done, client_.now());
}

bool ModelUser::OnValidity(TimePoint valid_until, TimePoint lost_at) {
  Expect(!lost_, Checker::kLiveness, "a loss is final");
  Expect(lost_at < valid_until, Checker::kLiveness, "the loss is told too late");
  // Its holder looked at the clock before this came.
  if (client_.now() >= lost_at_ && random_.Chance(50)) return false;
  valid_until_ = valid_until;
  lost_at_ = lost_at;
  Believe();
  if (options_.max_hold.count() > 0) {
    Expect(client_.ToWorld(valid_until) <= acquired_ + options_.max_hold, Checker::kLiveness,
           "held beyond max_hold");
  }
  return true;
}

void ModelUser::Believe() {
  const TimePoint until = client_.ToWorld(valid_until_);
  believes_ = true;
  for (const std::string& name : names_) {
    const std::string wrong = stage_.beliefs.Begin(this, name, until, world_.now());
    if (!wrong.empty()) stage_.findings.Add(Checker::kExclusion, wrong);
  }
  CheckNodes();
  // Also at the last moment, when the clocks have run apart the most.
  world_.At(until - nanoseconds(1), [this, until] {
    if (believes_ && client_.ToWorld(valid_until_) == until) CheckNodes();
  });
  if (hold_) stage_.history.End(*hold_, until);
  if (stage_.trace.on()) Say("believes in it until " + stage_.trace.At(until));
}

void ModelUser::OnLost() {
  Expect(!lost_, Checker::kLiveness, "a loss is told twice");
  CheckKept();
  if (options_.auto_extend && options_.max_hold.count() == 0) {
    Expect(!Calm(milliseconds(0)), Checker::kLiveness, "a lock was not kept");
  }
  if (stage_.trace.on()) Say("hears that it is lost");
  // It may go on until the validity ends: the telling comes ahead of that.
  lost_ = true;
  ++happenings_.lost;
}

}  // namespace holdfast::core
