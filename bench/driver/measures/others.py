"""The same work by other lock services, and by a library that has one server."""
import contextlib
import typing

from driver.figures import alternate, progress
from driver.measures.free_locks import count_for, each, quantiles, rates
from driver.others import Etcd, ZooKeeper
from driver.servers import Servers
from driver.workers import Workers

# A thread each, in the peers' processes.
IN_FLIGHTS = (1, 16, 64)


def start_redis_py(workers, servers):
    return workers.start_python("redis-py, 1 node", "redis_py.py", servers.urls[0])


def start_etcd(workers, servers):
    return workers.start_python("etcd", "etcd_lock.py", *servers.ports)


def start_zookeeper(workers, servers):
    return workers.start_python("ZooKeeper", "zookeeper_lock.py", servers.hosts)


class Peer(typing.NamedTuple):
    make_servers: typing.Callable
    start: typing.Callable  # A client of theirs.
    sent: tuple = ()        # The commands by which a lock is asked for, where servers count them.


PEERS = {"redis-py, 1 node": Peer(lambda bench: Servers(bench.cores, 1), start_redis_py,
                                  ("set", "evalsha")),
         "etcd": Peer(lambda bench: Etcd(bench.cores), start_etcd),
         "ZooKeeper": Peer(lambda bench: ZooKeeper(bench.cores), start_zookeeper)}


def run(bench, figures):
    if not bench.peers:
        return
    with contextlib.ExitStack() as stack:
        nodes = stack.enter_context(Servers(bench.cores, 3))
        services = {name: stack.enter_context(peer.make_servers(bench))
                    for name, peer in PEERS.items()}
        workers = stack.enter_context(Workers(bench))
        clients = {"async fenced": workers.ours("async", nodes.urls),
                   "async fenced, 1 node":
                       workers.ours("async", services["redis-py, 1 node"].urls)}
        for name, peer in PEERS.items():
            clients[name] = peer.start(workers, services[name]).ready()
        for in_flight in IN_FLIGHTS:
            progress(f"other lock services, {in_flight} in flight")
            counts = {name: count_for(worker, in_flight, 0.3) for name, worker in clients.items()}
            measured = alternate({name: (lambda worker=worker, count=counts[name]:
                                         worker.pairs(in_flight, count))
                                  for name, worker in clients.items()}, bench.rounds(5))
            case = {"nodes": 3, "in flight": in_flight}
            figures.add("others", case, "throughput", "pairs/s", each(measured, rates),
                        "async fenced")
            for metric, share in (("p50", 0.5), ("p99", 0.99)):
                figures.add("others", case, f"acquire {metric}", "µs",
                            each(measured, quantiles, "acquires", share), "async fenced")
