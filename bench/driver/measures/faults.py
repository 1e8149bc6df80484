"""One of five nodes stopped, or slow."""
from driver.figures import alternate, progress
from driver.measures.free_locks import count_for, each, quantiles
from driver.servers import Servers
from driver.workers import Workers

NODES = 5
DELAY_US = 5_000
# A client of the library takes a silent node for lost after its command timeout, 2 s.
GIVEN_UP_S = 2.2
QUANTILES = (("p50", 0.5), ("p99", 0.99))


def report(figures, measured, base, concurrency, fault):
    for metric, share in QUANTILES:
        case = {"nodes": NODES, "in flight": concurrency}
        added = figures.add("faults", case, f"{fault}: acquire {metric}", "µs",
                            each(measured, quantiles, "acquires", share), base)
        for name in measured:
            if name != base:
                figures.bound(f"one of five {name}, {concurrency} in flight: acquire {metric} / "
                              f"healthy", added.ratios[name], at_most=1.2)


def stopped_once(bench, in_flight):
    """Healthy, silent while the connection stands, and gone, by servers and a client of its own."""
    with Servers(bench.cores, NODES) as servers, Workers(bench) as workers:
        worker = workers.ours("async", servers.urls, "impatient")
        count = count_for(worker, in_flight, 0.25)
        slices = {"healthy": worker.order("pairs", in_flight, count)}
        servers.stop(0)
        slices["silent"] = worker.order("pairs", in_flight, count)
        seconds = 0.0
        while seconds < GIVEN_UP_S:
            seconds += worker.order("pairs", in_flight, count)["seconds"]
        slices["disconnected"] = worker.order("pairs", in_flight, count)
        return slices


def stopped(bench, figures, in_flight):
    rounds = [stopped_once(bench, in_flight) for _ in range(bench.rounds(5))]
    measured = {name: [one[name] for one in rounds] for name in rounds[0]}
    report(figures, measured, "healthy", in_flight, "one stopped")


def slow(bench, figures):
    """The way to the slow node leads through a proxy all the time: what that takes of the machine
    is no delay of the node."""
    with Servers(bench.cores, NODES) as servers, Workers(bench) as workers:
        proxy, port = workers.proxy(servers.ports[0])
        urls = [f"redis://127.0.0.1:{port}", *servers.urls[1:]]
        worker = workers.ours("async", urls)
        for in_flight in (1, 64):
            count = count_for(worker, in_flight, 0.15)

            def slice_with(delay_us, in_flight=in_flight, count=count):
                proxy.order(delay_us)
                return worker.pairs(in_flight, count)

            measured = alternate({"healthy": lambda: slice_with(0),
                                  "slow by 5 ms": lambda: slice_with(DELAY_US)}, bench.rounds(12))
            report(figures, measured, "healthy", in_flight, "one slow by 5 ms")


def run(bench, figures):
    for in_flight in (1, 64):
        progress(f"one of five nodes stopped, {in_flight} in flight")
        stopped(bench, figures, in_flight)
    progress("one of five nodes slow")
    slow(bench, figures)
