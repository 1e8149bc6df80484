#include "core/pipeline.h"

namespace holdfast::core {

void Pipeline::Expect(Tag tag, TimePoint deadline) { pending_.push_back({tag, false, deadline}); }

void Pipeline::Call(Tag tag, const ScriptCall& call, TimePoint deadline) {
  // Nothing is pending where a server answered before it was asked.
  if (calls_.size() > 0 && !pending_.empty() && calls_.Join(call)) {
    pending_.back().joined = true;
  } else {
    EndJoined();
    if (!calls_.Join(call)) call.AppendTo(outgoing_);
  }
  Expect(tag, deadline);
}

void Pipeline::EndJoined() { calls_.MoveTo(outgoing_); }

std::string_view Pipeline::StartWrite() {
  if (write_under_way_) return {};
  EndJoined();
  if (outgoing_.empty()) return {};
  write_under_way_ = true;
  writing_.swap(outgoing_);
  return writing_;
}

void Pipeline::FinishWrite() {
  write_under_way_ = false;
  writing_.clear();
}

bool Pipeline::Receive(std::string_view bytes, Receiver& receiver) {
  reader_.Feed(bytes);
  while (true) {
    const ReplyReader::Result result = reader_.Next();
    if (result == ReplyReader::Result::kError) return false;
    if (result == ReplyReader::Result::kNeedMore) return true;
    if (!pending_.empty()) {
      Deliver(reader_.reply().root(), receiver);
    } else if (expects_pushes_) {
      receiver.OnPush(reader_.reply().root());
    } else {
      error_ = "protocol error: a reply to no command";
      return false;
    }
  }
}

// An error is the answer to each that was joined. The receiver may end the connection, with which
// all that is pending is abandoned.
void Pipeline::Deliver(ReplyView reply, Receiver& receiver) {
  if (!pending_.front().joined) return receiver.OnReply(pending_.pop_front().tag, reply);
  const ReplyView missing = reply.at(reply.size());
  ReplyView::Iterator answer = reply.begin();
  bool more = true;
  while (more && !pending_.empty()) {
    const Pending next = pending_.pop_front();
    more = next.joined;
    if (reply.is_error()) {
      receiver.OnReply(next.tag, reply);
    } else if (answer == reply.end()) {
      receiver.OnReply(next.tag, missing);
    } else {
      receiver.OnReply(next.tag, *answer);
      ++answer;
    }
  }
}

void Pipeline::Abandon(Receiver& receiver) {
  // Only those of this moment: what the receiver pushes meanwhile belongs to nobody's connection.
  for (std::size_t n = pending_.size(); n > 0; --n) {
    receiver.OnNoReply(pending_.pop_front().tag);
  }
}

}  // namespace holdfast::core
