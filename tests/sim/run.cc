#include "run.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/fingerprint.h"
#include "core/quorum.h"
#include "core/seats.h"
#include "model_client.h"
#include "model_node.h"
#include "model_user.h"
#include "probe.h"
#include "stage.h"
#include "trouble.h"

namespace holdfast::core {
namespace {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

class Schedule {
 public:
  Schedule(const Plan& plan, LuaRunner& lua, Happenings& happenings, std::FILE* trace);

  Outcome Run();

 private:
  void AddNodes(LuaRunner& lua);
  void AddClient();
  EngineOptions Options();
  void AddIdleClient();
  void AddStranger();
  void ReconfigureIn(nanoseconds pause);
  void Reconfigure();
  void AddUsers(ModelClient& client);
  std::int64_t WallClock();
  void ComeToRest();
  void CheckEnd();
  void CountStats();

  World world_;
  const Plan& plan_;
  Shape shape_;
  Stage stage_;
  Random random_;
  std::vector<std::string> names_;
  std::vector<std::string> tags_;
  std::string fingerprint_;
  milliseconds max_ttl_ = shape_.max_ttl;
  ModelClients clients_;
  std::vector<std::unique_ptr<ModelUser>> users_;
  std::optional<Trouble> trouble_;
};

Schedule::Schedule(const Plan& plan, LuaRunner& lua, Happenings& happenings, std::FILE* trace)
    : world_(plan.seed),
      plan_(plan),
      shape_(DrawShape(world_.random())),
      stage_{.world = world_,
             .shape = shape_,
             .happenings = happenings,
             .findings = Findings(world_),
             .trace = Trace(world_, trace),
             .store = FencedStore(lua),
             .beliefs = Beliefs(!shape_.clocks_step),
             .quick_network = plan.quick_network,
             .mistake = plan.mistake},
      random_(world_.NewStream()) {
  ++happenings.runs;
  DrawStep(plan.seed, shape_);
  AddNodes(lua);
  for (int i = 0; i < shape_.clients; ++i) AddClient();
  if (shape_.scene == Scene::kTokenForgotten) AddIdleClient();
  if (shape_.stranger) AddStranger();
  trouble_.emplace(stage_, clients_, plan_.without, [this] { AddClient(); });
  if (shape_.next_max_ttl.count() > 0) ReconfigureIn(milliseconds(600));
}

Outcome Schedule::Run() {
  const TimePoint start = world_.now();
  const milliseconds trouble = plan_.length.value_or(shape_.trouble);
  world_.RunUntil(start + trouble);
  if (stage_.findings.empty()) ComeToRest();
  CountStats();
  Outcome outcome = {.trouble = trouble, .faults = trouble_->faults()};
  if (stage_.findings.empty()) return outcome;
  outcome.checker = NameOf(stage_.findings.checker());
  outcome.text = stage_.findings.text();
  const auto until = std::chrono::ceil<milliseconds>(stage_.findings.when() - start);
  outcome.trouble = std::min(trouble, until);
  return outcome;
}

void Schedule::ComeToRest() {
  world_.Heal();
  if (stage_.trace.on()) stage_.trace.Say("trouble", "is over");
  for (const auto& client : clients_) client->LeadNamesHome();
  const TimePoint healed = world_.now();
  const auto run_until = [&](milliseconds pause) {
    world_.RunUntil(healed + pause);
    return stage_.findings.empty();
  };
  if (!run_until(4s)) return;
  const bool must_succeed = !shape_.clocks_step && shape_.fair();
  // One client stands for the others, but for some runs.
  const int all = static_cast<int>(clients_.size());
  const int first = shape_.patient ? 0 : random_.Below(all);
  for (int i = first; i < (shape_.patient ? all : first + 1); ++i) {
    Probe(*clients_[i], must_succeed);
  }
  if (run_until(9s)) CheckEnd();
}

void Schedule::CheckEnd() {
  for (const auto& client : clients_) {
    if (shape_.fair()) client->ExpectRest();
  }
  if (shape_.clocks_step) return;
  for (const auto& node : stage_.nodes) {
    for (const ModelNode::Lock& lock : node->locks()) {
      // One that came from another server expires by the clock of that.
      stage_.findings.Expect(node->revived(lock.nonce), Checker::kNothingLeft,
                             "a key never expires");
    }
  }
  if (stage_.history_broken) return;
  ++stage_.happenings.histories;
  const std::string wrong = stage_.history.Check();
  if (!wrong.empty()) stage_.findings.Add(Checker::kHistory, wrong);
}

void Schedule::CountStats() {
  Happenings& happenings = stage_.happenings;
  for (const auto& client : clients_) {
    const Stats stats = client->engine().GetStats();
    happenings.kept += stats.auto_extended;
    happenings.finalised += stats.finalised;
    happenings.not_finalised += stats.finalise_failed;
  }
  happenings.writes += stage_.store.writes();
  happenings.late_writes += stage_.store.refused();
}

void Schedule::AddNodes(LuaRunner& lua) {
  if (shape_.seats) tags_ = SeatTags(shape_.nodes, 1).front();
  for (int i = 0; i < shape_.nodes; ++i) names_.push_back("n" + std::to_string(i));
  fingerprint_ = shape_.seats
                     ? MakeClusterFingerprint(shape_.nodes, 1, shape_.quorum, shape_.max_ttl, "sim")
                     : MakeFingerprint(shape_.nodes, shape_.quorum, shape_.max_ttl, "sim");
  for (int i = 0; i < shape_.nodes; ++i) {
    const bool durable = random_.Chance(shape_.durable_percent);
    stage_.nodes.push_back(
        std::make_unique<ModelNode>(stage_, lua, i, durable, shape_.seats ? tags_[i] : ""));
    if (!shape_.installed) continue;
    stage_.nodes.back()->Install(fingerprint_, shape_.max_ttl);
    if (shape_.scene == Scene::kReconfigured) stage_.nodes.back()->Save();
  }
}

EngineOptions Schedule::Options() {
  EngineOptions options;
  options.admission = {.nodes = names_,
                       .tags = tags_,
                       .one_cluster = shape_.seats,
                       .cluster_node_timeout = shape_.node_timeout,
                       .quorum = shape_.quorum,
                       .max_ttl = max_ttl_,
                       .fingerprint = fingerprint_,
                       .trust_persistence = random_.Chance(80)};
  options.key_prefix = ModelNode::kKeyPrefix;
  options.owner = "client " + std::to_string(clients_.size());
  options.command_timeout = ModelLink::kCommandTimeout;
  options.connect_timeout = 500ms;
  options.fencing = random_.Chance(90);
  return options;
}

void Schedule::AddClient() {
  EngineOptions options = Options();
  const int some = plan_.mistake == Mistake::kNone ? 0 : 1 + random_.Below(shape_.nodes);
  const bool filtered = plan_.mistake == Mistake::kFilterChangesQuorum;
  if (filtered || (plan_.mistake == Mistake::kVotePerNode && shape_.seats)) {
    options.admission.quorum = QuorumSize(some, 0);
  }
  clients_.push_back(std::make_unique<ModelClient>(stage_, options, WallClock()));
  const int first = random_.Below(shape_.nodes);
  for (int i = some; filtered && i < shape_.nodes; ++i) {
    clients_.back()->link((first + i) % shape_.nodes).LeaveOut();
  }
  AddUsers(*clients_.back());
}

void Schedule::AddIdleClient() {
  clients_.push_back(std::make_unique<ModelClient>(stage_, Options(), WallClock()));
}

// One that takes fewer nodes for a quorum.
void Schedule::AddStranger() {
  EngineOptions options = Options();
  options.admission.quorum = 1;
  options.admission.fingerprint = MakeFingerprint(shape_.nodes, 1, shape_.max_ttl, "sim");
  clients_.push_back(std::make_unique<ModelClient>(stage_, options, WallClock()));
  AddUsers(*clients_.back());
}

void Schedule::ReconfigureIn(nanoseconds pause) {
  world_.After(pause + random_.Between(milliseconds(0), milliseconds(200)), [this] {
    if (!world_.healed()) Reconfigure();
  });
}

// Those of the old configuration are not stopped. Whoever starts later has the new one. A node that
// cannot be reached then is told later.
void Schedule::Reconfigure() {
  ++stage_.happenings.faults[Fault::kReconfiguration];
  const bool first = max_ttl_ != shape_.next_max_ttl;
  max_ttl_ = shape_.next_max_ttl;
  fingerprint_ = MakeFingerprint(shape_.nodes, shape_.quorum, max_ttl_, "sim");
  if (first) AddClient();
  ModelClient& client = *clients_.back();
  client.Do([&client] { client.engine().Reconfigure([](const auto&) {}, client.now()); });
  ReconfigureIn(milliseconds(150));
}

void Schedule::AddUsers(ModelClient& client) {
  for (int i = 1 + random_.Below(shape_.users); i > 0; --i) {
    users_.push_back(std::make_unique<ModelUser>(client));
  }
}

// In microseconds: about right, or anything.
std::int64_t Schedule::WallClock() {
  const std::int64_t right = stage_.nodes.front()->UnixUs();
  constexpr std::int64_t kYear = 365LL * 86'400'000'000;
  if (shape_.no_hints) return -kYear;
  if (!shape_.wrong_wall_clocks) return right + random_.Below(4'000) - 2'000;
  const std::array<std::int64_t, 5> wrong = {right + 3'000'000, right - 3'000'000, 1, right + kYear,
                                             -kYear};
  return wrong[random_.Below(static_cast<int>(wrong.size()))];
}

}  // namespace

Outcome Simulate(const Plan& plan, LuaRunner& lua, Happenings& happenings, std::FILE* trace) {
  return Schedule(plan, lua, happenings, trace).Run();
}

}  // namespace holdfast::core
