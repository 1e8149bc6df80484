// Makes the replies of the public API from those of the core.
#ifndef HOLDFAST_CORE_REPLY_ACCESS_H_
#define HOLDFAST_CORE_REPLY_ACCESS_H_

#include "core/reply.h"
#include "holdfast/reply.h"

namespace holdfast::detail {

struct ReplyAccess {
  // A reply that owns its own copy: without an allocation for nil, an integer and a short text,
  // with one for anything else.
  static Reply Copy(core::ReplyView view);

 private:
  class Tree;
};

}  // namespace holdfast::detail

#endif  // HOLDFAST_CORE_REPLY_ACCESS_H_
