#include "net/resolver.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <asio/ip/address.hpp>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

namespace holdfast::net {

// Shared by the thread and the one who asked; whoever is last closes the descriptor.
struct Resolver::Lookup {
  std::string host;
  std::uint16_t port = 0;
  int event = -1;
  std::atomic<bool> finished = false;  // Set after what follows, which the thread writes.
  std::string error;
  Addresses addresses;

  ~Lookup() {
    if (event >= 0) close(event);
  }

  void Run() {
    addrinfo hints = {};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (code != 0) error = gai_strerror(code);
    for (addrinfo* info = found; info != nullptr; info = info->ai_next) {
      asio::ip::tcp::endpoint address;
      if (info->ai_addrlen > address.capacity()) continue;
      address.resize(info->ai_addrlen);
      __builtin_memcpy(address.data(), info->ai_addr, info->ai_addrlen);
      addresses.push_back(address);
    }
    if (found != nullptr) freeaddrinfo(found);
    finished.store(true);
    const std::uint64_t one = 1;
    if (write(event, &one, sizeof one) < 0) return;  // Cannot fail: the counter is empty.
  }
};

void Resolver::Resolve(const std::string& host, std::uint16_t port, Done done) {
  asio::error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) return done("", {asio::ip::tcp::endpoint(address, port)});

  auto lookup = std::make_shared<Lookup>();
  lookup->host = host;
  lookup->port = port;
  lookup->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  const int ours = lookup->event < 0 ? -1 : fcntl(lookup->event, F_DUPFD_CLOEXEC, 0);
  if (ours < 0) return done(std::generic_category().message(errno), {});
  ready_.assign(ours);
  ready_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this, lookup, done = std::move(done)](asio::error_code error) mutable {
                      if (error || !lookup->finished.load()) return;
                      Cancel();
                      done(lookup->error, lookup->addresses);
                    });
  try {
    std::thread([lookup] { lookup->Run(); }).detach();
  } catch (const std::system_error&) {
    // No thread to be had: the connect timeout ends this try, and the next one may have luck.
  }
}

void Resolver::Cancel() {
  asio::error_code ignored;
  ready_.close(ignored);
}

}  // namespace holdfast::net
