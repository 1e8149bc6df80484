// Against what a load runs.
#ifndef HOLDFAST_BENCH_LOAD_SETUP_H_
#define HOLDFAST_BENCH_LOAD_SETUP_H_

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/options.h"

namespace holdfast::bench {

struct Setup {
  std::vector<std::string> urls;
  bool fencing = true;
  bool cluster = false;  // The urls are nodes of one cluster, whose seats vote.
  // Wait longer than by default for a server's answer: one that is short of processor time is not
  // what is measured.
  bool patient = true;
};

// The same configuration for all, also where a node is behind a proxy.
ClientOptions OptionsFor(const Setup& setup);

// Of the free locks: the same for all, who take turns.
std::string NameOf(int number);

// URL,URL,…
std::vector<std::string> SplitUrls(std::string_view urls);

// Of redis://127.0.0.1:PORT.
int PortOf(const std::string& url);

// A blocking connection to a port of this machine.
int ConnectTo(int port);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_SETUP_H_
