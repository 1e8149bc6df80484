#include "core/pipeline.h"

namespace holdfast::core {

void Pipeline::Expect(Tag tag, TimePoint deadline) { pending_.push_back({tag, deadline}); }

std::string_view Pipeline::StartWrite() {
  if (write_under_way_ || outgoing_.empty()) return {};
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
      receiver.OnReply(pending_.pop_front().tag, reader_.reply().root());
    } else if (expects_pushes_) {
      receiver.OnPush(reader_.reply().root());
    } else {
      error_ = "protocol error: a reply to no command";
      return false;
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
