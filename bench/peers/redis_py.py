"""The Lock of redis-py, which is on one server.
  redis_py.py URL
"""
import sys

import redis
from redis.lock import Lock

from orders import TTL_S, serve


class Client:
    def __init__(self):
        self.server = redis.Redis.from_url(sys.argv[1])

    def acquire(self, name):
        lock = Lock(self.server, name, timeout=TTL_S)
        return lock if lock.acquire() else None

    @staticmethod
    def release(lock):
        lock.release()


serve(Client)
