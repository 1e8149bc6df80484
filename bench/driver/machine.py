"""The machine that is measured on: its processors, and what is installed."""
import datetime
import os
import platform
import subprocess


class Cores:
    """Which processors servers and load run on: apart, where there are two."""

    def __init__(self):
        cores = sorted(os.sched_getaffinity(0))
        half = len(cores) // 2 if len(cores) >= 4 else 0
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


def describe(cores, nodes_library):
    """What a reader of the figures wants to know, by name."""
    with open("/proc/loadavg", encoding="ascii") as load:
        load = load.read().split()[0]
    share = "apart" if cores.apart else "on the same one"
    return {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "processors": f"{os.cpu_count()} x {processor()}, servers and load {share}",
        "load before": load,
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release()}",
        "compiler": first_line("g++", "--version"),
        "server": first_line("redis-server", "--version"),
        "node": first_line("node", "--version") if nodes_library else "not used",
    }
