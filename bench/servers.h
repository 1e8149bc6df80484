// Plain redis-servers of the benchmark's own: on free loopback ports, without persistence.
#ifndef HOLDFAST_BENCH_SERVERS_H_
#define HOLDFAST_BENCH_SERVERS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace holdfast::bench {

// Started by the constructor, which returns when all of them answer; ended by the destructor, and
// by the kernel if this process dies before.
class Servers {
 public:
  explicit Servers(int count);
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;
  ~Servers();

  std::vector<int> ports() const;
  std::vector<std::string> urls() const;

  // Stops the first `count` of them (SIGSTOP): connections stay, answers do not come.
  void Stop(int count) const;

 private:
  struct Server {
    pid_t pid;
    int port;
  };
  std::vector<Server> servers_;
};

// A blocking connection to a loopback port; -1 if nobody listens there.
int ConnectTo(int port);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_SERVERS_H_
