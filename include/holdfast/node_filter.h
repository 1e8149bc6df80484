// Which servers a client's locks may use.
#ifndef HOLDFAST_NODE_FILTER_H_
#define HOLDFAST_NODE_FILTER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace holdfast {

// The slots from `first` to `last`, both included.
struct SlotInterval {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  friend bool operator==(const SlotInterval&, const SlotInterval&) = default;
};

// A server as a node filter is shown it. Of an independent server only `address`, `host`, `port`
// and `zone` are known, since it has not been asked yet.
struct NodeInfo {
  std::string address = {};  // host:port, or unix:/path
  std::string host = {};     // Empty for a unix socket.
  std::uint16_t port = 0;
  std::string zone = {};  // What `ClientOptions::zones` says of `address`; empty: nothing.

  // Of a cluster's master, as its cluster says.
  std::string id = {};
  std::string role = {};  // "master"
  std::vector<SlotInterval> slots = {};
};

// True for a server that may be used. Called for independent servers inside `Client::Create`, for
// masters of a cluster on the client's strand, and by several clients at once if they share it;
// must not throw, block, or call the client.
using NodeFilter = std::function<bool(const NodeInfo&)>;

}  // namespace holdfast

#endif  // HOLDFAST_NODE_FILTER_H_
