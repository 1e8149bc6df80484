// Stats as text for Prometheus.
#include <gmock/gmock.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "holdfast/stats.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;  // NOLINT(build/namespaces): durations read like the docs.

// Each number another one, so that no two can be mixed up.
Stats SomeStats() {
  return {.attempts = 1,
          .acquired = 2,
          .refused_held = 3,
          .refused_undecided = 4,
          .refused_no_quorum = 5,
          .refused_other = 6,
          .cancelled = 7,
          .final_in_one_round_trip = 8,
          .finalised = 9,
          .finalise_failed = 10,
          .extended = 11,
          .extend_failed = 12,
          .auto_extended = 13,
          .lost = 14,
          .released = 15,
          .release_failed = 16,
          .node_ups = 17,
          .node_downs = 18,
          .node_quarantines = 19,
          .held = 20,
          .waiting = 18'446'744'073'709'551'615ULL,
          .acquire = {.count = 22,
                      .p50 = 1'500us,
                      .p90 = 20ms,
                      .p99 = 300ms,
                      .p999 = 4s,
                      .max = 90min,
                      .sum = 5'450'250ms},
          .extend =
              {.count = 1, .p50 = 1ns, .p90 = 1ns, .p99 = 1ns, .p999 = 1ns, .max = 1ns, .sum = 1ns},
          .release = {}};
}

constexpr char kText[] =
    R"(# HELP holdfast_attempts_total Rounds to the nodes to take a lock.
# TYPE holdfast_attempts_total counter
holdfast_attempts_total 1
# HELP holdfast_acquired_total Calls that got the lock.
# TYPE holdfast_acquired_total counter
holdfast_acquired_total 2
# HELP holdfast_refused_total Calls that did not get the lock.
# TYPE holdfast_refused_total counter
holdfast_refused_total{reason="held"} 3
holdfast_refused_total{reason="undecided"} 4
holdfast_refused_total{reason="no_quorum"} 5
holdfast_refused_total{reason="other"} 6
# HELP holdfast_cancelled_total Calls for a lock that their caller gave up.
# TYPE holdfast_cancelled_total counter
holdfast_cancelled_total 7
# HELP holdfast_final_in_one_round_trip_total Attempts whose fencing token a quorum agreed on at once.
# TYPE holdfast_final_in_one_round_trip_total counter
holdfast_final_in_one_round_trip_total 8
# HELP holdfast_finalised_total Attempts whose fencing token took a second round trip.
# TYPE holdfast_finalised_total counter
holdfast_finalised_total 9
# HELP holdfast_finalise_failed_total Attempts that failed in that second round trip.
# TYPE holdfast_finalise_failed_total counter
holdfast_finalise_failed_total 10
# HELP holdfast_extended_total Extensions that a quorum confirmed.
# TYPE holdfast_extended_total counter
holdfast_extended_total 11
# HELP holdfast_extend_failed_total Extensions that failed.
# TYPE holdfast_extend_failed_total counter
holdfast_extend_failed_total 12
# HELP holdfast_auto_extended_total Extensions that nobody had to call for.
# TYPE holdfast_auto_extended_total counter
holdfast_auto_extended_total 13
# HELP holdfast_lost_total Locks that ended before their holder gave them up.
# TYPE holdfast_lost_total counter
holdfast_lost_total 14
# HELP holdfast_released_total Releases that a quorum confirmed.
# TYPE holdfast_released_total counter
holdfast_released_total 15
# HELP holdfast_release_failed_total Releases that failed.
# TYPE holdfast_release_failed_total counter
holdfast_release_failed_total 16
# HELP holdfast_node_ups_total Times that a node became ready.
# TYPE holdfast_node_ups_total counter
holdfast_node_ups_total 17
# HELP holdfast_node_downs_total Times that a ready node went down.
# TYPE holdfast_node_downs_total counter
holdfast_node_downs_total 18
# HELP holdfast_node_quarantines_total Times that a node was not allowed to grant yet.
# TYPE holdfast_node_quarantines_total counter
holdfast_node_quarantines_total 19
# HELP holdfast_held Locks held now.
# TYPE holdfast_held gauge
holdfast_held 20
# HELP holdfast_waiting Calls that are about to get a lock.
# TYPE holdfast_waiting gauge
holdfast_waiting 18446744073709551615
# HELP holdfast_acquire_seconds From the call to the lock, waiting included.
# TYPE holdfast_acquire_seconds summary
holdfast_acquire_seconds{quantile="0.5"} 0.0015
holdfast_acquire_seconds{quantile="0.9"} 0.02
holdfast_acquire_seconds{quantile="0.99"} 0.3
holdfast_acquire_seconds{quantile="0.999"} 4
holdfast_acquire_seconds{quantile="1"} 5400
holdfast_acquire_seconds_sum 5450.25
holdfast_acquire_seconds_count 22
# HELP holdfast_extend_seconds From the call to the extension.
# TYPE holdfast_extend_seconds summary
holdfast_extend_seconds{quantile="0.5"} 0.000000001
holdfast_extend_seconds{quantile="0.9"} 0.000000001
holdfast_extend_seconds{quantile="0.99"} 0.000000001
holdfast_extend_seconds{quantile="0.999"} 0.000000001
holdfast_extend_seconds{quantile="1"} 0.000000001
holdfast_extend_seconds_sum 0.000000001
holdfast_extend_seconds_count 1
# HELP holdfast_release_seconds From the call to the release.
# TYPE holdfast_release_seconds summary
holdfast_release_seconds{quantile="0.5"} NaN
holdfast_release_seconds{quantile="0.9"} NaN
holdfast_release_seconds{quantile="0.99"} NaN
holdfast_release_seconds{quantile="0.999"} NaN
holdfast_release_seconds{quantile="1"} NaN
holdfast_release_seconds_sum 0
holdfast_release_seconds_count 0
)";

