#include "core/subscriptions.h"

#include <algorithm>
#include <utility>

#include "core/resp.h"

namespace holdfast::core {
namespace {

using Push = Subscriptions::Push;

bool IsString(ReplyView view) { return view.type() == ReplyType::kString; }

// `word` and `strings` further strings.
bool IsPush(ReplyView push, std::string_view word, std::size_t strings) {
  if (push.size() != strings + 1 || push.at(0).text() != word) return false;
  for (const ReplyView element : push) {
    if (!IsString(element)) return false;
  }
  return true;
}

// While nothing is subscribed to, the server answers as on any other connection. An error is an
// answer, too: a busy server lives.
bool IsPong(ReplyView push) {
  return push.is_error() || push.text() == "PONG" || IsPush(push, "pong", 1);
}

bool IsDone(ReplyView push, std::string_view word, std::string_view name) {
  return push.size() == 3 && push.at(0).text() == word && IsString(push.at(1)) &&
         push.at(1).text() == name && push.at(2).type() == ReplyType::kInteger;
}

Push Nothing() { return {.kind = Push::Kind::kNothing}; }

Push Unknown(ReplyView push) {
  return {.text = push.type() == ReplyType::kArray ? push.at(0).text() : push.text()};
}

}  // namespace

bool Subscriptions::Add(Id id, const std::vector<std::string>& names, bool patterns) {
  Subscriber& subscriber = subscribers_[id];
  subscriber.patterns = patterns;
  for (const std::string& name : names) {
    Topic& topic = TopicsOf(patterns)[name];
    const bool given_twice = !topic.wanted_by.empty() && topic.wanted_by.back() == id;
    if (given_twice) continue;
    topic.wanted_by.push_back(id);
    subscriber.names.push_back(name);
    if (!topic.confirmed) ++subscriber.missing;
    if (!connected_ || topic.question != 0) continue;
    topic.question = Ask({.kind = Question::Kind::kSubscribe, .pattern = patterns, .name = name});
  }
  return subscriber.missing == 0;
}

void Subscriptions::Remove(Id id) {
  const auto found = subscribers_.extract(id);
  if (found.empty()) return;
  const Subscriber& subscriber = found.mapped();
  for (const std::string& name : subscriber.names) Leave(id, subscriber.patterns, name);
}

void Subscriptions::Leave(Id id, bool patterns, const std::string& name) {
  Topics& topics = TopicsOf(patterns);
  const auto topic = topics.find(name);
  std::erase(topic->second.wanted_by, id);
  if (!topic->second.wanted_by.empty()) return;
  const bool asked = topic->second.question != 0;
  topics.erase(topic);
  if (asked) Ask({.kind = Question::Kind::kUnsubscribe, .pattern = patterns, .name = name});
}

void Subscriptions::Connected(TimePoint now) {
  connected_ = true;
  quiet_since_ = now;
  for (const bool patterns : {false, true}) {
    for (auto& [name, topic] : TopicsOf(patterns)) {
      topic.question = Ask({.kind = Question::Kind::kSubscribe, .pattern = patterns, .name = name});
    }
  }
}

void Subscriptions::Disconnected() {
  connected_ = false;
  commands_.clear();
  questions_.clear();
  unsent_ = 0;
  for (Topics& topics : topics_) {
    for (auto& [name, topic] : topics) {
      topic.question = 0;
      topic.confirmed = false;
    }
  }
  for (auto& [id, subscriber] : subscribers_) subscriber.missing = subscriber.names.size();
}

void Subscriptions::Ping() { Ask({.kind = Question::Kind::kPing}); }

Subscriptions::Serial Subscriptions::Ask(Question question) {
  static constexpr std::string_view kCommands[2][2] = {{"SUBSCRIBE", "PSUBSCRIBE"},
                                                       {"UNSUBSCRIBE", "PUNSUBSCRIBE"}};
  if (question.kind == Question::Kind::kPing) {
    const std::string_view ping[] = {"PING"};
    AppendCommand(commands_, ping);
  } else {
    const std::string_view command[] = {
        kCommands[static_cast<int>(question.kind)][question.pattern ? 1 : 0], question.name};
    AppendCommand(commands_, command);
  }
  question.serial = ++last_serial_;
  questions_.push_back(std::move(question));
  ++unsent_;
  return last_serial_;
}

std::string Subscriptions::TakeCommands(TimePoint now) {
  if (!awaits_answer()) quiet_since_ = now;
  unsent_ = 0;
  return std::exchange(commands_, {});
}

Push Subscriptions::OnPush(ReplyView push, TimePoint now) {
  quiet_since_ = now;
  if (IsPush(push, "message", 2)) return ReadMessage(false, push);
  if (IsPush(push, "pmessage", 3)) return ReadMessage(true, push);
  return ReadAnswer(push);
}

Push Subscriptions::ReadMessage(bool pattern, ReplyView push) {
  Push message{.kind = Push::Kind::kMessage};
  if (pattern) message.pattern = push.at(1).text();
  message.channel = push.at(pattern ? 2 : 1).text();
  message.text = push.at(pattern ? 3 : 2).text();
  const Topics& topics = TopicsOf(pattern);
  // Not found: it was on its way while we unsubscribed.
  const auto topic = topics.find(pattern ? message.pattern : message.channel);
  if (topic == topics.end()) return message;
  message.ids.assign(topic->second.wanted_by.begin(), topic->second.wanted_by.end());
  return message;
}

Push Subscriptions::ReadAnswer(ReplyView push) {
  static constexpr std::string_view kWords[2][2] = {{"subscribe", "psubscribe"},
                                                    {"unsubscribe", "punsubscribe"}};
  if (!awaits_answer()) return Unknown(push);
  const Question question = std::move(questions_.front());
  questions_.pop_front();
  if (question.kind == Question::Kind::kPing) return IsPong(push) ? Nothing() : Unknown(push);
  const bool subscribes = question.kind == Question::Kind::kSubscribe;
  // Who may not unsubscribe is sent what nobody wants any more, which goes unheard.
  if (push.is_error()) return subscribes ? Refuse(question, push.text()) : Nothing();
  const std::string_view word = kWords[static_cast<int>(question.kind)][question.pattern ? 1 : 0];
  if (!IsDone(push, word, question.name)) return Unknown(push);
  return subscribes ? Confirm(question) : Nothing();
}

Push Subscriptions::Confirm(const Question& question) {
  Topic* topic = TopicOf(question);
  if (topic == nullptr) return Nothing();
  topic->confirmed = true;
  Push confirmed{.kind = Push::Kind::kConfirmed};
  for (const Id id : topic->wanted_by) {
    if (--subscribers_.at(id).missing == 0) confirmed.ids.push_back(id);
  }
  return confirmed;
}

Push Subscriptions::Refuse(const Question& question, std::string_view error) {
  Topic* topic = TopicOf(question);
  if (topic == nullptr) return Nothing();
  topic->question = 0;
  Push refused{.kind = Push::Kind::kRefused};
  refused.ids.assign(topic->wanted_by.begin(), topic->wanted_by.end());
  refused.text = error;
  return refused;
}

// Null: nobody wants it any more, or it was let go and asked for anew since.
Subscriptions::Topic* Subscriptions::TopicOf(const Question& question) {
  Topics& topics = TopicsOf(question.pattern);
  const auto topic = topics.find(question.name);
  if (topic == topics.end() || topic->second.question != question.serial) return nullptr;
  return &topic->second;
}

}  // namespace holdfast::core
