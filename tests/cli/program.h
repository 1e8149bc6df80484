// The program under test, with servers to run on.
#ifndef HOLDFAST_TESTS_CLI_PROGRAM_H_
#define HOLDFAST_TESTS_CLI_PROGRAM_H_

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "support/eventually.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp_dir.h"

namespace holdfast::testing {

using Words = std::vector<std::string>;
using Json = nlohmann::json;

inline std::vector<std::string> ProgramWith(const Words& arguments) {
  std::vector<std::string> argv = {HOLDFAST_PROGRAM};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

// Without any nodes configured.
inline Finished RunAlone(const Words& arguments, const std::vector<std::string>& env = {}) {
  return Process(ProgramWith(arguments), env).Wait();
}

class ProgramTest : public ::testing::Test {
 protected:
  // The program with HOLDFAST_NODES naming all servers.
  std::unique_ptr<Process> Start(const Words& arguments, const std::string& input = "") {
    return std::make_unique<Process>(ProgramWith(arguments), Env(), input);
  }

  Finished Run(const Words& arguments, const std::string& input = "") {
    return Start(arguments, input)->Wait();
  }

  std::vector<std::string> Env() const {
    std::string list;
    for (const std::string& url : nodes_.urls()) list += (list.empty() ? "" : ",") + url;
    return {"HOLDFAST_NODES=" + list};
  }

  bool Freed(const std::string& name) {
    return Eventually([&] { return nodes_.CountWith("lock:" + name) == 0; });
  }

  Nodes nodes_{3};
};

}  // namespace holdfast::testing

#endif  // HOLDFAST_TESTS_CLI_PROGRAM_H_
