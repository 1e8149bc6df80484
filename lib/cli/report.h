// What the program says to people and to programs.
#ifndef HOLDFAST_CLI_REPORT_H_
#define HOLDFAST_CLI_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {

// `text` with control characters as \xNN: names and holders come from anybody, and must not
// command the terminal.
std::string Printable(const std::string& text);

bool HasControl(const std::string& text);

// "holdfast: text" on stderr.
void Say(const std::string& text);

// One line of JSON on stdout; bytes that are no UTF-8 are replaced. False if it cannot be written.
bool PrintJson(const nlohmann::ordered_json& json);

// `text` on stdout, now. False if it cannot be written.
bool Print(const std::string& text);

// Rows with columns padded to the widest cell, each line behind `indent`.
std::string Table(const std::vector<std::vector<std::string>>& rows, const std::string& indent);

// Puts a column SERVER behind the first, NODE, of `rows`, if any of these is a seat of a cluster,
// which is where its server is now. `servers`: of each row but the heading.
void AddServers(const std::vector<std::string>& servers,
                std::vector<std::vector<std::string>>& rows);

// Why an operation failed, in a few words, without the name of the lock and the votes.
std::string Brief(const absl::Status& status);

// `status` with another code and message; what programs can read of it stays.
absl::Status Reworded(const absl::Status& status, absl::StatusCode code,
                      const std::string& message);

// "order:42: held by host:12, 8.2 s left": a failure of an operation on the lock `name`.
absl::Status About(const std::string& name, const absl::Status& status);

// Tells of the error in words, with each node's vote, on stderr, or with `json` as one object on
// stdout. Returns `exit_code`.
int ReportError(const absl::Status& status, int exit_code, bool json);

// The same with the exit code that the table says.
int ReportError(const absl::Status& status, bool json);

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_REPORT_H_
