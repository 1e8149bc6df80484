"""One lock that many processes want, each holding it for a millisecond."""
import itertools

from driver.figures import jain, named, number, percentile, progress
from driver.measures.others import PEERS, Peer
from driver.servers import Counters, Servers
from driver.workers import Workers

NODES = 3
HOLD_US = 1_000
SHOWN = (("acquisitions", "/s"), ("hand-over p50", "ms"), ("Jain's index", ""),
         ("commands per acquisition", ""))
NODE_LIBRARIES = ("redlock-4", "redlock-5", "sesamecare")


def measure(bench, peer, contenders):
    """All of them at once, on servers of their own."""
    with peer.make_servers(bench) as servers, Workers(bench) as workers:
        contending = [peer.start(workers, servers) for _ in range(contenders)]
        for worker in contending:
            worker.ready()
        before = Counters(servers, peer.sent) if peer.sent else None
        for worker in contending:
            worker.send("contend", bench.contend_seconds, HOLD_US)
        results = [worker.answer() for worker in contending]
        commands = Counters(servers, peer.sent).since(before).commands if peer.sent else None
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
    by_acquisition = {} if commands is None else {
        ("commands per acquisition", ""): commands / len(acquired)}
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
        ("calls that failed", ""): failed,
    } | by_acquisition


def redis_nodes(bench):
    return Servers(bench.cores, NODES)


def contestants(bench):
    """By name."""
    made = {"holdfast": Peer(redis_nodes, lambda workers, servers:
                             workers.start_ours("contender", servers.urls), Counters.SCRIPTS)}
    if bench.modules:
        for library in NODE_LIBRARIES:
            made[library] = Peer(redis_nodes, lambda workers, servers, library=library:
                                 workers.start_node(library, servers.urls), Counters.SCRIPTS)
    if bench.peers:
        made |= PEERS
    return made


def run(bench, figures):
    for contenders in (2, 8, 64):
        metrics = {}
        for name, peer in contestants(bench).items():
            if bench.is_late():
                figures.show(f"{contenders} contenders, {name}: left out, the machine is too busy")
                continue
            progress(f"{contenders} contenders, {name}")
            for key, value in measure(bench, peer, contenders).items():
                metrics.setdefault(key, {})[name] = [value]
        for (metric, unit), values in metrics.items():
            figures.add("contention", {"contenders": contenders}, metric, unit, values)
            if (metric, unit) in SHOWN:
                figures.show(f"{contenders} contenders, {named(metric, unit)}: " + ", ".join(
                    f"{name} {number(value)}" for name, (value,) in values.items()))
