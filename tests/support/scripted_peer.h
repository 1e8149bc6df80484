// A server in this process that does what a test tells it to.
#ifndef HOLDFAST_TESTS_SUPPORT_SCRIPTED_PEER_H_
#define HOLDFAST_TESTS_SUPPORT_SCRIPTED_PEER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/request_parser.h"
#include "support/socket.h"

namespace holdfast::testing {

struct Received {
  int connection = 0;  // 0: the first that was accepted.
  int read = 0;        // Which read of that connection completed the command.
  Argv argv;
};

struct Answer {
  std::string bytes = {};  // Empty: none.
  bool close = false;      // After the bytes.
};

// What happens to the stream of bytes that the peer sends on a connection.
struct StreamFaults {
  std::string greeting = {};                 // Sent at once, unasked.
  std::optional<std::size_t> cut_at = {};    // Sent in two pieces, cut at this offset.
  std::optional<std::size_t> close_at = {};  // Closed when so many bytes were sent.
  bool first_connection_only = false;
};

// Listens on a loopback port, on a thread of its own, and answers each command as `handler` says.
// The handler is called on that thread.
class ScriptedPeer {
 public:
  using Handler = std::function<Answer(const Received&)>;

  explicit ScriptedPeer(Handler handler, StreamFaults faults = {});
  ~ScriptedPeer();
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + address(); }

  // What came so far, in the order of arrival.
  std::vector<Received> received() const;
  int connections() const { return connections_; }
  int reads() const { return reads_; }  // Which brought bytes, on all connections.
  std::size_t bytes_sent() const { return bytes_sent_; }

  // Closes all connections, as a server that is restarted. New ones are accepted.
  void Disconnect();

 private:
  struct Connection {
    int number = 0;
    Fd socket;
    RequestParser parser;
    int reads = 0;
    std::size_t sent = 0;
  };

  void Run();
  void Wake();
  void Accept();
  void Serve(Connection& connection);
  void Handle(Connection& connection, Argv argv);
  void Send(Connection& connection, const std::string& bytes);
  void SendPiece(Connection& connection, std::string_view bytes);
  bool Faulty(const Connection& connection) const;

  const Handler handler_;
  const StreamFaults faults_;
  Fd listener_;
  Fd wake_;
  std::uint16_t port_;
  std::list<Connection> open_;

  std::atomic<bool> ending_ = false;
  std::atomic<bool> disconnect_ = false;
  std::atomic<int> connections_ = 0;
  std::atomic<int> reads_ = 0;
  std::atomic<std::size_t> bytes_sent_ = 0;
  mutable std::mutex mutex_;
  std::vector<Received> received_;  // Guarded by mutex_.

  std::thread thread_;  // Last: uses all of the above.
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_SUPPORT_SCRIPTED_PEER_H_
