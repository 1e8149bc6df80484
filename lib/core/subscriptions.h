// What a connection for messages is subscribed to, for whom, and what the server says on it.
#ifndef HOLDFAST_CORE_SUBSCRIPTIONS_H_
#define HOLDFAST_CORE_SUBSCRIPTIONS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "core/reply.h"
#include "core/time.h"

namespace holdfast::core {

// Outlives connections. Each channel and pattern is subscribed to by a command of its own, so that
// a server which refuses one of them refuses that one only, and is answered for in order among the
// messages. No I/O.
class Subscriptions {
 public:
  // Who subscribes.
  using Id = std::uint64_t;
  using Ids = absl::InlinedVector<Id, 4>;

  // What the server said. Texts are views of the reply.
  struct Push {
    enum class Kind {
      kMessage,    // For `ids`, which are subscribed to `channel`, or to `pattern`.
      kConfirmed,  // All that `ids` want is subscribed to on this connection.
      kRefused,    // `ids` want what it refuses, for the error `text`; Remove() them.
      kNothing,    // An answer that concerns nobody.
      kUnknown,    // What no subscription is answered with, as `text` shows.
    };
    Kind kind = Kind::kUnknown;
    Ids ids = {};
    std::string_view channel = {};
    std::string_view pattern = {};
    std::string_view text = {};  // The payload, or the error.
  };

  // True: all of it is confirmed on this connection already.
  bool Add(Id id, const std::vector<std::string>& names, bool patterns);
  void Remove(Id id);
  bool empty() const { return subscribers_.empty(); }

  // A new connection subscribes to everything; without one, nothing is said.
  void Connected(TimePoint now);
  void Disconnected();

  void Ping();

  // The commands that are sent now.
  std::string TakeCommands(TimePoint now);

  Push OnPush(ReplyView push, TimePoint now);

  // Nothing was asked that is not answered.
  bool idle() const { return questions_.empty(); }
  // Whether the server owes an answer; and since when it has said nothing, or, where it was asked
  // after a silence, has not answered.
  bool awaits_answer() const { return questions_.size() > unsent_; }
  TimePoint quiet_since() const { return quiet_since_; }

 private:
  using Serial = std::uint64_t;

  // Wanted by somebody.
  struct Topic {
    std::vector<Id> wanted_by;
    Serial question = 0;  // Its SUBSCRIBE on this connection; 0: none, or refused.
    bool confirmed = false;
  };
  using Topics = std::map<std::string, Topic, std::less<>>;

  struct Subscriber {
    bool patterns = false;
    std::vector<std::string> names;
    std::size_t missing = 0;  // Of `names`, those that are not confirmed.
  };

  struct Question {
    enum class Kind { kSubscribe, kUnsubscribe, kPing };
    Kind kind = Kind::kPing;
    bool pattern = false;
    std::string name = {};
    Serial serial = 0;
  };

  Topics& TopicsOf(bool patterns) { return topics_[patterns ? 1 : 0]; }
  void Leave(Id id, bool patterns, const std::string& name);
  Serial Ask(Question question);
  Push ReadMessage(bool pattern, ReplyView push);
  Push ReadAnswer(ReplyView push);
  Push Confirm(const Question& question);
  Push Refuse(const Question& question, std::string_view error);
  Topic* TopicOf(const Question& question);

  std::array<Topics, 2> topics_;  // Channels, and patterns.
  std::map<Id, Subscriber> subscribers_;
  bool connected_ = false;
  std::deque<Question> questions_;  // Those that the server has yet to answer;
  std::size_t unsent_ = 0;          // the last of them are still in commands_.
  Serial last_serial_ = 0;
  std::string commands_;
  TimePoint quiet_since_;
};

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_SUBSCRIPTIONS_H_
