"""What an acquire and a release cost a server, with fencing and without."""
from driver.figures import progress
from driver.servers import Counters, Servers
from driver.workers import Workers

NAMES = 10_000


def halves(worker, servers):
    """What each half of so many pairs took of one server's processor, in µs: in scripts, and in
    all, which has the reading and writing, too, and the interpreter's collection of garbage."""
    cost = {}
    for half in ("acquire", "release"):
        before = Counters(servers)
        worker.order(half, NAMES)
        after = Counters(servers).since(before)
        cost[half, "script"] = after.script_us / NAMES
        cost[half, "process"] = after.cpu_s / NAMES * 1e6
    return cost


def run(bench, figures):
    progress("what a pair costs the server")
    with Servers(bench.cores, 1) as servers, Workers(bench) as workers:
        workers.ours("async", servers.urls)
        clients = {how: workers.ours("limit", servers.urls, how) for how in ("fenced", "lean")}
        for worker in clients.values():
            halves(worker, servers)  # New names cost the server memory.
        taken = {how: [] for how in clients}
        for _ in range(bench.rounds(5)):
            for how, worker in clients.items():
                taken[how].append(halves(worker, servers))
    for half in ("acquire", "release"):
        for part in ("script", "process"):
            added = figures.add("server", {"half": half, "counted": part}, "server CPU", "µs",
                                {how: [one[half, part] for one in costs]
                                 for how, costs in taken.items()}, "lean")
            if half == "acquire" and part == "script":
                figures.bound("server CPU of a fenced acquire", added.medians["fenced"], at_most=6,
                              unit=" µs")
