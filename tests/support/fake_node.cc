#include "support/fake_node.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <utility>

#include "core/scripts.h"

namespace holdfast::testing {
namespace {

std::string Bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::array<const core::Script*, 7> Scripts() {
  return {&core::kAdmitScript,    &core::kOpenScript,   &core::kAcquireScript,
          &core::kFinaliseScript, &core::kExtendScript, &core::kReleaseScript,
          &core::kInspectScript};
}

std::string LoadedSha(const std::string& text) {
  for (const core::Script* script : Scripts()) {
    if (script->text == text) return Bulk(script->sha1);
  }
  return "-ERR not a script of this project\r\n";
}

std::string Time() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  return "*2\r\n" + Bulk(std::to_string(us / 1'000'000)) + Bulk(std::to_string(us % 1'000'000));
}

// Open, and with a history of its own.
std::string Admitted() {
  return "*8\r\n" + Bulk("STATE") + Bulk("4711") + ":0\r\n:0\r\n" + Bulk("0") + ":0\r\n" +
         Bulk("42") + Bulk("0");
}

}  // namespace

std::string NameOf(const Argv& argv) {
  std::string name = Lower(argv.at(0));
  if (name != "evalsha" && name != "eval") return name;
  for (const core::Script* script : Scripts()) {
    if (argv.at(1) == script->sha1 || argv.at(1) == script->text) return std::string(script->name);
  }
  return name;
}

std::vector<Argv> CallsOf(const Argv& argv) {
  const std::string name = NameOf(argv);
  if (name != "acquire" && name != "extend" && name != "release") return {argv};
  constexpr std::size_t kKeys = 3;  // Where they start.
  const std::size_t keys = std::stoul(argv[kKeys - 1]);
  const std::size_t start = kKeys + keys;
  const std::size_t arguments = argv.size() - start;
  const std::size_t calls = name == "acquire"  ? (arguments - 5) / 2
                            : name == "extend" ? arguments - 3
                                               : arguments - 1 - (keys - 1) / 2;
  const std::size_t keys_of_each = (keys - 1) / calls;
  // Where in its arguments are those that are not for all.
  std::vector<std::size_t> own = {0};
  if (name == "acquire") own.push_back(4);
  for (std::size_t i = 0; name == "release" && i < keys_of_each / 2; ++i) own.push_back(2 + i);

  std::vector<Argv> result;
  const auto at = [&](std::size_t i) { return argv.begin() + static_cast<std::ptrdiff_t>(i); };
  const std::size_t first = arguments - (calls - 1) * own.size();
  for (std::size_t call = 0; call < calls; ++call) {
    Argv& one = result.emplace_back(at(0), at(kKeys + 1));
    one[kKeys - 1] = std::to_string(1 + keys_of_each);
    const std::size_t key = kKeys + 1 + call * keys_of_each;
    one.insert(one.end(), at(key), at(key + keys_of_each));
    one.insert(one.end(), at(start), at(start + first));
    if (call == 0) continue;
    for (std::size_t i = 0; i < own.size(); ++i) {
      one[kKeys + 1 + keys_of_each + own[i]] = argv[start + first + (call - 1) * own.size() + i];
    }
  }
  return result;
}

Answer FakeNode::operator()(const Received& received) { return {.bytes = Reply(received.argv)}; }

bool FakeNode::Has(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return nonces_.contains(key);
}

// A run_id of its own: nodes that show the same one are taken for one server.
std::string FakeNode::Info() const {
  std::string run_id = std::to_string(reinterpret_cast<std::uintptr_t>(this));
  run_id.insert(0, 40 - run_id.size(), '0');
  return "# Server\r\nredis_version:7.0.15\r\nrun_id:" + run_id +
         "\r\nuptime_in_seconds:1000\r\n# Replication\r\nrole:master\r\n";
}

std::string FakeNode::Reply(const Argv& argv) {
  const std::string name = NameOf(argv);
  if (name == "ping") return "+PONG\r\n";
  if (name == "auth" || name == "select" || name == "client") return "+OK\r\n";
  if (name == "time") return Time();
  if (name == "info") return Bulk(argv.size() == 1 ? Info() : "# Commandstats\r\n");
  if (name == "config") return "*0\r\n";
  if (name == "script") return LoadedSha(argv.at(2));
  return RunScripts(name, argv);
}

std::string FakeNode::RunScripts(const std::string& name, const Argv& argv) {
  const std::vector<Argv> calls = CallsOf(argv);
  std::string replies = calls.size() == 1 ? "" : "*" + std::to_string(calls.size()) + "\r\n";
  for (const Argv& call : calls) replies += RunScript(name, call);
  return replies;
}

std::string FakeNode::RunScript(const std::string& name, const Argv& argv) {
  if (name == "admit" || name == "open") return Admitted();
  const std::lock_guard lock(mutex_);
  if (name == "acquire") {
    const auto [at, fresh] = nonces_.try_emplace(KeyOf(argv), NonceOf(argv));
    if (fresh) return "*2\r\n$2\r\nOK\r\n:1\r\n";
    if (at->second == NonceOf(argv)) return "*2\r\n$3\r\nOWN\r\n:1\r\n";
    return "*5\r\n$4\r\nBUSY\r\n:5000\r\n$5\r\nalice\r\n:1\r\n:1\r\n";
  }
  if (name == "inspect") return "*2\r\n$4\r\nFREE\r\n:1\r\n";
  if (name != "extend" && name != "release") return "-ERR unknown command\r\n";
  const auto at = nonces_.find(KeyOf(argv));
  if (at == nonces_.end()) return Bulk("ABSENT");
  if (at->second != NonceOf(argv)) return Bulk("FOREIGN");
  if (name == "extend") return Bulk("EXTENDED");
  nonces_.erase(at);
  return Bulk("DELETED");
}

FakePeer::FakePeer(Override instead, StreamFaults faults)
    : peer_(
          [node = node_.get(), instead = std::move(instead)](const Received& received) {
            if (instead) {
              if (auto answer = instead(received)) return *std::move(answer);
            }
            return (*node)(received);
          },
          faults) {}

std::vector<Received> FakePeer::Commands(const std::string& name) const {
  std::vector<Received> commands;
  for (const Received& received : peer_.received()) {
    if (NameOf(received.argv) != name) continue;
    for (Argv& call : CallsOf(received.argv)) {
      commands.push_back(received);
      commands.back().argv = std::move(call);
    }
  }
  return commands;
}

bool FakePeer::WasReleased(const std::string& nonce, std::optional<int> connection) const {
  for (const Received& release : Commands("release")) {
    if (NonceOf(release.argv) != nonce) continue;
    if (!connection || release.connection == *connection) return true;
  }
  return false;
}

Override AnswerTo(const std::string& name, Answer answer, int times) {
  return [=](const Received& received) mutable -> std::optional<Answer> {
    if (NameOf(received.argv) != name || times == 0) return std::nullopt;
    --times;
    return answer;
  };
}

}  // namespace holdfast::testing
