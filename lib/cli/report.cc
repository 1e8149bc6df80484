#include "cli/report.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "cli/duration.h"
#include "cli/exit_codes.h"
#include "holdfast/errors.h"
#include "nlohmann/json.hpp"

namespace holdfast::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

constexpr char kReconfigureHint[] =
    "    where settings of the clients were changed on purpose: holdfast reconfigure --help\n";

std::string KindName(const absl::Status& status, int exit_code) {
  if (exit_code == kExitLost) return ExitKind(exit_code);  // Whatever the last extension said.
  const auto failure = GetFailure(status);
  switch (failure ? failure->kind : Failure::Kind::kOther) {
    case Failure::Kind::kHeld:
      return "held";
    case Failure::Kind::kUndecided:
      return "undecided";
    case Failure::Kind::kNoQuorum:
      return "no_quorum";
    case Failure::Kind::kLost:
      return "lost";
    case Failure::Kind::kCancelled:
      return "cancelled";
    case Failure::Kind::kMisconfigured:
      return "misconfigured";
    case Failure::Kind::kOther:
      break;
  }
  return ExitKind(exit_code);
}

Json VotesAsJson(const Failure& failure) {
  Json votes = Json::array();
  for (const NodeVote& vote : failure.votes) {
    votes.push_back({{"node", vote.node}, {"vote", VoteName(vote.vote)}, {"reason", vote.reason}});
  }
  return votes;
}

Json AsJson(const absl::Status& status, int exit_code) {
  const Failure failure = GetFailure(status).value_or(Failure{});
  Json error = {{"code", exit_code},
                {"kind", KindName(status, exit_code)},
                {"message", std::string(status.message())},
                {"holder", nullptr},
                {"remaining_ms", nullptr},
                {"votes", VotesAsJson(failure)}};
  if (!failure.holder.empty()) error["holder"] = failure.holder;
  if (failure.remaining) error["remaining_ms"] = failure.remaining->count();
  return {{"error", error}};
}

std::string VotesAsText(const Failure& failure) {
  std::vector<std::vector<std::string>> rows;
  for (const NodeVote& vote : failure.votes) {
    rows.push_back({vote.node, VoteName(vote.vote), Printable(vote.reason)});
  }
  return Table(rows, "    ");
}

void Pad(std::string& line, std::size_t width) {
  if (line.size() < width) line.append(width - line.size(), ' ');
}

}  // namespace

std::string Printable(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (IsControl(c)) {
      absl::StrAppend(&safe, "\\x", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    } else {
      safe += c;
    }
  }
  return safe;
}

bool HasControl(const std::string& text) {
  return std::any_of(text.begin(), text.end(), IsControl);
}

void Say(const std::string& text) {
  std::fputs(absl::StrCat("holdfast: ", text, "\n").c_str(), stderr);
}

bool Print(const std::string& text) {
  return std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
}

bool PrintJson(const Json& json) {
  return Print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::string Table(const std::vector<std::vector<std::string>>& rows, const std::string& indent) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = indent;
    std::size_t end = indent.size();
    for (std::size_t i = 0; i < row.size(); ++i) {
      Pad(line, end);
      line += row[i];
      end += widths[i] + 2;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

void AddServers(const std::vector<std::string>& servers,
                std::vector<std::vector<std::string>>& rows) {
  const auto is_seat = [](const auto& row) { return row.front().starts_with('{'); };
  if (std::none_of(rows.begin(), rows.end(), is_seat)) return;
  rows[0].insert(rows[0].begin() + 1, "SERVER");
  for (std::size_t i = 0; i < servers.size(); ++i) {
    std::vector<std::string>& row = rows[i + 1];
    row.insert(row.begin() + 1, servers[i].empty() ? "-" : servers[i]);
  }
}

std::string Brief(const absl::Status& status) {
  const auto failure = GetFailure(status);
  if (!failure || failure->summary.empty()) return Printable(std::string(status.message()));
  std::string summary = Printable(failure->summary);
  if (!failure->remaining) return summary;
  return absl::StrCat(summary, ", ", FormatDuration(*failure->remaining), " left");
}

absl::Status Reworded(const absl::Status& status, absl::StatusCode code,
                      const std::string& message) {
  absl::Status reworded(code, message);
  status.ForEachPayload(
      [&](auto url, const absl::Cord& payload) { reworded.SetPayload(url, payload); });
  return reworded;
}

absl::Status About(const std::string& name, const absl::Status& status) {
  if (!GetFailure(status)) return status;  // Says itself what it is about.
  return Reworded(status, status.code(), absl::StrCat(Printable(name), ": ", Brief(status)));
}

int ReportError(const absl::Status& status, int exit_code, bool json) {
  if (json) {
    PrintJson(AsJson(status, exit_code));
    return exit_code;
  }
  Say(Printable(std::string(status.message())));
  if (const auto failure = GetFailure(status)) {
    std::fputs(VotesAsText(*failure).c_str(), stderr);
  }
  if (IsMisconfigured(status)) std::fputs(kReconfigureHint, stderr);
  return exit_code;
}

int ReportError(const absl::Status& status, bool json) {
  return ReportError(status, ExitCodeOf(status), json);
}

}  // namespace holdfast::cli
