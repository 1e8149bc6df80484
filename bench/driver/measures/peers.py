"""The same work by the lock libraries of Node: same names, same nodes, same concurrency."""
from driver.figures import alternate, progress
from driver.measures.contention import NODE_LIBRARIES
from driver.measures.free_locks import count_for, each, quantiles, rates
from driver.servers import Servers
from driver.workers import Workers

IN_FLIGHTS = (1, 16, 64, 256, 4096)
# How many times the fastest peer's pairs a second, by our script and how the peers send.
FASTER = {("lean", "default"): 6, ("lean", "auto-pipelining"): 2.5,
          ("fenced", "default"): 3, ("fenced", "auto-pipelining"): 1.4}
OURS = ("async fenced", "async lean")
LIMITS = ("limit lean", "limit fenced")


def start(workers, servers):
    clients = {name: workers.start_ours("async", servers.urls, name.split()[1]) for name in OURS}
    for library in NODE_LIBRARIES:
        clients[library] = workers.start_node(library, servers.urls)
        clients[f"{library} auto-pipelining"] = workers.start_node(library, servers.urls, True)
    for worker in clients.values():
        worker.ready()
    # The library first: what it is admitted with lets the bare client in.
    limits = {name: workers.ours("limit", servers.urls, name.split()[1]) for name in LIMITS}
    return limits | clients


def of_peers(medians):
    return {name: value for name, value in medians.items() if name not in OURS + LIMITS}


def fastest(medians, mode):
    return max(rate for name, rate in of_peers(medians).items()
               if name.endswith("auto-pipelining") == (mode != "default"))


def wanted(script, mode):
    return f"64 in flight, 3 nodes, {script}: pairs a second / fastest Node peer, {mode}"


def judge_throughput(figures, medians):
    for (script, mode), least in FASTER.items():
        figures.bound(wanted(script, mode),
                      medians[f"async {script}"] / fastest(medians, mode), at_least=least)


def judge_latency(figures, medians, in_flight, metric):
    quickest = min(of_peers(medians).values())
    for name in OURS:
        figures.bound(f"{in_flight} in flight, 3 nodes: acquire {metric}, {name} / quickest peer",
                      medians[name] / quickest, at_most=1)


def report_failed(figures, case, measured):
    """Pairs that a library gave up; they are in no other figure."""
    failed = {name: [sum(one.get("failed", 0) for one in slices)]
              for name, slices in measured.items()}
    if any(count for (count,) in failed.values()):
        figures.add("peers", case, "pairs that failed", "", failed)


def run(bench, figures):
    if not bench.modules:
        for script, mode in FASTER:
            figures.missing(wanted(script, mode), "only with --check or --peers")
        return
    with Servers(bench.cores, 3) as servers, Workers(bench) as workers:
        clients = start(workers, servers)
        for in_flight in IN_FLIGHTS:
            progress(f"peers, {in_flight} in flight")
            counts = {name: count_for(worker, in_flight, bench.slice_seconds)
                      for name, worker in clients.items()}
            measured = alternate({name: (lambda worker=worker, count=counts[name]:
                                         worker.pairs(in_flight, count))
                                  for name, worker in clients.items()}, bench.rounds(5))
            case = {"nodes": 3, "in flight": in_flight}
            report_failed(figures, case, measured)
            added = figures.add("peers", case, "throughput", "pairs/s", each(measured, rates),
                                "limit lean")
            if in_flight == 64:
                judge_throughput(figures, added.medians)
            for metric, share in (("p50", 0.5), ("p99", 0.99)):
                added = figures.add("peers", case, f"acquire {metric}", "µs",
                                    each(measured, quantiles, "acquires", share),
                                    "limit lean")
                judge_latency(figures, added.medians, in_flight, metric)
