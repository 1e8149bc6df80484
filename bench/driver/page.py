"""The results as one page that needs nothing else."""
import html

from driver import charts
from driver.figures import number

# Where one in so many is longer.
QUANTILES = {2: "p50", 10: "p90", 100: "p99", 1000: "p99.9"}

STYLE = """
:root { color-scheme: light dark; --ink: #1e293b; --paper: #fff; --line: #cbd5e1; }
@media (prefers-color-scheme: dark) { :root { --ink: #e2e8f0; --paper: #0f172a; --line: #334155; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 1320px; margin: 2rem auto; padding: 0 1rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(460px, 1fr)); gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg text { font-size: 12px; fill: var(--ink); } svg .grid { stroke: var(--line); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { border-bottom: 1px solid var(--line); padding: .15rem .5rem; text-align: left; }
td.number { text-align: right; } pre { overflow-x: auto; } .missed { color: #dc2626; }
"""


def chosen(figures, section, metric, **case):
    return [row for row in figures.rows if row["section"] == section and row["metric"] == metric and
            all(row["case"].get(key.replace("_", " ")) == value for key, value in case.items())]


def by_contestant(rows, axis):
    """Points for charts.lines(), of which `axis` in the case is x."""
    series = {}
    for row in rows:
        series.setdefault(row["contestant"], []).append((row["case"][axis], row["median"]))
    return {name: sorted(points) for name, points in series.items()}


def by_case(rows, axis):
    groups = {}
    for row in rows:
        groups.setdefault(row["case"][axis], {})[row["contestant"]] = row["median"]
    return groups


def drawn(figures):
    """Titles and charts of what was measured."""
    for case, series in figures.distributions:
        yield (f"Latency of an acquire, {case}",
               charts.lines(series, "quantile", "µs", log_y=True, x_names=QUANTILES))
    for section, beside in (("free locks", "the limit"), ("peers", "Node's libraries"),
                            ("others", "other lock services")):
        rows = chosen(figures, section, "throughput", nodes=3)
        if rows:
            yield (f"Throughput by concurrency, 3 nodes, beside {beside}",
                   charts.lines(by_contestant(rows, "in flight"), "in flight", "pairs/s"))
    for unit, metric in (("ms", "hand-over p50"), ("ms", "wait p99"), ("/s", "acquisitions")):
        rows = chosen(figures, "contention", metric)
        if rows:
            yield (f"Contended: {metric}, by contenders",
                   charts.bars(by_case(rows, "contenders"), unit, log_y=True))
    for in_flight, metric, unit in ((1, "acquire p50", "µs"), (64, "throughput", "pairs/s")):
        rows = chosen(figures, "free locks", metric, in_flight=in_flight)
        if rows:
            yield (f"Scale by nodes: {metric}, {in_flight} in flight",
                   charts.bars(by_case(rows, "nodes"), unit))


def table(figures):
    parts = ["<table><tr><th>section<th>case<th>figure<th>contestant<th>median<th>±<th>ratio"]
    for row in figures.rows:
        case = ", ".join(f"{key} {value}" for key, value in row["case"].items())
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        words = [row["section"], case, f"{row['metric']} {row['unit']}", row["contestant"]]
        parts.append("<tr>" + "".join(f"<td>{html.escape(word)}" for word in words) +
                     f'<td class="number">{number(row["median"])}'
                     f'<td class="number">{row["spread"]:.0%}<td class="number">{ratio}')
    return "".join(parts) + "</table>"


def bounds(figures):
    lines = map(html.escape, figures.lines())
    return "\n".join(f'<span class="missed">{line}</span>' if line.startswith("FAIL") else line
                     for line in lines)


def html_page(machine, figures):
    about = "".join(f"<li>{html.escape(name)}: {html.escape(value)}"
                    for name, value in machine.items())
    pictures = "".join(f"<figure><figcaption>{html.escape(title)}</figcaption>{chart}</figure>"
                    for title, chart in drawn(figures))
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Holdfast: benchmark'
            f'</title><style>{STYLE}</style><h1>Holdfast: benchmark</h1><ul>{about}</ul>'
            f'<h2>It must show</h2><pre>{bounds(figures)}</pre>'
            f'<h2>Charts</h2><div class="charts">{pictures}</div>'
            f'<h2>All figures</h2><p>Medians; ± is the distance between the quartiles.</p>'
            f'{table(figures)}</html>\n')
