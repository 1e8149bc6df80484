"""Lets a lock library of Python do what it is told by lines (../load/worker.h), with its default
settings and a thread for each lock in flight."""
import concurrent.futures
import itertools
import json
import sys
import time

TTL_S = 10


def run_pairs(client, name, left, measured):
    for _ in left:
        start = time.monotonic_ns()
        lock = client.acquire(name)
        measured["acquires"].append(time.monotonic_ns() - start)
        client.release(lock)
        measured["pairs"].append(time.monotonic_ns() - start)


def pairs(clients, in_flight, count):
    measured = {"acquires": [], "pairs": []}
    turns = itertools.islice(itertools.count(), count)
    left = iter(list(turns))  # A list's iterator may be shared by threads.
    cpu, start = time.process_time(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(in_flight) as pool:
        running = [pool.submit(run_pairs, clients(i), f"free:{i}", left, measured)
                   for i in range(in_flight)]
    for one in running:
        one.result()
    return {"seconds": time.monotonic() - start, "cpu": time.process_time() - cpu, **measured}


def contend(clients, seconds, hold_us):
    client, holds, failed = clients(0), [], 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = time.monotonic_ns()
        lock = client.acquire("contended")
        if lock is None:
            failed += 1
            continue
        acquired = time.monotonic_ns()
        time.sleep(hold_us / 1e6)
        holds.append([asked, acquired, time.monotonic_ns()])
        client.release(lock)
    return {"holds": holds, "failed": failed}


def serve(make_client):
    """`make_client()` returns what has acquire(name), which waits, and release(lock)."""
    made = {}

    def clients(index):
        if index not in made:
            made[index] = make_client()
        return made[index]

    client = clients(0)
    client.release(client.acquire("ready"))
    orders = {"pairs": lambda *numbers: pairs(clients, *numbers),
              "contend": lambda *numbers: contend(clients, *numbers),
              "drain": dict}
    print("{}", flush=True)
    for line in sys.stdin:
        word, *numbers = line.split()
        print(json.dumps(orders[word](*map(int, numbers))), flush=True)
