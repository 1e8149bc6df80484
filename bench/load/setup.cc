#include "load/setup.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>

#include "core/text.h"
#include "load/die.h"

namespace holdfast::bench {

ClientOptions OptionsFor(const Setup& setup) {
  ClientOptions options;
  if (setup.cluster) {
    options.clusters = {setup.urls};
  } else {
    options.nodes = setup.urls;
  }
  options.fencing = setup.fencing;
  options.new_installation = true;
  options.membership = "bench";
  if (setup.patient) options.command_timeout = std::chrono::seconds(15);
  return options;
}

std::string NameOf(int number) { return "free:" + std::to_string(number); }

std::vector<std::string> SplitUrls(std::string_view urls) {
  std::vector<std::string> list;
  while (!urls.empty()) {
    const std::size_t end = std::min(urls.find(','), urls.size());
    list.emplace_back(urls.substr(0, end));
    urls.remove_prefix(std::min(end + 1, urls.size()));
  }
  return list;
}

int PortOf(const std::string& url) {
  const auto port = core::ParseNumber<int>(url.substr(url.rfind(':') + 1));
  if (!port) Die("no port in the URL '" + url + "'");
  return *port;
}

int ConnectTo(int port) {
  const int fd = Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Must(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
       "cannot connect to port " + std::to_string(port));
  const int on = 1;
  Must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "TCP_NODELAY");
  return fd;
}

}  // namespace holdfast::bench
