"""Servers of other lock services: three of etcd, or of ZooKeeper, on free loopback ports."""
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from driver.machine import pinned
from driver.servers import await_port, free_port

START_TIMEOUT_S = 30
NODES = 3


class Others:
    """Started when made, ended by close() or at the end of a `with`."""

    def __init__(self, cores):
        self.folder = tempfile.mkdtemp(prefix="holdfast-bench.")
        self.processes = []
        self.ports = [free_port() for _ in range(NODES)]
        self.peer_ports = [free_port() for _ in range(NODES)]
        try:
            for index in range(NODES):
                self._start(cores, index)
            for port, process in zip(self.ports, self.processes):
                await_port(port, process, type(self).__name__)
            self._await_leader()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self, cores, index):
        folder = os.path.join(self.folder, str(index))
        os.mkdir(folder)
        with open(os.path.join(folder, "log"), "w", encoding="utf-8") as log:
            command = pinned(cores.servers, self.command(index, folder))
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def _await_leader(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        while not all(self.is_serving(port) for port in self.ports):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} has no leader")
            time.sleep(0.1)

    def close(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Etcd(Others):
    def command(self, index, folder):
        client = f"http://127.0.0.1:{self.ports[index]}"
        peer = f"http://127.0.0.1:{self.peer_ports[index]}"
        members = ",".join(f"n{i}=http://127.0.0.1:{port}"
                           for i, port in enumerate(self.peer_ports))
        return ["etcd", "--name", f"n{index}", "--data-dir", os.path.join(folder, "data"),
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", members, "--initial-cluster-state", "new"]

    def is_serving(self, port):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as health:
                return b'"true"' in health.read()
        except OSError:
            return False


class ZooKeeper(Others):
    def __init__(self, cores):
        self.election_ports = [free_port() for _ in range(NODES)]
        super().__init__(cores)

    @property
    def hosts(self):
        return ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def command(self, index, folder):
        members = [f"server.{i}=127.0.0.1:{self.peer_ports[i]}:{self.election_ports[i]}"
                   for i in range(NODES)]
        settings = [f"dataDir={folder}", f"clientPort={self.ports[index]}",
                    "clientPortAddress=127.0.0.1", "tickTime=2000", "initLimit=10", "syncLimit=5",
                    "admin.enableServer=false", "maxClientCnxns=0", *members]
        config = os.path.join(folder, "zoo.cfg")
        for path, text in ((config, "\n".join(settings)),
                           (os.path.join(folder, "myid"), str(index))):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text + "\n")
        return ["java", "-Xmx256m", "-cp", ":".join(glob.glob("/usr/share/java/*.jar")),
                "org.apache.zookeeper.server.quorum.QuorumPeerMain", config]

    def is_serving(self, port):
        with socket.create_connection(("127.0.0.1", port), timeout=START_TIMEOUT_S) as connection:
            connection.sendall(b"srvr")
            with connection.makefile("rb") as reply:
                return b"Mode:" in reply.read()
