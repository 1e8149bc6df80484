"""The machine that is measured on: its processors, and what is installed."""
import datetime
import json
import os
import platform
import subprocess

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Cores:
    """Which processors servers and load run on: apart, where there are four, or two for one server.
    Of fewer, several servers on their own would have so little that they would be all that is
    measured."""

    def __init__(self, least=4):
        cores = sorted(os.sched_getaffinity(0))
        half = len(cores) // 2 if len(cores) >= least else 0
        self.apart = half > 0
        self.servers = cores[:half] if self.apart else cores
        self.load = cores[half:]


def pinned(cores, command):
    """`command` on these processors, ended by the kernel if this process dies before."""
    names = ",".join(map(str, cores))
    return ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", names, *command]


def first_line(*command):
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return "not installed"
    return output.strip().split("\n")[0]


def processor():
    with open("/proc/cpuinfo", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.machine()


def modules():
    """Of Node, as they are installed."""
    with open(os.path.join(BENCH, "peers", "package.json"), encoding="utf-8") as package:
        wanted = json.load(package)["dependencies"]
    return ", ".join(f"{name} {version.removeprefix('npm:')}" for name, version in wanted.items())


def versions(bench):
    """Of what takes part, by name."""
    found = {"holdfast": first_line("git", "-C", BENCH, "describe", "--always", "--dirty"),
             "compiler": first_line("g++", "--version"),
             "server": first_line("redis-server", "--version")}
    if bench.modules:
        found["node"] = f"{first_line('node', '--version')}: {modules()}"
    if bench.peers:
        packages = ("python3-redis", "etcd-server", "libzookeeper-java", "python3-kazoo")
        found["others"] = ", ".join(
            first_line("dpkg-query", "-W", "-f", "${Package} ${Version}", name)
            for name in packages)
    return found


def describe(bench):
    """What a reader of the figures wants to know, by name."""
    with open("/proc/loadavg", encoding="ascii") as load:
        load = load.read().split()[0]
    where = "on processors of their own" if bench.cores.apart else "on the same processors"
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "processors": f"{os.cpu_count()} x {processor()}, servers and load {where}",
        "load before": load,
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
    } | versions(bench)
