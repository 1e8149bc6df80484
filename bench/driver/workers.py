"""Processes that do the work that is measured, told by lines what to do (bench/load/worker.h)."""
import json
import os
import subprocess

from driver.machine import BENCH, pinned

PEERS = os.path.join(BENCH, "peers")


class Worker:
    """Started when made; answers orders once ready() has returned."""

    def __init__(self, name, cores, command):
        self.name = name
        self.process = subprocess.Popen(pinned(cores, command), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ready(self):
        self.answer()
        return self

    def send(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended, with exit status {self.process.wait()}")
        return json.loads(line)

    def order(self, *words):
        self.send(*words)
        return self.answer()

    def pairs(self, in_flight, count):
        """Runs pairs of acquire and release, and returns what it measured."""
        measured = self.order("pairs", in_flight, count)
        self.order("drain")
        return measured

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Workers:
    """Makes them, and ends them all at the end of a `with`."""

    def __init__(self, bench, cores=None):
        self.bench = bench
        self.cores = cores or bench.cores
        self.made = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.made:
            worker.close()

    def start(self, name, command):
        self.made.append(Worker(name, self.cores.load, command))
        return self.made[-1]

    def start_ours(self, kind, urls, how="fenced"):
        return self.start(f"{kind} {how}",
                          [self.bench.program, "worker", kind, ",".join(urls), how])

    def ours(self, kind, urls, how="fenced"):
        return self.start_ours(kind, urls, how).ready()

    def start_node(self, library, urls, pipelining=False):
        name = library + (" auto-pipelining" if pipelining else "")
        return self.start(name, ["node", os.path.join(PEERS, "redlock.mjs"), self.bench.modules,
                                 library, str(int(pipelining)), *urls])

    def start_python(self, name, script, *arguments):
        return self.start(name, ["/usr/bin/python3", "-B", os.path.join(PEERS, script),
                                 *map(str, arguments)])

    def proxy(self, port):
        """A slow way to a server; returns it and the port that leads there."""
        worker = self.start("proxy", [self.bench.program, "proxy", str(port)])
        return worker, worker.answer()
