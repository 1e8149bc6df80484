"""Free locks: one at a time, and many names in flight, beside the bare client."""
from driver.figures import alternate, percentile, progress
from driver.machine import Cores
from driver.servers import Counters, Servers
from driver.workers import Workers

HOWS = ("fenced", "lean")
MICRO = 1e-3  # Nanoseconds to microseconds.


class Contestants:
    """Ours and the bare client, with fencing and without, by name: "async lean"."""

    def __init__(self, workers, servers, kinds):
        self.by_name = {}
        # The library first: what it is admitted with lets the bare client in.
        for kind in sorted(kinds, key=lambda kind: kind == "limit"):
            for how in HOWS:
                self.by_name[f"{kind} {how}"] = workers.ours(kind, servers.urls, how)

    def slices(self, how, in_flight, counts):
        """What alternate() takes; the limit comes first, as in what is printed."""
        names = sorted((name for name in self.by_name if name.endswith(how)),
                       key=lambda name: not name.startswith("limit"))
        return {name: (lambda worker=self.by_name[name], count=counts[name]:
                       worker.pairs(in_flight, count)) for name in names}

    def counts(self, in_flight, seconds):
        return {name: count_for(worker, in_flight, seconds)
                for name, worker in self.by_name.items()}


def on_nodes(nodes):
    return "1 node" if nodes == 1 else f"{nodes} nodes"


def count_for(worker, in_flight, seconds):
    """How many pairs take so long; warms up."""
    worker.pairs(in_flight, in_flight)
    trial = max(50, in_flight)
    rate = trial / worker.pairs(in_flight, trial)["seconds"]
    return max(50, 2 * in_flight, int(rate * seconds))


def quantiles(slices, kind, share):
    return [percentile(one[kind], share) * MICRO for one in slices]


def rates(slices):
    return [len(one["pairs"]) / one["seconds"] for one in slices]


def cpu_per_pair(slices):
    return [one["cpu"] / len(one["pairs"]) * 1e6 for one in slices]


def each(measured, function, *arguments):
    return {name: function(slices, *arguments) for name, slices in measured.items()}


def pooled(slices, kind):
    return [nanoseconds * MICRO for one in slices for nanoseconds in one[kind]]


def one_at_a_time(bench, figures, nodes):
    cores = Cores(least=2) if nodes == 1 else bench.cores
    with Servers(cores, nodes) as servers, Workers(bench, cores) as workers:
        contestants = Contestants(workers, servers, ("limit", "async", "blocking"))
        counts = contestants.counts(1, 0.05)
        for how in HOWS:
            measured = alternate(contestants.slices(how, 1, counts), bench.rounds(20))
            case = {"nodes": nodes, "in flight": 1, "script": how}
            limit = f"limit {how}"
            added = figures.add("free locks", case, "acquire p50", "µs",
                                each(measured, quantiles, "acquires", 0.5), limit)
            figures.add("free locks", case, "acquire p99", "µs",
                        each(measured, quantiles, "acquires", 0.99), limit)
            if nodes == 3:
                figures.add_distribution(f"3 nodes, one at a time, {how}",
                                         each(measured, pooled, "acquires"))
            figures.add("free locks", case, "pair p50", "µs",
                        each(measured, quantiles, "pairs", 0.5), limit)
            figures.add("free locks", case, "client CPU per pair", "µs",
                        each(measured, cpu_per_pair), limit)
            for kind, most, reached in (("async", 1.15, 8), ("blocking", 1.5, 8)):
                figures.bound(f"one at a time, {on_nodes(nodes)}, {how}: acquire, {kind} / limit",
                              added.ratios[f"{kind} {how}"], at_most=most, reached=reached)


def many_in_flight(bench, figures, nodes, in_flights):
    with Servers(bench.cores, nodes) as servers, Workers(bench) as workers:
        contestants = Contestants(workers, servers, ("limit", "async"))
        for in_flight in in_flights:
            at_saturation = {}
            for how in HOWS:
                at_saturation |= many_at_once(bench, figures, contestants, nodes, in_flight, how)
            if nodes == 3 and in_flight == 256:
                figures.bound("fenced script against lean: fewer pairs a second, async",
                              100 * (1 - at_saturation["async fenced"] /
                                     at_saturation["async lean"]), at_most=45, unit=" %")
        traffic(figures, contestants, servers, nodes)


def many_at_once(bench, figures, contestants, nodes, in_flight, how):
    counts = contestants.counts(in_flight, bench.slice_seconds)
    measured = alternate(contestants.slices(how, in_flight, counts), bench.rounds(12))
    case = {"nodes": nodes, "in flight": in_flight, "script": how}
    limit = f"limit {how}"
    rate = figures.add("free locks", case, "throughput", "pairs/s", each(measured, rates), limit)
    cpu = figures.add("free locks", case, "client CPU per pair", "µs",
                      each(measured, cpu_per_pair), limit)
    figures.add("free locks", case, "acquire p50", "µs",
                each(measured, quantiles, "acquires", 0.5), limit)
    figures.add("free locks", case, "acquire p99", "µs",
                each(measured, quantiles, "acquires", 0.99), limit)
    if nodes == 3 and in_flight == 64:
        figures.add_distribution(f"3 nodes, 64 in flight, {how}",
                                 each(measured, pooled, "acquires"))
    if nodes in (3, 5) and in_flight in (64, 256):
        where = f"{in_flight} in flight, {on_nodes(nodes)}, {how}:"
        figures.bound(f"{where} throughput, async / limit",
                      rate.ratios[f"async {how}"], at_least=0.85, reached=0.3)
        figures.bound(f"{where} client CPU per pair, async / limit",
                      cpu.ratios[f"async {how}"], at_most=1.5, reached=7)
    return rate.medians


def traffic(figures, contestants, servers, nodes):
    """By the servers' own counters, which a few commands of ours are in, too."""
    pairs, case = 2000, {"nodes": nodes, "in flight": 64}
    differences = {}
    for name, worker in contestants.by_name.items():
        before = Counters(servers)
        worker.pairs(64, pairs)
        differences[name] = Counters(servers).since(before)
    for metric, unit, field in (("commands per pair", "", "commands"),
                                ("bytes to servers per pair", "B", "bytes_in"),
                                ("bytes from servers per pair", "B", "bytes_out")):
        figures.add("free locks", case, metric, unit,
                    {name: [getattr(difference, field) / pairs]
                     for name, difference in differences.items()})


def run(bench, figures):
    for nodes in (1, 3, 5):
        progress(f"free locks, one at a time, on {nodes} of 1, 3, 5 nodes")
        one_at_a_time(bench, figures, nodes)
    for nodes in (3, 5) if bench.check else (1, 3, 5):
        progress(f"free locks, many in flight, on {on_nodes(nodes)}")
        many_in_flight(bench, figures, nodes, (64, 256) if bench.check else (16, 64, 256, 4096))
