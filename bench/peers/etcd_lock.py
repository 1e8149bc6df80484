"""etcd's own lock, by its gateway for JSON. A lease for each client, as etcdctl has it.
  etcd_lock.py PORT...
"""
import base64
import http.client
import itertools
import json
import sys

from orders import TTL_S, serve

ports = itertools.cycle(map(int, sys.argv[1:]))


class Client:
    def __init__(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", next(ports))
        self.lease = self.ask("/v3/lease/grant", {"TTL": 60 * TTL_S})["ID"]

    def ask(self, path, body):
        self.connection.request("POST", path, json.dumps(body))
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"etcd answered {path} with {reply.status}: {text.decode()}")
        return json.loads(text)

    def acquire(self, name):
        named = base64.b64encode(name.encode()).decode()
        return self.ask("/v3/lock/lock", {"name": named, "lease": self.lease})["key"]

    def release(self, key):
        self.ask("/v3/lock/unlock", {"key": key})


serve(Client)
