"""kazoo's lock on ZooKeeper.
  zookeeper_lock.py HOST:PORT,HOST:PORT...
"""
import sys

from kazoo.client import KazooClient

from orders import serve


class Client:
    def __init__(self):
        self.session = KazooClient(hosts=sys.argv[1])
        self.session.start()

    def acquire(self, name):
        lock = self.session.Lock(f"/{name}")
        return lock if lock.acquire() else None

    @staticmethod
    def release(lock):
        lock.release()


serve(Client)
