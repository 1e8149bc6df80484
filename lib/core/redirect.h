// What an error reply of a cluster's node means for the way of the command.
#ifndef HOLDFAST_CORE_REDIRECT_H_
#define HOLDFAST_CORE_REDIRECT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::core {

struct Redirect {
  enum class Kind {
    kNone,         // Nothing: the error is the command's result.
    kMoved,        // The slot is, from now on, at host:port.
    kAsk,          // This command, only once, to host:port.
    kTryAgain,     // The keys are on two nodes while the slot is being migrated.
    kClusterDown,  // The cluster, or the slot, is not served now.
    kReadOnly,     // A write came to a replica.
    kLoading,      // The node reads its data.
    kMasterDown,   // A replica without its master.
    kMalformed,    // MOVED or ASK that names no slot and address: a violation of the protocol.
  };
  Kind kind = Kind::kNone;

  // Of kMoved and kAsk alone.
  std::uint16_t slot = 0;
  std::string host = {};  // Lower case. Empty: that of the node that answered. "?": it is unknown.
  std::uint16_t port = 0;
};

// Reads the text of an error reply. None of the kinds but kNone changed anything on the server.
Redirect ReadRedirect(std::string_view error_reply);

// The same of the answer to a script, which may end with an error of its own, in whatever words,
// after it has changed something: only what the server itself says instead of executing it.
Redirect ReadScriptRedirect(std::string_view error_reply);

}  // namespace holdfast::core

#endif  // HOLDFAST_CORE_REDIRECT_H_
