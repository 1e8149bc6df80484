"""One lock that many processes want, each holding it for a millisecond."""
import itertools

from driver.figures import jain, percentile, progress
from driver.servers import Counters, Servers
from driver.workers import Workers

NODES = 3
HOLD_US = 1_000
NODE_LIBRARIES = ("redlock-4", "redlock-5", "sesamecare")


def contend(bench, start, contenders):
    """All of them at once, on servers of their own; returns what each had, and the commands."""
    with Servers(bench.cores, NODES) as servers, Workers(bench) as workers:
        contending = [start(workers, servers) for _ in range(contenders)]
        for worker in contending:
            worker.ready()
        before = Counters(servers)
        for worker in contending:
            worker.send("contend", bench.contend_seconds, HOLD_US)
        results = [worker.answer() for worker in contending]
        return results, Counters(servers).since(before).commands


def summary(results, commands):
    """By metric and unit."""
    shares = [len(result["holds"]) for result in results]
    holds = sorted(hold for result in results for hold in result["holds"])
    acquired = sorted((hold[1], hold[2]) for hold in holds)
    if len(acquired) < 2:
        return {("acquisitions", "/s"): 0.0, ("Jain's index", ""): jain(shares)}
    seconds = (acquired[-1][1] - holds[0][0]) * 1e-9
    gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(acquired)]
    waits = [hold[1] - hold[0] for hold in holds]
    return {
        ("acquisitions", "/s"): len(acquired) / seconds,
        ("hand-over p50", "ms"): percentile(gaps, 0.5) * 1e-6,
        ("hand-over p99", "ms"): percentile(gaps, 0.99) * 1e-6,
        ("wait p50", "ms"): percentile(waits, 0.5) * 1e-6,
        ("wait p99", "ms"): percentile(waits, 0.99) * 1e-6,
        ("longest wait", "ms"): max(waits) * 1e-6,
        ("Jain's index", ""): jain(shares),
        ("commands per acquisition", ""): commands / len(acquired),
        ("calls that failed", ""): sum(result["failed"] for result in results),
    }


def contestants(bench):
    """How one of their processes is started, by name."""
    starts = {"holdfast": lambda workers, servers: workers.start_ours("contender", servers.urls)}
    if bench.modules:
        for library in NODE_LIBRARIES:
            starts[library] = (lambda workers, servers, library=library:
                               workers.start_node(library, servers.urls))
    return starts


def run(bench, figures):
    for contenders in (2, 8, 64):
        metrics = {}
        for name, start in contestants(bench).items():
            progress(f"{contenders} contenders, {name}")
            for key, value in summary(*contend(bench, start, contenders)).items():
                metrics.setdefault(key, {})[name] = [value]
        for (metric, unit), values in metrics.items():
            figures.add("contention", {"contenders": contenders}, metric, unit, values)
