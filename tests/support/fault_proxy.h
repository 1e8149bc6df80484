// A proxy in front of a real server that lets just one step of its conversations fail.
#ifndef HOLDFAST_TESTS_SUPPORT_FAULT_PROXY_H_
#define HOLDFAST_TESTS_SUPPORT_FAULT_PROXY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/proxy.h"
#include "support/request_parser.h"
#include "support/socket.h"

namespace holdfast::testing {

enum class StepFault {
  kRefused,      // All connections are reset, and new ones refused until Heal.
  kResetBefore,  // The client's connection is reset. Nothing of the step gets through.
  kResetAfter,   // The same, once the step got through.
  kCutInside,    // The first half of the message gets through, then the connection ends.
  kSilence,      // The connection stays open, and nothing gets through any more, either way.
  kGarbage,      // One byte of the message is another, so that it breaks the protocol.
};
std::ostream& operator<<(std::ostream& os, StepFault fault);

inline constexpr StepFault kStepFaults[] = {StepFault::kRefused,    StepFault::kResetBefore,
                                            StepFault::kResetAfter, StepFault::kCutInside,
                                            StepFault::kSilence,    StepFault::kGarbage};

// Steps are counted from 1, over all connections: each connection that is accepted, each request
// and each reply, when it is complete here. So the number of a step does not depend on how the
// kernel cuts streams into pieces. (An accepted connection has no bytes: it is reset, or silent.)
//
// A test runs its conversation with a fault at step 1, 2, 3 …, until one ends without `fired()`.
// Any thread may call it.
class FaultProxy {
 public:
  FaultProxy(std::uint16_t target_port, StepFault fault, int step);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + address(); }

  bool fired() const { return fired_; }
  int open_connections() const { return open_; }

  // Accepts connections again. Those that are silent stay so.
  void Heal() { healing_ = true, Wake(); }

  // The requests that went to the server so far, whole and unharmed.
  std::vector<Argv> delivered() const;

 private:
  struct Link {
    Fd client;
    Fd target;
    std::string from_client = {};
    std::string from_target = {};
    bool silent = false;
  };

  void Wake() const;
  void Run();
  void Poll();
  void Listen();
  void ListenAgain();
  void ShareAddress(bool share) const;
  void Accept();
  void Serve(Link& link);
  // False at the end of the stream.
  static bool Read(const Fd& from, std::string& to);
  void ForwardAll(Link& link, Direction direction);
  void Forward(Link& link, Direction direction, std::string message);
  void Strike(Link& link, Direction direction, std::string message);
  void Pass(Link& link, Direction direction, const std::string& message);
  void RefuseAll();
  bool IsStruck() { return ++steps_ == step_; }

  const std::uint16_t target_port_;
  const StepFault fault_;
  const int step_;
  Fd wake_;
  std::uint16_t port_ = 0;

  // Only the proxy's thread touches these, from when it runs.
  Fd listener_;
  std::list<Link> links_;
  int steps_ = 0;
  bool refusing_ = false;

  std::atomic<bool> ending_ = false;
  std::atomic<bool> healing_ = false;
  std::atomic<bool> fired_ = false;
  std::atomic<int> open_ = 0;
  mutable std::mutex mutex_;
  std::vector<Argv> delivered_;  // Guarded by mutex_.

  std::thread thread_;  // Last: uses all of the above.
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_FAULT_PROXY_H_
