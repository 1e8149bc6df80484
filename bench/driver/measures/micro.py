"""The Google Benchmarks in bench/micro, and what the whole path allocates."""
import contextlib
import json
import os
import subprocess

from driver.figures import progress
from driver.machine import pinned
from driver.servers import Servers
from driver.workers import Workers

NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def benchmarks(bench, seconds):
    command = [bench.program, "--benchmark_format=json", f"--benchmark_min_time={seconds}",
               "--benchmark_filter=-BM_Cache"]
    output = subprocess.run(pinned(bench.cores.load, command), stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=True).stdout
    return json.loads(output)["benchmarks"]


def run(bench, figures):
    progress("the core alone")
    for measured in benchmarks(bench, 0.2 if bench.check else 1):
        name = measured["name"].removeprefix("BM_")
        time = measured["cpu_time"] * NANOSECONDS[measured["time_unit"]]
        allocations = measured["allocations"]
        figures.add("core", {"benchmark": name}, "time", "ns", {"core": [time]})
        figures.add("core", {"benchmark": name}, "allocations", "", {"core": [allocations]})
        if name.startswith("QuorumRounds"):
            figures.bound(f"allocations per pair in the core, {name.split('/')[1]}",
                          round(allocations, 3), at_most=0)
    allocations_of_the_path(bench, figures)


def run_all(bench, arguments):
    """All Google Benchmarks, also those that need servers. Returns their exit status."""
    with contextlib.ExitStack() as stack:
        sets = [stack.enter_context(Servers(bench.cores, count)) for count in (1, 3, 5)]
        cluster = stack.enter_context(Servers(bench.cores, 3, cluster=True))
        environment = {"HOLDFAST_BENCH_NODES": " ".join(",".join(one.urls) for one in sets),
                       "HOLDFAST_BENCH_CLUSTER": ",".join(cluster.urls)}
        return subprocess.run(pinned(bench.cores.load, [bench.program, *arguments]),
                              env=os.environ | environment, check=False).returncode


def allocations_of_the_path(bench, figures):
    """By the thread that everything of the client runs on."""
    with Servers(bench.cores, 3) as servers, Workers(bench) as workers:
        worker = workers.ours("async", servers.urls)
        for in_flight in (1, 64):
            worker.pairs(in_flight, 1000)
            allocations = worker.pairs(in_flight, 5000)["allocations"] / 5000
            figures.add("core", {"nodes": 3, "in flight": in_flight}, "allocations per pair", "",
                        {"async": [allocations]})
            figures.bound(f"allocations per pair in the async path, {in_flight} in flight",
                          round(allocations, 2), at_most=4, reached=5)
