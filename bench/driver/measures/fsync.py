"""Servers that write what they are told to a disk: what fsync costs, and what the library adds."""
from driver.figures import alternate, progress
from driver.measures.free_locks import Contestants, each, quantiles, rates
from driver.servers import Servers
from driver.workers import Workers


def run(bench, figures):
    for appendfsync in ("everysec", "always"):
        progress(f"appendfsync {appendfsync}")
        with Servers(bench.cores, 3, appendfsync) as servers, Workers(bench) as workers:
            contestants = Contestants(workers, servers, ("limit", "async"))
            for in_flight in (1, 64):
                counts = contestants.counts(in_flight, 0.2)
                measured = alternate(contestants.slices("fenced", in_flight, counts),
                                     bench.rounds(5))
                case = {"nodes": 3, "in flight": in_flight, "appendfsync": appendfsync}
                figures.add("fsync", case, "throughput", "pairs/s", each(measured, rates),
                            "limit fenced")
                figures.add("fsync", case, "acquire p50", "µs",
                            each(measured, quantiles, "acquires", 0.5), "limit fenced")
