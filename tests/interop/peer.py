"""The Lock of redis-py as a process that does what its standard input says, one JSON object per
line, and answers each with one line (peer.h).
  /usr/bin/python3 peer.py URL
"""
import json
import random
import sys
import time

import redis
from redis.exceptions import LockError
from redis.lock import Lock

server = redis.Redis.from_url(sys.argv[1])
locks = {}


class Refused(Exception):
    """Another holds the lock."""


def only(names):
    """This library has no locks on several names."""
    (name,) = names
    return name


def new_lock(request):
    # In seconds. It polls, so a short sleep.
    return Lock(server, only(request["names"]), timeout=request["ttl"] / 1000, sleep=0.01)


def acquire(request):
    lock = new_lock(request)
    wait = request["wait"] / 1000
    if not lock.acquire(blocking=wait > 0, blocking_timeout=wait if wait > 0 else None):
        raise Refused("acquire returned False")
    locks[only(request["names"])] = lock


def extend(request):
    locks[only(request["names"])].extend(request["ttl"] / 1000, replace_ttl=True)


def release(request):
    locks[only(request["names"])].release()


def count(request):
    """Increments a counter that nothing but the lock protects."""
    store = redis.Redis(port=request["counter"])
    lock = new_lock(request)
    for _ in range(request["rounds"]):
        while not lock.acquire(blocking=False):
            time.sleep(random.uniform(0.001, 0.04))
        store.set("counter", int(store.get("counter") or 0) + 1)
        lock.release()


COMMANDS = {"acquire": acquire, "extend": extend, "release": release, "count": count}


def answer(request):
    try:
        COMMANDS[request["do"]](request)
        return {"ok": True}
    except (Refused, LockError) as error:
        return {"ok": False, "refused": True, "why": repr(error)}
    except Exception as error:  # pylint: disable=broad-except
        return {"ok": False, "refused": False, "why": repr(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
