"""Runs the benchmarks; scripts/bench builds them, installs what they take, and starts this."""
import argparse
import signal
import subprocess
import sys
import time

from driver import report
from driver.figures import Figures, progress
from driver.machine import Cores, describe
from driver.measures import (contention, data, faults, free_locks, fsync, holding, micro, others,
                             peers, seats, server_cost)

# In the order of what has to be shown.
MEASURES = {"free_locks": free_locks, "peers": peers, "server_cost": server_cost, "faults": faults,
            "holding": holding, "micro": micro, "data": data, "contention": contention,
            "seats": seats, "fsync": fsync, "others": others}
NOT_CHECKED = ("seats", "fsync")
# What needs nothing but ourselves.
NO_WORSE = ("free_locks", "holding", "micro", "data")
# From then on the check begins nothing more of what has no bound. It is over long before where
# nobody else is busy on the machine.
CHECK_TIME_S = 260


class Bench:
    """How it is measured."""

    def __init__(self, options):
        self.program = options.program
        self.modules = options.modules
        self.peers = options.peers
        self.check = options.check or options.no_worse
        self.quick = options.quick
        self.cores = Cores()
        self.start = time.monotonic()
        self.slice_seconds = 0.1 if self.check or self.quick else 0.3
        self.contend_seconds = 2 if self.check or self.quick else 5

    def elapsed(self):
        return time.monotonic() - self.start

    def is_late(self):
        return self.check and self.elapsed() > CHECK_TIME_S

    def rounds(self, usual):
        return max(3, usual // 4) if self.quick else usual


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--program", required=True)
    parser.add_argument("--modules", default="")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--no-worse", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help=",".join(MEASURES))
    parser.add_argument("--report", default="")
    parser.add_argument("--micro", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    unknown = set(options.only.split(",")) - set(MEASURES) - {""}
    if unknown:
        parser.exit(64, f"scripts/bench: --only knows {', '.join(MEASURES)}; not "
                    f"{', '.join(sorted(unknown))}\n")
    return options


def chosen(options):
    if options.only:
        return options.only.split(",")
    if options.no_worse:
        return NO_WORSE
    return [name for name in MEASURES if not options.check or name not in NOT_CHECKED]


def main():
    options = parse(sys.argv[1:])
    bench = Bench(options)
    if options.micro is not None:
        return micro.run_all(bench, options.micro)
    figures = Figures()
    machine = describe(bench)
    for name, value in machine.items():
        print(f"{name}: {value}", flush=True)
    for name in chosen(options):
        MEASURES[name].run(bench, figures)
        progress(f"{bench.elapsed():.0f} s")
    figures.print_bounds()
    if options.report:
        report.write(options.report, machine, figures)
        progress(f"wrote {options.report}")
    if options.no_worse:
        return 1 if any(bound["worse"] for bound in figures.bounds) else 0
    return 1 if options.check and not all(bound["kept"] for bound in figures.bounds) else 0


def interrupted(number, _):
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    try:
        sys.exit(main())
    except (RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"scripts/bench: {error}")
    except KeyboardInterrupt as interrupt:
        progress(f"interrupted {interrupt}")
        sys.exit(130)
