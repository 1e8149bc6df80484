"""The results as files: JSON for programs, Markdown for the README, a page for people."""
import json
import os

from driver.figures import named, number
from driver.page import html_page

TITLES = {
    "free locks": "Free locks, beside the bare client",
    "server": "What a script costs a server",
    "peers": "Beside the lock libraries of Node",
    "others": "Beside other lock services",
    "faults": "One of five nodes stopped, or slow",
    "contention": "One lock, many processes",
    "holding": "Many locks held by automatic extension",
    "core": "The core alone",
    "seats": "Seats of a cluster, beside independent nodes",
    "data": "Cache and plain commands",
    "fsync": "Servers that write to disk",
}


def grouped(rows):
    """Rows by section, and in it by metric and case, in their order."""
    sections = {}
    for row in rows:
        case = ", ".join(f"{key} {value}" for key, value in row["case"].items())
        section = sections.setdefault(row["section"], {})
        section.setdefault((row["metric"], row["unit"], case), []).append(row)
    return sections


def cell(row):
    text = number(row["median"])
    if row["slices"] > 1:
        text += f" ±{row['spread']:.0%}"
    if row["ratio"] is not None and row["ratio"] != 1:
        text += f" ({row['ratio']:.2f})"
    return f"{row['contestant']} {text}"


def markdown(machine, figures):
    lines = ["# Benchmark", ""]
    lines += [f"- {name}: {value}" for name, value in machine.items()]
    lines += ["", "Medians; ± is the distance between the quartiles; in brackets the ratio to the "
              "first of the row.", ""]
    if figures.lines():
        lines += ["## It must show", "", "```", *figures.lines(), "```", ""]
    for section, groups in grouped(figures.rows).items():
        lines += [f"## {TITLES[section]}", "", "| case | figure | |", "|---|---|---|"]
        for (metric, unit, case), rows in groups.items():
            lines.append(f"| {case} | {named(metric, unit)} | {'; '.join(map(cell, rows))} |")
        lines.append("")
    return "\n".join(lines)


def write(folder, machine, figures):
    os.makedirs(folder, exist_ok=True)
    results = {"machine": machine, "rows": figures.rows, "bounds": figures.bounds,
               "shown": figures.shown,
               "distributions": figures.distributions}
    files = {"bench.json": json.dumps(results, indent=1, ensure_ascii=False) + "\n",
             "bench.md": markdown(machine, figures),
             "bench.html": html_page(machine, figures)}
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
