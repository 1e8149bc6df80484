// A server in a network of its own, from which a test can cut it off.
#ifndef HOLDFAST_TESTS_REDIS_FAR_NODE_H_
#define HOLDFAST_TESTS_REDIS_FAR_NODE_H_

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.h"
#include "support/spawn.h"
#include "support/temp_dir.h"

namespace holdfast::testing {

// The network is a namespace that ends with the server, and so is the cable to it: nothing is left
// on the machine, however the test ends. Needs root and iproute2.
class FarNode {
 public:
  static bool Possible() {
    return geteuid() == 0 && Run({"unshare", "--net", "ip", "link", "show"});
  }

  // `good()` tells whether it could be set up.
  FarNode() {
    pid_ = Spawn({"unshare", "--net", "redis-server", "--port", "6379", "--protected-mode", "no",
                  "--dir", dir_.path(), "--appendonly", "yes", "--appendfsync", "always", "--save",
                  "", "--logfile", dir_.File("log")},
                 {});
    // For benchmarks of networks (RFC 2544): no machine's own.
    std::random_device random;
    const unsigned net = random() % (2 * 256 * 64) * 4;
    const std::string block =
        "198." + std::to_string(18 + net / 65536) + "." + std::to_string(net / 256 % 256) + ".";
    address_ = block + std::to_string(net % 256 + 2);
    const std::string near = "hf" + std::to_string(pid_);
    good_ =
        Eventually([this] { return HasOwnNetwork(); }) &&
        Run({"ip", "link", "add", near, "type", "veth", "peer", "name", "cable", "netns",
             std::to_string(pid_)}) &&
        Run({"ip", "addr", "add", block + std::to_string(net % 256 + 1) + "/30", "dev", near}) &&
        Run({"ip", "link", "set", near, "up"}) &&
        There({"ip", "addr", "add", address_ + "/30", "dev", "cable"}) &&
        There({"ip", "link", "set", "cable", "up"});
  }
  ~FarNode() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  FarNode(const FarNode&) = delete;
  FarNode& operator=(const FarNode&) = delete;

  bool good() const { return good_; }
  std::string url() const { return "redis://" + address_; }

  // From now on nothing that is sent arrives, in neither direction, and nobody is told.
  bool CutOff() { return There({"ip", "link", "set", "cable", "down"}); }

 private:
  static bool Run(const std::vector<std::string>& argv) {
    return Process(argv).Wait().exit_status == 0;
  }

  bool There(std::vector<std::string> argv) const {
    argv.insert(argv.begin(), {"nsenter", "--net", "--target", std::to_string(pid_)});
    return Run(argv);
  }

  bool HasOwnNetwork() const { return NetworkOf(std::to_string(pid_)) != NetworkOf("self"); }

  static std::string NetworkOf(const std::string& process) {
    char name[64] = {};
    const ssize_t size = readlink(("/proc/" + process + "/ns/net").c_str(), name, sizeof name);
    return size < 0 ? "" : std::string(name, static_cast<std::size_t>(size));
  }

  TempDir dir_;
  pid_t pid_ = -1;
  std::string address_;
  bool good_ = false;
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_REDIS_FAR_NODE_H_
