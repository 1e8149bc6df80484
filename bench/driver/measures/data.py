"""A cache's get and set, and plain commands beside redis-benchmark."""
import subprocess

from driver.figures import alternate, progress
from driver.machine import pinned
from driver.servers import Servers
from driver.workers import Workers

IN_FLIGHT = 64
COUNT = 20_000


def redis_benchmark(bench, port, connections):
    command = ["redis-benchmark", "-p", str(port), "-c", str(connections), "-P", str(IN_FLIGHT),
               "-n", str(3 * COUNT), "-t", "set", "--csv"]
    output = subprocess.run(pinned(bench.cores.load, command), capture_output=True, text=True,
                            check=True).stdout
    fields = output.strip().split("\n")[-1].split(",")
    return float(fields[1].strip('"'))


def run(bench, figures):
    progress("cache and plain commands")
    with Servers(bench.cores, 1) as servers, Workers(bench) as workers:
        worker = workers.ours("data", servers.urls)

        def rate(order, in_flight, count):
            return lambda: count / worker.order(order, in_flight, count)["seconds"]

        for in_flight, count in ((1, COUNT // 10), (IN_FLIGHT, COUNT)):
            measured = alternate({order: rate(order, in_flight, count) for order in ("get", "set")},
                                 bench.rounds(7))
            figures.add("data", {"nodes": 1, "in flight": in_flight}, "cache", "/s", measured)
        port = servers.ports[0]
        measured = alternate({
            "redis-benchmark, 1 connection": lambda: redis_benchmark(bench, port, 1),
            "redis-benchmark, 50 connections": lambda: redis_benchmark(bench, port, 50),
            "holdfast, one by one": rate("commands", IN_FLIGHT, COUNT),
            "holdfast, pipelines": rate("pipelines", IN_FLIGHT, COUNT),
        }, bench.rounds(7))
        added = figures.add("data", {"nodes": 1, "in flight": IN_FLIGHT}, "SETs", "/s", measured,
                            "redis-benchmark, 1 connection")
        kept = worker.order("commands", IN_FLIGHT, 5 * COUNT)["kept_bytes"]
    figures.bound("SETs one by one / redis-benchmark on one connection",
                  added.ratios["holdfast, one by one"],
                  at_least=0.4)
    figures.bound("memory kept after 100,000 commands", kept, at_most=64 * 1024, unit=" B")
