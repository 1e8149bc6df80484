#include "model_node.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/text.h"

namespace holdfast::core {
namespace {

constexpr std::int64_t kStartUs = 1'700'000'000'000'000;

}  // namespace

ModelNode::ModelNode(Stage& stage, LuaRunner& lua, int index, bool durable, std::string tag)
    : stage_(stage),
      world_(stage.world),
      name_("n" + std::to_string(index)),
      node_(lua, static_cast<std::uint64_t>(index)),
      tag_(std::move(tag)),
      durable_(durable),
      clock_offset_(world_.random().Between(milliseconds(0), milliseconds(2'000))),
      clock_rate_(1 + (world_.random().Below(3) - 1) * 0.01),
      started_us_(kStartUs) {}

std::int64_t ModelNode::UnixUs() const {
  const auto mine = static_cast<double>(world_.now().time_since_epoch().count()) * clock_rate_;
  return kStartUs + (static_cast<std::int64_t>(mine) + clock_offset_.count()) / 1000;
}

// Whole seconds of both instants, as a server counts them: up to one more than it ran.
std::int64_t ModelNode::UptimeS() const {
  return std::max<std::int64_t>(UnixUs() / 1'000'000 - started_us_ / 1'000'000, 0);
}

Greeting ModelNode::Greet(TimePoint sent, unsigned life) {
  LuaNode& server = ServerOf(life);
  for (const Script* script : {&kAcquireScript, &kFinaliseScript, &kExtendScript, &kReleaseScript,
                               &kInspectScript, &kAdmitScript, &kOpenScript}) {
    server.Load(*script);
  }
  Greeting greeting;
  greeting.clock_offset_ms = UnixUs() / 1000 + 1 - FloorMs(sent);
  greeting.info.run_id = server.redis().run_id();
  greeting.info.uptime_s = UptimeS();
  greeting.info.flushed = server.redis().flushed();
  greeting.info.cluster = !tag_.empty();
  if (&server == &node_) greeting.info.promoted = promoted_;
  greeting.info.replica = replica_;
  greeting.durable = durable_;
  return greeting;
}

Reply ModelNode::Execute(const Request& request, bool connected, unsigned life) {
  LuaNode& server = ServerOf(life);
  if (AnswersErrors()) return Error();
  const std::vector<std::string_view> keys(request.keys.begin(), request.keys.end());
  const std::vector<std::string_view> arguments(request.arguments.begin(), request.arguments.end());
  const bool opens = request.script == &kOpenScript && &server == &node_ && IsClosed();
  Reply reply;
  if (request.with_text) {
    server.Eval(*request.script, keys, arguments, UnixUs(), reply);
  } else {
    server.EvalSha(request.script->sha1, keys, arguments, UnixUs(), reply);
  }
  Check(request, reply.root(), connected, server);
  if (opens && !IsClosed()) CheckOpening(request);
  return reply;
}

std::vector<Reply> ModelNode::Execute(std::span<const Request> joined, bool connected,
                                      unsigned life) {
  const Request& first = joined.front();
  if (joined.size() == 1) return {Execute(first, connected, life)};
  if (AnswersErrors()) return std::vector<Reply>(joined.size(), Error());
  LuaNode& server = ServerOf(life);
  std::vector<std::string_view> keys(first.keys.begin(), first.keys.end());
  std::vector<std::string_view> arguments(first.arguments.begin(), first.arguments.end());
  for (const Request& request : joined.subspan(1)) {
    keys.insert(keys.end(), request.keys.begin() + 1, request.keys.end());
    arguments.insert(arguments.end(), request.own.begin(), request.own.end());
  }
  Reply reply;
  if (first.with_text) {
    server.Eval(*first.script, keys, arguments, UnixUs(), reply);
  } else {
    server.EvalSha(first.script->sha1, keys, arguments, UnixUs(), reply);
  }
  const ReplyView all = reply.root();
  std::vector<Reply> replies(joined.size());
  for (std::size_t i = 0; i < joined.size(); ++i) {
    replies[i].Append(Reply::kNone, all.is_error() ? all : all.at(i));
    Check(joined[i], replies[i].root(), connected, server);
  }
  return replies;
}

Reply ModelNode::Error() const {
  Reply reply;
  reply.AddText(Reply::kNone, ReplyType::kError, error_);
  return reply;
}

void ModelNode::Install(std::string_view fingerprint, milliseconds max_ttl) {
  const Request admit = {
      .script = &kAdmitScript,
      .with_text = true,
      .keys = {GuardKeyOf(tag_)},
      .arguments = {Identity(), std::string(fingerprint), std::to_string(max_ttl.count()),
                    std::to_string(UptimeS()), "0", "1", "0", "0"}};
  Execute(admit, true, life_);
}

void ModelNode::Stop(Loss loss) {
  up_ = false;
  NextLife();
  switch (loss) {
    case Loss::kNothing:
      return node_.Restart();
    case Loss::kSinceSave:
      return ForgetSinceSave();
    case Loss::kEverything:
      return node_.RestartEmpty();
  }
}

template <class Replace>
void ModelNode::NoteRevived(Replace replace) {
  std::set<std::string, std::less<>> left;
  for (const Lock& lock : locks()) left.emplace(lock.nonce);
  replace();
  for (const Lock& lock : locks()) {
    if (!left.contains(lock.nonce)) revived_.emplace(lock.nonce);
  }
}

void ModelNode::ForgetSinceSave() {
  NoteRevived([this] { node_.RestartFrom(saved_); });
}

void ModelNode::FallBack() {
  NextLife();
  promoted_ = std::to_string(life_);
  NoteRevived([this] { node_.redis().Copy(saved_); });
}

void ModelNode::Migrate() {
  NextLife();
  node_.Restart();
}

// What was released on the old server is there again on the new one.
void ModelNode::FailOver() {
  old_.emplace(Old{.node = node_, .life = life_});
  NextLife();
  ForgetSinceSave();
  promoted_ = std::to_string(life_);
  for (const Lock& lock : locks()) revived_.emplace(lock.nonce);
}

void ModelNode::Follow(const ModelNode& master) {
  CopyData(master);
  replica_ = true;
}

void ModelNode::BeMaster(const ModelNode& master) {
  CopyData(master);
  replica_ = false;
  promoted_ = std::to_string(life_);
}

// Nobody who undid a lock on its master knows that it is here, too.
void ModelNode::CopyData(const ModelNode& master) {
  NextLife();
  node_.redis().Copy(master.node_.redis());
  for (const Lock& lock : locks()) revived_.emplace(lock.nonce);
}

// It will be shut for a while.
void ModelNode::NextLife() {
  ++life_;
  forgot_ = true;
}

std::string ModelNode::Identity() const {
  const std::string& run_id = node_.redis().run_id();
  return promoted_.empty() ? run_id : run_id + ":" + promoted_;
}

void ModelNode::Start() {
  up_ = true;
  started_us_ = UnixUs();
}

void ModelNode::DeleteLock(const std::string& key) { Ask({"DEL", key}); }

void ModelNode::SetLock(std::string_view name, std::string_view value, milliseconds ttl) {
  const std::string key = tag_ + std::string(kKeyPrefix) + std::string(name);
  Ask({"SET", key, value, "PX", Digits(ttl.count()).view()});
}

bool ModelNode::is_shut() {
  return GuardField("run_id") != Identity() || GuardField("pass").empty() || replica_;
}

bool ModelNode::is_new() {
  const auto young = ParseNumber<std::int64_t>(GuardField("young"));
  return is_shut() || young.value_or(0) > UnixUs() / 1000;
}

bool ModelNode::Holds(std::string_view name, std::string_view nonce) {
  return Ask({"GET", tag_ + std::string(kKeyPrefix) + std::string(name)}).starts_with(nonce);
}

std::int64_t ModelNode::Knows(std::string_view name) {
  KeySet keys;
  const std::string text(name);
  keys.Assign(std::span(&text, 1), kKeyPrefix, std::span(&tag_, 1));
  const auto counter = ParseNumber<std::int64_t>(Ask({"GET", keys.counter(0, 0)}));
  const auto mark = ParseNumber<std::int64_t>(GuardField("hwm"));
  return std::max(counter.value_or(0), mark.value_or(0));
}

std::string ModelNode::Ask(const std::vector<std::string_view>& command) {
  Reply reply;
  node_.redis().Execute(command, UnixUs(), reply);
  return std::string(reply.root().text());
}

std::vector<ModelNode::Lock> ModelNode::locks() { return LocksOn(node_); }

std::vector<ModelNode::Lock> ModelNode::LocksOn(LuaNode& server) {
  const std::string prefix = tag_ + std::string(kKeyPrefix);
  const std::int64_t now_us = UnixUs();
  std::vector<Lock> locks;
  for (const auto& [key, entry] : server.redis().Live(now_us)) {
    const auto* value = std::get_if<std::string>(&entry.value);
    if (!key.starts_with(prefix) || value == nullptr) continue;
    const std::string_view nonce = std::string_view(*value).substr(0, value->find(':'));
    locks.push_back({key, nonce, entry.expires_ms - now_us / 1000});
  }
  return locks;
}

void ModelNode::Fail(std::string_view what, const Request& request) const {
  stage_.findings.Add(Checker::kProtocol, std::string(request.script->name) + " on " + name_ +
                                              ": " + std::string(what));
}

void ModelNode::Check(const Request& request, ReplyView reply, bool connected, LuaNode& server) {
  if (reply.is_error()) {
    if (!reply.text().starts_with("NOSCRIPT")) Fail(reply.text(), request);
    return;
  }
  if (request.script == &kReleaseScript) {
    // By somebody else it may be released before all that its client sent has come.
    if (!stage_.taken_over.contains(request.nonce())) released_.insert(request.nonce());
    if (LocksOf(request, server) > 0) Fail("released, and still there", request);
  }
  if (request.script == &kAdmitScript && request.arguments.at(7) == "1") OnReconfigured(reply);
  if (reply.text() == "EXTENDED") {
    CheckInTime(request);
    if (&server == &node_) CheckTtl(request);
  }
  if (request.script != &kAcquireScript) return;
  CheckGrant(request, reply, server);
  if (!connected || reply.at(0).text() != "OK") return;
  // What is owed under a name that led elsewhere before comes by another way.
  if (stage_.shape.scene == Scene::kOneServerTwice) return;
  if (released_.contains(request.nonce())) Fail("overtaken by its release", request);
}

// All of the locks or none. (What is carried out twice may find one of its own, and another gone.)
void ModelNode::CheckGrant(const Request& request, ReplyView reply, LuaNode& server) {
  if (stage_.shape.duplicates) return;
  if (reply.at(0).text() == "OWN") {
    // Who has two names of a server is stopped by what it may count, not by being asked once.
    if (stage_.shape.scene != Scene::kOneServerTwice) Fail("sent twice", request);
    return;
  }
  const bool granted = reply.at(0).text() == "OK";
  const int names = static_cast<int>(request.keys.size() - 1) / 2;
  if (LocksOf(request, server) != (granted ? names : 0)) Fail("granted in part", request);
  if (!granted) return;
  if (static_cast<int>(reply.size()) != 1 + names) Fail("not as many tokens as names", request);
  if (replica_) Fail("granted by a replica", request);
  if (&server == &node_ && GuardField("run_id") != Identity()) {
    Fail("granted by one that was admitted as another", request);
  }
  CheckInTime(request);
  if (&server == &node_) CheckTtl(request);
}

// Whoever gives its nodes another configuration while clients of the old one run sees to it that it
// is not forgotten: it would let these in again, with another idea of how long locks may last.
void ModelNode::OnReconfigured(ReplyView reply) {
  if (reply.at(0).text() != "STATE") return;
  forgot_ = true;
  Save();
}

// Once the node has forgotten a lock, it waits for no longer than its configuration says.
void ModelNode::CheckTtl(const Request& request) {
  constexpr std::string_view kName = " max_ttl=";
  const std::string fingerprint = GuardField("fingerprint");
  const std::size_t at = fingerprint.find(kName);
  if (at == std::string::npos) return Fail("by one without a configuration", request);
  const std::string_view from = std::string_view(fingerprint).substr(at + kName.size());
  const auto longest = ParseNumber<std::int64_t>(from.substr(0, from.find(' ')));
  const auto ttl = ParseNumber<std::int64_t>(request.arguments.at(1));
  if (ttl.value_or(0) > longest.value_or(0)) Fail("for longer than a quarantine lasts", request);
}

bool ModelNode::IsClosed() { return GuardField("pass").empty() && has_guard(); }

// Only what was read when its quarantine was over makes a safe floor. And it has a history only
// by the word of so many others that one of them must know each token. (One that forgot since
// may have given its word before.)
void ModelNode::CheckOpening(const Request& request) {
  if (stage_.shape.clocks_step) return;
  const auto age = static_cast<double>((world_.now() - request.sent).count()) * clock_rate_;
  const std::int64_t sent_ms = (UnixUs() - static_cast<std::int64_t>(age) / 1000) / 1000 + 1;
  const auto till = ParseNumber<std::int64_t>(GuardField("till"));
  if (sent_ms < till.value_or(0)) Fail("asked before its quarantine was over", request);
  if (is_new()) return;
  const auto grown = std::count_if(stage_.nodes.begin(), stage_.nodes.end(), [&](const auto& node) {
    return node.get() != this && (node->forgot_ || !node->is_new());
  });
  if (grown < stage_.shape.nodes - stage_.shape.quorum + 1) {
    Fail("opened as one with a history, on too few words", request);
  }
}

void ModelNode::CheckInTime(const Request& request) const {
  if (stage_.shape.clocks_step || world_.now() <= request.deadline) return;
  Fail("took effect too late", request);
}

int ModelNode::LocksOf(const Request& request, LuaNode& server) const {
  const std::int64_t now_ms = UnixUs() / 1000;
  return static_cast<int>(
      std::count_if(request.keys.begin(), request.keys.end(), [&](const std::string& key) {
        const std::string* value = server.redis().Peek(key, now_ms);
        return value != nullptr && value->starts_with(request.nonce()) &&
               (value->size() == request.nonce().size() || (*value)[request.nonce().size()] == ':');
      }));
}

}  // namespace holdfast::core
