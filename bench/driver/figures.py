"""What was measured: medians with their spread, ratios, and the bounds that are kept or missed."""
import statistics
import sys
import time
import typing


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values):
    """How far apart the middle half of the values is, as a share of the median."""
    middle = statistics.median(values)
    if len(values) < 2 or middle == 0:
        return 0.0
    return (percentile(values, 0.75) - percentile(values, 0.25)) / middle


def jain(shares):
    """1 where all have the same, 1/n where one has all."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 0.0


# On a machine that others keep busy, fewer rounds must do, so that it ends at all.
FEWEST_ROUNDS = 3
ENOUGH_S = 6


def alternate(slices, rounds):
    """Contestants take turns, so that whatever else the machine does hits all alike. `slices` maps
    names to what each does; returns what each returned, in lists."""
    measured = {name: [] for name in slices}
    names = list(slices)
    start = time.monotonic()
    for turn in range(rounds):
        if turn >= FEWEST_ROUNDS and time.monotonic() - start > ENOUGH_S:
            break
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            measured[name].append(slices[name]())
    return measured


def ratio_of(values, base):
    """Of what was measured one after the other, and so under the same load of others."""
    ratios = [value / other for value, other in zip(values, base) if other]
    return statistics.median(ratios) if ratios else None


class Added(typing.NamedTuple):
    """By contestant."""
    medians: dict
    ratios: dict


def number(value):
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def named(metric, unit):
    return f"{metric}, {unit}" if unit else metric


class Figures:
    """All that was measured, in order, printed as it comes."""

    def __init__(self):
        self.rows = []
        self.bounds = []
        self.shown = []
        self.distributions = []

    def add(self, section, case, metric, unit, measured, base=None):
        """`measured` maps contestants to values, one for each slice, of which the median counts;
        ratios are to `base`, slice by slice, and of these the median. Returns both."""
        medians = {name: statistics.median(values) for name, values in measured.items()}
        ratios = {}
        parts = []
        for name, values in measured.items():
            ratio = ratio_of(values, measured[base]) if base else None
            ratios[name] = ratio
            self.rows.append({"section": section, "case": case, "metric": metric, "unit": unit,
                              "contestant": name, "median": medians[name],
                              "spread": spread(values), "slices": len(values), "ratio": ratio})
            parts.append(f"{name} {number(medians[name])}" + (f" ±{spread(values):.0%}"
                         if len(values) > 1 else "") +
                         (f" ({ratio:.2f})" if ratio is not None and name != base else ""))
        words = ", ".join(f"{key} {value}" for key, value in case.items())
        print(f"{section} | {words} | {named(metric, unit)}: " + "; ".join(parts), flush=True)
        return Added(medians, ratios)

    def add_distribution(self, case, measured):
        """`measured` maps contestants to all their latencies, in µs. Kept as what one in so many
        is longer than."""
        one_in = (1.02, 1.1, 1.5, 2, 4, 10, 20, 50, 100, 200, 500, 1000)
        series = {name: [(many, percentile(values, 1 - 1 / many)) for many in one_in]
                  for name, values in measured.items()}
        self.distributions.append((case, series))

    def bound(self, text, figure, at_most=None, at_least=None, unit="", reached=None):
        """What is aimed at, and, where that is not kept yet, what must not be lost again: with room
        for machines on which others work."""
        if at_most is not None:
            limit, kept = f"at most {at_most:g}", figure <= at_most
            worse = not kept and (reached is None or figure > reached)
        else:
            limit, kept = f"at least {at_least:g}", figure >= at_least
            worse = not kept and (reached is None or figure < reached)
        self.bounds.append({"text": text, "figure": figure, "bound": limit + unit, "kept": kept,
                            "worse": worse, "unit": unit})

    def missing(self, text, why):
        self.bounds.append({"text": text, "figure": None, "bound": why, "kept": False,
                            "worse": False, "unit": ""})

    def show(self, text):
        """Beside the bounds, without one."""
        self.shown.append(text)

    def lines(self):
        """Of what is to be shown: the bounds, then what has none."""
        return [*map(bound_line, self.bounds), *(f"--    {text}" for text in self.shown)]

    def print_bounds(self):
        print("\nIt must show:")
        for line in self.lines():
            print("  " + line)
        missed = sum(not bound["kept"] for bound in self.bounds)
        print(f"{len(self.bounds) - missed} kept, {missed} missed", flush=True)


def bound_line(bound):
    word = "ok   " if bound["kept"] else "WORSE" if bound["worse"] else "FAIL "
    figure = "not measured" if bound["figure"] is None else f"{bound['figure']:.4g}{bound['unit']}"
    return f"{word} {bound['text']}: {figure} ({bound['bound']})"


def progress(text):
    print(f"... {text}", file=sys.stderr, flush=True)
