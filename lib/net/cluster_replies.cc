#include "net/cluster_replies.h"

#include <algorithm>
#include <cstddef>

#include "core/redirect.h"

namespace holdfast::net {
namespace {

// Replies are no deeper than the reader of replies allows.
void Add(core::Reply& to, std::size_t parent, const Reply& reply) {
  switch (reply.type()) {
    case Reply::Type::kNil:
      to.AddNil(parent);
      return;
    case Reply::Type::kInteger:
      to.AddInteger(parent, reply.integer());
      return;
    case Reply::Type::kArray: {
      const std::size_t array = to.AddArray(parent);
      for (const Reply& element : reply) Add(to, array, element);
      return;
    }
    default:
      to.AddText(parent, static_cast<core::ReplyType>(reply.type()), reply.text());
  }
}

bool IsError(const Reply& reply) { return reply.is_error(); }

bool IsRedirect(const Reply& reply) {
  return reply.is_error() && core::ReadRedirect(reply.text()).kind != core::Redirect::Kind::kNone;
}

}  // namespace

core::Reply ToCore(const Reply& reply) {
  core::Reply copy;
  Add(copy, core::Reply::kNone, reply);
  return copy;
}

const Reply* FindRedirect(const Replies& replies) {
  // A transaction was executed unless EXEC, the last one, failed: by itself, or because one of the
  // commands before it was refused.
  const Reply& last = replies.back();
  if (!last.is_error() || !(IsRedirect(last) || last.text().starts_with("EXECABORT"))) {
    return nullptr;
  }
  // Where MULTI was refused, those behind it may have been executed one by one.
  if (replies.front().is_error() && !std::all_of(replies.begin(), replies.end(), IsError)) {
    return nullptr;
  }
  for (const Reply& reply : replies) {
    if (IsRedirect(reply)) return &reply;
  }
  return nullptr;
}

}  // namespace holdfast::net
