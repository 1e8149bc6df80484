"""Charts as SVG, to stand inside a page."""
import html
import math

WIDTH, HEIGHT = 680, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 225, 16, 44
COLORS = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f",
          "#64748b", "#a16207")


def short(value):
    for size, mark in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size:
            return f"{value / size:g}{mark}"
    return f"{value:g}"


class Axis:
    """From values to pixels, on a linear or a logarithmic scale."""

    def __init__(self, values, start, end, log):
        self.log = log
        low, high = min(values), max(values)
        if log:
            self.low, self.high = math.floor(math.log10(low)), math.ceil(math.log10(high))
            self.high = max(self.high, self.low + 1)
        else:
            self.step = self._step(high or 1)
            self.low, self.high = 0, math.ceil((high or 1) / self.step) * self.step
        self.start, self.end = start, end

    @staticmethod
    def _step(high):
        power = 10 ** math.floor(math.log10(high))
        return next(power * part for part in (0.2, 0.5, 1, 2) if high / (power * part) <= 6)

    def at(self, value):
        position = math.log10(value) if self.log else value
        return self.start + (position - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        if self.log:
            return [10 ** power for power in range(self.low, self.high + 1)]
        return [self.low + i * self.step for i in range(round(self.high / self.step) + 1)]


def text(x, y, words, anchor="middle", extra=""):
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f"<text {place} {extra}>{html.escape(words)}</text>"


def frame(y_axis, x_label, y_label):
    parts = [text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, x_label),
             text(14, (TOP + HEIGHT - BOTTOM) / 2, y_label,
                  extra=f'transform="rotate(-90 14 {(TOP + HEIGHT - BOTTOM) / 2:.0f})"')]
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" '
                     f'y2="{y:.1f}"/>')
        parts.append(text(LEFT - 6, y + 4, short(tick), "end"))
    return parts


def legend(names):
    parts = []
    for i, name in enumerate(names):
        y = TOP + 8 + 18 * i
        parts.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{y - 8}" width="12" height="4" '
                     f'fill="{COLORS[i % len(COLORS)]}"/>')
        parts.append(text(WIDTH - RIGHT + 30, y, name, "start"))
    return parts


def svg(parts):
    return (f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">' + "".join(parts) + "</svg>")


def lines(series, x_label, y_label, log_y=False, x_names=None):
    """`series` maps names to points (x, y), of which x is on a logarithmic scale; `x_names` says
    what to write below which x, if not the numbers."""
    points = [point for line in series.values() for point in line]
    x_axis = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT, True)
    y_axis = Axis([y for _, y in points], HEIGHT - BOTTOM, TOP, log_y)
    parts = frame(y_axis, x_label, y_label) + legend(series)
    for x, name in (x_names or {x: short(x) for x, _ in points}).items():
        parts.append(text(x_axis.at(x), HEIGHT - BOTTOM + 16, name))
    for i, (name, line) in enumerate(series.items()):
        color = COLORS[i % len(COLORS)]
        path = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        for x, y in line:
            parts.append(f'<circle cx="{x_axis.at(x):.1f}" cy="{y_axis.at(y):.1f}" r="3" '
                         f'fill="{color}"><title>{html.escape(name)}: {y:g}</title></circle>')
    return svg(parts)


def bars(groups, y_label, log_y=False):
    """`groups` maps what is below the axis to values by name."""
    names = list(dict.fromkeys(name for values in groups.values() for name in values))
    shown = [value for values in groups.values() for value in values.values() if value > 0]
    y_axis = Axis(shown or [1], HEIGHT - BOTTOM, TOP, log_y)
    parts = frame(y_axis, "", y_label) + legend(names)
    room = (WIDTH - RIGHT - LEFT) / len(groups)
    width = room * 0.8 / len(names)
    for g, (group, values) in enumerate(groups.items()):
        parts.append(text(LEFT + room * (g + 0.5), HEIGHT - BOTTOM + 16, str(group)))
        for name, value in values.items():
            if value <= 0:
                continue
            i = names.index(name)
            x, y = LEFT + room * (g + 0.1) + width * i, y_axis.at(value)
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width * 0.92:.1f}" '
                         f'height="{max(HEIGHT - BOTTOM - y, 0.5):.1f}" '
                         f'fill="{COLORS[i % len(COLORS)]}">'
                         f'<title>{html.escape(name)}: {value:g}</title></rect>')
    return svg(parts)
