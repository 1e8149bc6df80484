// Parts of our own shape of configuration.
#ifndef HOLDFAST_CONFIG_OWN_H_
#define HOLDFAST_CONFIG_OWN_H_

#include "config/section.h"
#include "holdfast/config.h"

namespace holdfast::detail {

// A map of `tls`.
void ReadTls(ConfigSection& section, TlsOptions& tls);

// What a server's map has besides `tls`.
void ReadServer(ConfigSection& section, Endpoint& endpoint);

// A server: a URL, or a map.
void ReadNode(const ConfigValue& item, ConfigProblems& problems, Endpoint& endpoint);

// `nodes`, `clusters`, `seats`, `groups` and `zones`: who votes on locks.
void ReadVoters(ConfigSection& top, ClientOptions& locks);

// `cluster` and `cache`; behind the voters and what else is at the top.
void ReadData(ConfigSection& top, Config& config);

}  // namespace holdfast::detail

#endif  // HOLDFAST_CONFIG_OWN_H_
