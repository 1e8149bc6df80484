// TLS as a filter between the bytes of a socket and the conversation: it has no socket of its own.
#ifndef HOLDFAST_NET_TLS_H_
#define HOLDFAST_NET_TLS_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "holdfast/tls.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_store_ctx_st;

namespace holdfast::net {

struct TlsFree {
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* session) const;
};

// What all sessions of a client share: certificates and settings. Immutable, so thread-safe.
class TlsContext {
 public:
  // Reads and checks everything that `options` name. kInvalidArgument names the option, the file
  // and what is wrong with it.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Create(const TlsOptions& options);

  // The same; but null for who will not connect by TLS and has no options to be checked, because
  // the system's authorities take long to read.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> CreateIfNeeded(
      bool connects_by_tls, const TlsOptions& options);

 private:
  friend class TlsSession;
  TlsContext(std::unique_ptr<ssl_ctx_st, TlsFree> context, std::string server_name);

  const std::unique_ptr<ssl_ctx_st, TlsFree> context_;
  const std::string server_name_;
};

// One connection's TLS, from handshake to end; a new connection takes a new session. What comes
// from the socket is fed and read as plaintext; what must go to the socket is appended to
// `outgoing`:
//
//   session.Start(outgoing);                 // Once the socket is connected; send `outgoing`.
//   …                                        // Then, whenever the socket was readable:
//   session.Feed({buffer.data(), read_some(buffer)});
//   while (std::size_t size = session.Read(buffer, outgoing)) reader.Feed({buffer.data(), size});
//   …                                        // Send `outgoing`; look at state().
//
// It holds no more than what was fed and not read, what was written and cannot go yet, and two
// records of 16 KiB. Not thread-safe.
class TlsSession {
 public:
  enum class State {
    kHandshaking,  // Nothing is verified yet.
    kReady,        // The server is who it should be.
    kFailed,       // error() says why. What `outgoing` got may still be sent: an alert.
    kClosed,       // By the server's close_notify, FeedEnd or Close.
  };

  // The server's certificate must be for `host`, a name or an IP address, unless the options have
  // another name for it. Cheap: everything that is large is the context's, and outlives it here.
  TlsSession(const TlsContext& context, const std::string& host);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  void Start(std::string& outgoing);

  // Copies `ciphertext`, so that its buffer can be the one to read into.
  void Feed(std::string_view ciphertext);

  // The socket's end of file, once all that was fed is read. A server that ends without
  // close_notify, as Redis does, has closed the connection too: replies carry their lengths, so
  // nothing cut off passes for complete.
  void FeedEnd();

  // Goes on with the handshake, and returns how many bytes of plaintext are in `buffer` now. 0:
  // there is no more until more is fed, or the session has ended.
  std::size_t Read(std::span<char> buffer, std::string& outgoing);

  // What is written before the session is ready goes out when it is, in a Read. After its end,
  // nothing is written.
  void Write(std::string_view plaintext, std::string& outgoing);

  // Tells the server that this is the end. Its answer need not be waited for.
  void Close(std::string& outgoing);

  State state() const { return state_; }

  // About the server, as in "its certificate has expired": why the session is kFailed or kClosed;
  // for one that is kHandshaking too long, what it waits for; "" while it is kReady.
  std::string error() const;

 private:
  static int OnVerified(int ok, x509_store_ctx_st* verification);
  void VerifyName(const std::string& name);

  // What an OpenSSL call returned, which is no success, means.
  void Judge(int result);
  void End(State state, std::string error);
  void Advance(std::string& outgoing);
  // Returns how much of `plaintext` is on its way.
  std::size_t Encrypt(std::string_view plaintext, std::string& outgoing);
  // Moves what OpenSSL wants to send to `outgoing`, and returns how much it was.
  std::size_t Flush(std::string& outgoing);

  const std::string name_;    // That the certificate must be for.
  std::string unsent_;        // Plaintext that cannot go yet.
  std::string verification_;  // What is wrong with the certificate.
  std::string error_;
  State state_ = State::kHandshaking;
  bool heard_ = false;
  const std::unique_ptr<ssl_st, TlsFree> ssl_;
};

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_TLS_H_
