"""The seats of a cluster, beside independent nodes."""
from driver.figures import alternate, progress
from driver.measures.free_locks import count_for, each, quantiles, rates
from driver.servers import Servers
from driver.workers import Workers


def run(bench, figures):
    progress("the seats of a cluster")
    with Servers(bench.cores, 3, cluster=True) as cluster, Servers(bench.cores, 3) as nodes, \
            Workers(bench) as workers:
        clients = {"nodes": workers.ours("async", nodes.urls),
                   "seats": workers.ours("async", cluster.urls, "seats")}
        for in_flight in (1, 64):
            counts = {name: count_for(worker, in_flight, 0.1) for name, worker in clients.items()}
            measured = alternate({name: (lambda worker=worker, count=counts[name]:
                                         worker.pairs(in_flight, count))
                                  for name, worker in clients.items()}, bench.rounds(10))
            case = {"of": 3, "in flight": in_flight}
            figures.add("seats", case, "throughput", "pairs/s", each(measured, rates), "nodes")
            figures.add("seats", case, "acquire p50", "µs",
                        each(measured, quantiles, "acquires", 0.5), "nodes")
