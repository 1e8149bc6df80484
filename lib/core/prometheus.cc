// Stats as Prometheus reads them.
#include <charconv>
#include <initializer_list>
#include <utility>

#include "holdfast/stats.h"

namespace holdfast {
namespace {

using std::chrono::nanoseconds;

class Writer {
 public:
  explicit Writer(std::string_view labels) : labels_(labels) {}

  // Starts a metric, whose samples must follow.
  void Metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "holdfast_";
    name_ += name;
    Append({"# HELP ", name_, " ", help, "\n# TYPE ", name_, " ", type, "\n"});
  }

  // A sample of the metric, by its name and `suffix`.
  void Sample(std::string_view suffix, std::string_view label, std::string_view value) {
    Append({name_, suffix});
    if (!labels_.empty() || !label.empty()) {
      Append({"{", labels_, labels_.empty() || label.empty() ? "" : ",", label, "}"});
    }
    Append({" ", value, "\n"});
  }

  void Sample(std::string_view suffix, std::string_view label, std::uint64_t value) {
    Sample(suffix, label, std::to_string(value));
  }

  void Counter(std::string_view name, std::string_view help, std::uint64_t value) {
    Metric(name, "counter", help);
    Sample("", "", value);
  }

  void Gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    Metric(name, "gauge", help);
    Sample("", "", value);
  }

  void Summary(std::string_view name, std::string_view help, const LatencySummary& latency);

  std::string Take() { return std::move(text_); }

 private:
  void Append(std::initializer_list<std::string_view> pieces) {
    for (const std::string_view piece : pieces) text_ += piece;
  }

  std::string_view labels_;
  std::string name_;
  std::string text_;
};

// Not by printf, which would write the decimal point of the program's locale.
std::string Seconds(nanoseconds duration) {
  char digits[64];
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto end =
      std::to_chars(digits, digits + sizeof digits, seconds, std::chars_format::fixed).ptr;
  return {digits, end};
}

void Writer::Summary(std::string_view name, std::string_view help, const LatencySummary& latency) {
  Metric(name, "summary", help);
  // What never was has no quantiles: NaN, as Prometheus' own libraries say it.
  const auto quantile = [&](std::string_view label, nanoseconds value) {
    Sample("", label, latency.count == 0 ? "NaN" : Seconds(value));
  };
  quantile("quantile=\"0.5\"", latency.p50);
  quantile("quantile=\"0.9\"", latency.p90);
  quantile("quantile=\"0.99\"", latency.p99);
  quantile("quantile=\"0.999\"", latency.p999);
  quantile("quantile=\"1\"", latency.max);
  Sample("_sum", "", Seconds(latency.sum));
  Sample("_count", "", latency.count);
}

void WriteAcquisitions(Writer& writer, const Stats& stats) {
  writer.Counter("attempts_total", "Rounds to the nodes to take a lock.", stats.attempts);
  writer.Counter("acquired_total", "Calls that got the lock.", stats.acquired);
  writer.Metric("refused_total", "counter", "Calls that did not get the lock.");
  writer.Sample("", "reason=\"held\"", stats.refused_held);
  writer.Sample("", "reason=\"undecided\"", stats.refused_undecided);
  writer.Sample("", "reason=\"no_quorum\"", stats.refused_no_quorum);
  writer.Sample("", "reason=\"other\"", stats.refused_other);
  writer.Counter("cancelled_total", "Calls for a lock that their caller gave up.", stats.cancelled);
}

void WriteTokens(Writer& writer, const Stats& stats) {
  writer.Counter("final_in_one_round_trip_total",
                 "Attempts whose fencing token a quorum agreed on at once.",
                 stats.final_in_one_round_trip);
  writer.Counter("finalised_total", "Attempts whose fencing token took a second round trip.",
                 stats.finalised);
  writer.Counter("finalise_failed_total", "Attempts that failed in that second round trip.",
                 stats.finalise_failed);
}

void WriteLeases(Writer& writer, const Stats& stats) {
  writer.Counter("extended_total", "Extensions that a quorum confirmed.", stats.extended);
  writer.Counter("extend_failed_total", "Extensions that failed.", stats.extend_failed);
  writer.Counter("auto_extended_total", "Extensions that nobody had to call for.",
                 stats.auto_extended);
  writer.Counter("lost_total", "Locks that ended before their holder gave them up.", stats.lost);
  writer.Counter("released_total", "Releases that a quorum confirmed.", stats.released);
  writer.Counter("release_failed_total", "Releases that failed.", stats.release_failed);
}

void WriteNodes(Writer& writer, const Stats& stats) {
  writer.Counter("node_ups_total", "Times that a node became ready.", stats.node_ups);
  writer.Counter("node_downs_total", "Times that a ready node went down.", stats.node_downs);
  writer.Counter("node_quarantines_total", "Times that a node was not allowed to grant yet.",
                 stats.node_quarantines);
}

}  // namespace

std::string PrometheusText(const Stats& stats, std::string_view labels) {
  Writer writer(labels);
  WriteAcquisitions(writer, stats);
  WriteTokens(writer, stats);
  WriteLeases(writer, stats);
  WriteNodes(writer, stats);
  writer.Gauge("held", "Locks held now.", stats.held);
  writer.Gauge("waiting", "Calls that are about to get a lock.", stats.waiting);
  writer.Summary("acquire_seconds", "From the call to the lock, waiting included.", stats.acquire);
  writer.Summary("extend_seconds", "From the call to the extension.", stats.extend);
  writer.Summary("release_seconds", "From the call to the release.", stats.release);
  return writer.Take();
}

}  // namespace holdfast
