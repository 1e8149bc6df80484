// Our own shape of configuration: the options by their names.
#include "config/own.h"

#include "config/locks.h"
#include "config/servers.h"
#include "config/shapes.h"
#include "config/text.h"

namespace holdfast::detail {
namespace {

using Kind = ConfigValue::Kind;

void ReadTopTls(ConfigSection& top, TlsOptions& tls) {
  const ConfigValue* const value = top.Find("tls");
  if (value == nullptr) return;
  ConfigSection section(*value, "tls", top.problems());
  ReadTls(section, tls);
  section.Finish();
}

}  // namespace

void ReadTls(ConfigSection& section, TlsOptions& tls) {
  section.Text("caFile", tls.ca_file);
  section.Text("ca", tls.ca);
  section.Text("certFile", tls.certificate_file);
  section.Text("cert", tls.certificate);
  section.Text("keyFile", tls.key_file);
  section.Text("key", tls.key);
  section.Text("serverName", tls.server_name);
  section.Flag("unsafeSkipVerification", tls.unsafe_skip_verification);
}

void ReadServer(ConfigSection& section, Endpoint& endpoint) {
  ReadAddress(section, endpoint, true);
  ReadLogin(section, endpoint);
  ReadDatabase(section, "database", endpoint);
  ReadUrl(section, endpoint);
}

void ReadNode(const ConfigValue& item, ConfigProblems& problems, Endpoint& endpoint) {
  if (item.kind == Kind::kText) {
    const absl::Status status = ApplyUrl(item.text, endpoint);
    if (!status.ok()) problems.Add(item.line, MessageOf(status));
    return;
  }
  ConfigSection section(item, "a node", problems);
  section.Flag("tls", endpoint.tls);
  ReadServer(section, endpoint);
  section.Finish();
}

void ReadOwn(const ConfigValue& root, ConfigProblems& problems, Config& config) {
  ConfigSection top(root, "Holdfast's options", problems);
  ReadVoters(top, config.locks);
  ReadTopTls(top, config.locks.tls);
  ReadClientOptions(top, config.locks);
  ReadLockOptions(top, config);
  ReadData(top, config);
  top.Finish();
}

}  // namespace holdfast::detail
