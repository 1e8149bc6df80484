"""One lock that many processes want, each holding it for a millisecond."""
import itertools

from driver.figures import jain, percentile, progress
from driver.measures import others
from driver.servers import Counters, Servers
from driver.workers import Workers

NODES = 3
HOLD_US = 1_000
NODE_LIBRARIES = ("redlock-4", "redlock-5", "sesamecare")


def measure(bench, make_servers, start, contenders):
    """All of them at once, on servers of their own."""
    with make_servers(bench) as servers, Workers(bench) as workers:
        contending = [start(workers, servers) for _ in range(contenders)]
        for worker in contending:
            worker.ready()
        counted = isinstance(servers, Servers)
        before = Counters(servers) if counted else None
        for worker in contending:
            worker.send("contend", bench.contend_seconds, HOLD_US)
        results = [worker.answer() for worker in contending]
        commands = Counters(servers).since(before).commands if counted else 0
        return summary(results, commands, bench.contend_seconds)


def summary(results, commands, seconds):
    """By metric and unit. What is acquired after the end of so many seconds is only waited for."""
    holds = [hold for result in results for hold in result["holds"]]
    failed = sum(result["failed"] for result in results)
    end = min((hold[0] for hold in holds), default=0) + seconds * 1e9
    shares = [sum(hold[1] < end for hold in result["holds"]) for result in results]
    acquired = sorted((hold[1], hold[2]) for hold in holds)
    if len(acquired) < 2:
        return {("acquisitions", "/s"): sum(shares) / seconds, ("Jain's index", ""): jain(shares),
                ("calls that failed", ""): failed}
    gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(acquired)]
    waits = [hold[1] - hold[0] for hold in holds]
    return {
        ("acquisitions", "/s"): sum(shares) / seconds,
        ("hand-over p50", "ms"): percentile(gaps, 0.5) * 1e-6,
        ("hand-over p99", "ms"): percentile(gaps, 0.99) * 1e-6,
        ("wait p50", "ms"): percentile(waits, 0.5) * 1e-6,
        ("wait p99", "ms"): percentile(waits, 0.99) * 1e-6,
        ("longest wait", "ms"): max(waits) * 1e-6,
        ("Jain's index", ""): jain(shares),
        # Scripts; 0 where they are not counted.
        ("commands per acquisition", ""): commands / len(acquired),
        ("calls that failed", ""): failed,
    }


def redis_nodes(bench):
    return Servers(bench.cores, NODES)


def contestants(bench):
    """Their servers, and how one of their processes is started, by name."""
    made = {"holdfast": (redis_nodes, lambda workers, servers:
                         workers.start_ours("contender", servers.urls))}
    if bench.modules:
        for library in NODE_LIBRARIES:
            made[library] = (redis_nodes, lambda workers, servers, library=library:
                             workers.start_node(library, servers.urls))
    if bench.peers:
        made |= others.PEERS
    return made


def run(bench, figures):
    for contenders in (2, 8, 64):
        metrics = {}
        for name, (make_servers, start) in contestants(bench).items():
            progress(f"{contenders} contenders, {name}")
            for key, value in measure(bench, make_servers, start, contenders).items():
                metrics.setdefault(key, {})[name] = [value]
        for (metric, unit), values in metrics.items():
            figures.add("contention", {"contenders": contenders}, metric, unit, values)
