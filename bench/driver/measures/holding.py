"""Many locks held by automatic extension, and many calls that wait."""
from driver.figures import progress
from driver.servers import Servers
from driver.workers import Workers

LOCKS = 10_000


def run(bench, figures):
    seconds = 10 if bench.check else 20
    progress(f"{LOCKS} locks held for {seconds} s")
    with Servers(bench.cores, 3) as servers, Workers(bench) as workers:
        held = workers.ours("holder", servers.urls).order("hold", LOCKS, seconds)
        waiting = workers.ours("holder", servers.urls).order("wait", LOCKS)
    case = {"nodes": 3, "locks": LOCKS}
    for metric, unit, value in (("core", "%", 100 * held["cpu_share"]),
                                ("memory per held lock", "B", held["bytes_per_lock"]),
                                ("memory per waiter", "B", waiting["bytes_per_waiter"]),
                                ("lost", "", held["lost"])):
        figures.add("holding", case, metric, unit, {"async": [value]})
    figures.bound("10,000 held locks: memory each", held["bytes_per_lock"], at_most=2048, unit=" B")
    figures.bound("10,000 held locks: share of a core", 100 * held["cpu_share"], at_most=20,
                  unit=" %")
    figures.bound("10,000 held locks: lost", held["lost"], at_most=0)
