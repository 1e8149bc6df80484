// Nodes with guards, and an Admission that asks about them, on a clock that the test moves.
#ifndef HOLDFAST_TESTS_CORE_ADMISSION_HARNESS_H_
#define HOLDFAST_TESTS_CORE_ADMISSION_HARNESS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/admission.h"
#include "replies.h"

namespace holdfast::core {

using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.
using Standing = Admission::Standing;
using Question = Admission::Question;

// What a node's guard says, and how the node behaves.
struct Guard {
  bool open = true;
  TimePoint till{};  // By the clock of the test.
  std::int64_t mark = 0;
  bool young = false;
  bool silent = false;
  bool failing = false;
};

class AdmissionHarness {
 public:
  explicit AdmissionHarness(AdmissionOptions options)
      : guards(options.nodes.size()), admission(std::move(options)) {}
  AdmissionHarness(int nodes, int quorum) : AdmissionHarness(OptionsFor(nodes, quorum)) {}

  static AdmissionOptions OptionsFor(int nodes, int quorum) {
    AdmissionOptions options;
    options.quorum = quorum;
    options.max_ttl = 30s;
    options.fingerprint = "ours";
    for (int node = 0; node < nodes; ++node) options.nodes.push_back("n" + std::to_string(node));
    return options;
  }
  static Greeting GreetingOf(int node) {
    return {.info = {.run_id = "run" + std::to_string(node), .uptime_s = 100}};
  }

  void Connect(int node) { Connect(node, GreetingOf(node)); }
  void Connect(int node, const Greeting& greeting) { admission.OnConnected(node, greeting, now); }
  void ConnectAll() {
    for (std::size_t node = 0; node < guards.size(); ++node) Connect(static_cast<int>(node));
  }

  Question Next(int node) { return admission.Next(node, now); }
  std::vector<std::string> ArgumentsOf(int node, Question question) const {
    ScriptCall call(question == Question::kOpen ? kOpenScript : kAdmitScript, false);
    admission.Write(node, question, call);
    return {call.arguments().begin(), call.arguments().end()};
  }
  void Answer(int node, std::initializer_list<std::string_view> texts) {
    SetArray(reply_, texts);
    admission.OnAnswer(node, reply_.root(), now);
  }
  void AnswerState(int node) {
    const Guard& guard = guards[node];
    const std::int64_t left = std::chrono::ceil<milliseconds>(guard.till - now).count();
    Answer(node, {"STATE", guard.open ? "4711" : "",
                  ":" + std::to_string(std::max<std::int64_t>(left, 0)),
                  ":" + std::to_string(guard.mark), guard.young ? "1" : "0", ":0", "42",
                  std::to_string(guard.till.time_since_epoch().count())});
  }
  // What a connected node is asked first, and what it says.
  void Admit(int node) {
    Connect(node);
    EXPECT_EQ(Next(node), Question::kAdmit);
    AnswerState(node);
  }

  // Carries questions and answers, with `way` between them, until `end`.
  void RunUntil(TimePoint end, milliseconds way = 1ms) {
    for (int steps = 0; now < end; ++steps) {
      ASSERT_LT(steps, 100'000) << "it asks without end";
      const auto asked = AskAll();
      now += way;
      for (const auto& [node, question] : asked) AnswerAs(node, question);
      if (asked.empty()) now = std::max(now, std::min(end, admission.next_timer()));
    }
  }

  std::vector<Guard> guards;
  Admission admission;
  TimePoint now{1000s};
  // Of each node that was opened: "node floor young".
  std::vector<std::string> opened;

 private:
  std::vector<std::pair<int, Question>> AskAll() {
    std::vector<std::pair<int, Question>> asked;
    for (std::size_t i = 0; i < guards.size(); ++i) {
      const int node = static_cast<int>(i);
      const Question question = Next(node);
      if (question == Question::kOpen) NoteOpening(node);
      if (question != Question::kNone && !guards[i].silent) asked.emplace_back(node, question);
    }
    return asked;
  }

  void NoteOpening(int node) {
    const std::vector<std::string> arguments = ArgumentsOf(node, Question::kOpen);
    opened.push_back(std::to_string(node) + " " + arguments.at(3) + " " + arguments.at(4));
    guards[node].mark = std::stoll(arguments.at(3));
    guards[node].young = arguments.at(4) != "0";
  }

  void AnswerAs(int node, Question question) {
    if (guards[node].failing) return admission.OnNoAnswer(node, {Vote::kError, "LOADING"}, now);
    if (question == Question::kOpen) guards[node].open = true;
    AnswerState(node);
  }

  Reply reply_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_TESTS_CORE_ADMISSION_HARNESS_H_