TEST(PrometheusTest, GoldenText) { EXPECT_EQ(PrometheusText(SomeStats()), kText); }

TEST(PrometheusTest, LabelsStandInFront) {
  const std::string text = PrometheusText(SomeStats(), R"(client="billing",zone="a")");
  EXPECT_THAT(text, HasSubstr("\nholdfast_attempts_total{client=\"billing\",zone=\"a\"} 1\n"));
  EXPECT_THAT(
      text,
      HasSubstr("\nholdfast_refused_total{client=\"billing\",zone=\"a\",reason=\"held\"} 3\n"));
  EXPECT_THAT(
      text, HasSubstr("\nholdfast_acquire_seconds{client=\"billing\",zone=\"a\",quantile=\"0.5\"} "
                      "0.0015\n"));
  EXPECT_THAT(text,
              HasSubstr("\nholdfast_acquire_seconds_count{client=\"billing\",zone=\"a\"} 22\n"));
}

// Reads the text as a scraper would.
class Scrape {
 public:
  explicit Scrape(const std::string& text) {
    EXPECT_TRUE(text.ends_with('\n'));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) Read(line);
  }

  std::size_t samples() const { return samples_.size(); }

 private:
  void Read(const std::string& line) {
    static const std::regex help("# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) [^\\\\]+");
    static const std::regex type("# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|summary)");
    static const std::regex sample(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)+\})?)re"
        R"re( (NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]\d+)?))re");
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      EXPECT_TRUE(helped_.insert(match[1]).second) << line;
    } else if (std::regex_match(line, match, type)) {
      EXPECT_TRUE(types_.emplace(match[1], match[2]).second) << line;
      current_ = match[1];
    } else if (std::regex_match(line, match, sample)) {
      EXPECT_TRUE(BelongsToCurrent(match[1])) << line;
      EXPECT_TRUE(samples_.insert(match[1].str() + match[2].str()).second) << "twice: " << line;
    } else {
      ADD_FAILURE() << "no line of the format: " << line;
    }
  }

  // A metric's samples stand together, behind its type.
  bool BelongsToCurrent(const std::string& name) const {
    if (name == current_) return true;
    if (types_.at(current_) != "summary") return false;
    return name == current_ + "_sum" || name == current_ + "_count";
  }

  std::set<std::string> helped_;
  std::map<std::string, std::string> types_;
  std::string current_;
  std::set<std::string> samples_;
};

TEST(PrometheusTest, EveryLineIsOfTheFormat) {
  for (const std::string labels :
       {R"()", R"(client="billing")", R"(a="with \" and \\ and \n, too",b="}")"}) {
    SCOPED_TRACE(labels);
    EXPECT_EQ(Scrape(PrometheusText(SomeStats(), labels)).samples(), 42U);
    EXPECT_EQ(Scrape(PrometheusText(Stats(), labels)).samples(), 42U);
  }
}

}  // namespace
}  // namespace holdfast
