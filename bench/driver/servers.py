"""redis-servers of the benchmark's own, on free loopback ports, that keep nothing unless asked."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from driver.machine import pinned

START_TIMEOUT_S = 10


# The nodes of a cluster listen on a second port, so far above the first.
BUS_OFFSET = 10_000


def free_port():
    """That leaves room for a cluster's second one."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port + BUS_OFFSET < 65_536:
            return port


def ask(port, *words):
    """One command to a server; returns its reply, which is a line or a bulk string."""
    request = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
    with socket.create_connection(("127.0.0.1", port), timeout=START_TIMEOUT_S) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as reply:
            line = reply.readline().decode().strip()
            if not line.startswith("$"):
                return line
            return reply.read(int(line[1:])).decode()


def await_port(port, process, what):
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended at once, with exit status {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"{what} does not listen on port {port}")


class Servers:
    """Started when made, ended by close() or at the end of a `with`."""

    def __init__(self, cores, count, appendfsync=None, cluster=False):
        self.folder = tempfile.mkdtemp(prefix="holdfast-bench.")
        self.ports = []
        self.processes = []
        try:
            for _ in range(count):
                self._start(cores, appendfsync, cluster)
            if cluster:
                self._join()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def urls(self):
        return [f"redis://127.0.0.1:{port}" for port in self.ports]

    def _start(self, cores, appendfsync, cluster):
        port = free_port()
        folder = os.path.join(self.folder, str(port))
        os.mkdir(folder)
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                   "--dir", folder, "--logfile", os.path.join(folder, "log"),
                   "--appendonly", "yes" if appendfsync else "no"]
        if appendfsync:
            command += ["--appendfsync", appendfsync]
        if cluster:
            command += ["--cluster-enabled", "yes"]
        process = subprocess.Popen(pinned(cores.servers, command))
        self.ports.append(port)
        self.processes.append(process)
        await_port(port, process, "redis-server")

    def _join(self):
        addresses = [f"127.0.0.1:{port}" for port in self.ports]
        command = ["redis-cli", "--cluster", "create", *addresses, "--cluster-yes"]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"redis-cli could not make a cluster: {made.stdout}{made.stderr}")
        deadline = time.monotonic() + START_TIMEOUT_S
        while any("cluster_state:ok" not in ask(port, "CLUSTER", "INFO") for port in self.ports):
            if time.monotonic() > deadline:
                raise RuntimeError("the cluster is not ready")
            time.sleep(0.05)

    def stop(self, index):
        """Connections stay, answers do not come."""
        self.processes[index].send_signal(signal.SIGSTOP)

    def close(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Counters:
    """What all of `servers` together have done so far, by their own count."""

    # What clients send; the others are calls that scripts make, or this class.
    SCRIPTS = ("evalsha", "eval")

    def __init__(self, servers, sent=SCRIPTS):
        self.sent = sent
        self.commands = self.script_us = self.cpu_s = self.bytes_in = self.bytes_out = 0
        for port in servers.ports:
            self._add(dict(line.split(":", 1) for line in ask(port, "INFO", "all").split("\r\n")
                           if ":" in line))

    def _add(self, info):
        self.cpu_s += float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
        self.bytes_in += int(info["total_net_input_bytes"])
        self.bytes_out += int(info["total_net_output_bytes"])
        for command in self.sent:
            text = info.get(f"cmdstat_{command}", "calls=0,usec=0")
            fields = dict(field.split("=") for field in text.split(","))
            self.commands += int(fields["calls"])
            self.script_us += int(fields["usec"]) if command in self.SCRIPTS else 0

    def since(self, before):
        """The differences, in the same fields."""
        after = Counters.__new__(Counters)
        for field in ("commands", "script_us", "cpu_s", "bytes_in", "bytes_out"):
            setattr(after, field, getattr(self, field) - getattr(before, field))
        return after
