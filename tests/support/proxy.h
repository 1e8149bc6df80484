// A TCP proxy in this process that cuts, freezes and refuses connections.
#ifndef HOLDFAST_TESTS_SUPPORT_PROXY_H_
#define HOLDFAST_TESTS_SUPPORT_PROXY_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/socket.h"

namespace holdfast::testing {

enum class Direction { kToTarget, kToClient };

// A connection is cut, on both sides, as soon as just so many bytes were forwarded.
struct ProxyFaults {
  std::optional<std::size_t> cut_to_target = {};
  std::optional<std::size_t> cut_to_client = {};
  bool first_connection_only = false;
  bool reset = false;  // Cut with a RST instead of a FIN.
};

// Listens on a loopback port, on a thread of its own, and connects each client to the target. When
// one side ends, the other one ends too, once it got all that was sent before.
// Any thread may call it; a call returns when it has taken effect.
class Proxy {
 public:
  explicit Proxy(std::uint16_t target_port, ProxyFaults faults = {});
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + address(); }

  int connections();  // Accepted so far.
  int open_connections();
  std::size_t bytes(Direction direction);  // Forwarded so far, on all connections.

  // Cuts each open connection when `count` more bytes were forwarded; 0: at once.
  void CutAfter(Direction direction, std::size_t count);

  // Forwards nothing, while connections stay open and the kernel still accepts new ones. The end of
  // a connection is not passed on either.
  void Freeze();
  void Freeze(Direction direction);
  void Thaw();  // Both directions; what came meanwhile is forwarded.

  void Drop();   // Closes all connections; new ones are accepted.
  void Reset();  // As Drop, with a RST.

  void Refuse();  // New connections; open ones stay.
  void Accept();  // Again, on the same port.

 private:
  struct Stream {
    std::string pending = {};
    std::size_t forwarded = 0;
    std::optional<std::size_t> limit = {};
    bool ended = false;
  };
  struct Link {
    Fd client;
    Fd target;
    Stream streams[2];
  };

  static std::size_t IndexOf(Direction direction) { return static_cast<std::size_t>(direction); }

  void Do(std::function<void()> task);
  void Run();
  void Poll();
  void RunTasks();
  void Listen();
  void AcceptOne();
  void Pump(Link& link);
  void Forward(Link& link, Direction direction);
  void Write(Link& link, Direction direction);
  short EventsOf(const Link& link, Direction from) const;
  void Close(Link& link, bool reset);
  void CloseAll(bool reset);
  bool Frozen(Direction direction) const { return frozen_[IndexOf(direction)]; }

  // Only the proxy's thread touches what follows, from when it runs.
  const std::uint16_t target_port_;
  const ProxyFaults faults_;
  Fd wake_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::list<Link> links_;
  int connections_ = 0;
  std::size_t bytes_[2] = {0, 0};
  bool frozen_[2] = {false, false};
  bool ending_ = false;

  std::mutex mutex_;
  std::condition_variable done_changed_;
  std::vector<std::function<void()>> tasks_;  // Guarded by mutex_, as are the next two.
  int asked_ = 0;
  int done_ = 0;

  std::thread thread_;  // Last: uses all of the above.
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_PROXY_H_
