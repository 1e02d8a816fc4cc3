# SPDX-License-Identifier: BSD-2-Clause
"""usage: log_plot.py FIGURES OUT.svg

Draws what bench_log printed (lines of JSON): what grows with the size of a
log, over sizes in powers of ten.  A straight line there is a logarithm.

    bench_log 200 10000 100000 1000000 10000000 >FIGURES
"""

import json
import math
import sys

WIDTH, HEIGHT, LEFT, TOP = 360, 250, 56, 44
GAP = 44
COLOURS = ("#1b6ca8", "#b4491f", "#3d7a37")

PANELS = (
    ("A proof of latest, bytes", 4096,
     (("bytes.first", "to who comes first"),
      ("bytes.known", "to who knows the log"))),
    ("Belief, processor microseconds", 2000,
     (("check", "client: all checks"),
      ("vrf.check", "one VRF proof of them"))),
    ("Index, processor microseconds", None,
     (("batch", "an entry, in batches of 500"),
      ("add", "an entry, all at once"),
      ("answer", "both paths of an answer"))),
)


def read(path):
    """{figure: {size: median}}"""
    out = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            figure = json.loads(line)
            part = figure["name"].split(".", 2)
            if part[0] == "log":
                out.setdefault(part[2], {})[int(part[1])] = figure["p50"]
    return out


def nice(top):
    """A round number that is not below top."""
    step = 10 ** math.floor(math.log10(top))
    return next(k * step for k in (1, 2, 3, 4, 5, 6, 8, 10) if k * step >= top)


def text(x, y, words, size=12, anchor="start", colour="#222222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" '
            f'text-anchor="{anchor}" fill="{colour}">{words}</text>')


def line(points, colour, dash=""):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = f' stroke-dasharray="{dash}"' if dash else ""
    return (f'<polyline points="{path}" fill="none" stroke="{colour}" '
            f'stroke-width="1.6"{dash}/>')


class Panel:
    """One picture: sizes from left to right, a value upwards from zero."""

    def __init__(self, number, sizes, top):
        self.x0 = LEFT + number * (WIDTH + GAP + LEFT)
        self.sizes, self.top = sizes, top
        self.low, self.high = (math.log10(min(sizes)) - 0.2,
                               math.log10(max(sizes)) + 0.2)

    def at(self, size, value):
        share = (math.log10(size) - self.low) / (self.high - self.low)
        return (self.x0 + share * WIDTH,
                TOP + HEIGHT * (1 - value / self.top))

    def frame(self, title):
        left, right = self.x0, self.x0 + WIDTH
        out = [text(left, TOP - 20, title, 14)]
        for i in range(5):
            value = self.top * i / 4
            y = TOP + HEIGHT * (1 - i / 4)
            out.append(line([(left, y), (right, y)], "#dddddd"))
            out.append(text(left - 6, y + 4, f"{value:g}", 11, "end"))
        for size in self.sizes:
            x, y = self.at(size, 0)
            exponent = round(math.log10(size))
            out.append(text(x, y + 18, "10<tspan dy=\"-5\" font-size=\"9\">"
                            f"{exponent}</tspan>", 11, "middle"))
        out.append(text(right, TOP + HEIGHT + 36, "entries", 11, "end"))
        return out


def draw(figures):
    out = []
    for number, (title, target, curves) in enumerate(PANELS):
        curves = [(figures[key], words) for key, words in curves
                  if key in figures]
        sizes = sorted({size for values, _ in curves for size in values})
        most = max([v for values, _ in curves for v in values.values()]
                   + [target or 0])
        panel = Panel(number, sizes, nice(most * 1.02))
        out += panel.frame(title)
        if target:
            ends = [(panel.x0, panel.at(sizes[0], target)[1]),
                    (panel.x0 + WIDTH, panel.at(sizes[0], target)[1])]
            out.append(line(ends, "#888888", "4 3"))
            out.append(text(ends[1][0], ends[1][1] - 5, f"target {target:g}",
                            11, "end", "#888888"))
        for i, ((values, _), colour) in enumerate(zip(curves, COLOURS)):
            points = [panel.at(s, values[s]) for s in sorted(values)]
            out.append(line(points, colour))
            for (x, y), size in zip(points, sorted(values)):
                out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
                           f'fill="{colour}"/>')
                digits = 0 if values[size] >= 100 else 1
                out.append(text(x, y + (16 if i == 1 else -8),
                                f"{values[size]:.{digits}f}", 10, "middle",
                                colour))
        for i, ((_, words), colour) in enumerate(zip(curves, COLOURS)):
            y = TOP + HEIGHT + 56 + 16 * i
            out.append(line([(panel.x0, y - 4), (panel.x0 + 18, y - 4)],
                            colour))
            out.append(text(panel.x0 + 24, y, words, 11))
    return out


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n", 1)[0])
    body = draw(read(sys.argv[1]))
    width = len(PANELS) * (WIDTH + GAP + LEFT)
    height = TOP + HEIGHT + 100
    with open(sys.argv[2], "w", encoding="ascii") as f:
        f.write('<?xml version="1.0"?>\n'
                '<!-- SPDX-License-Identifier: BSD-2-Clause -->\n'
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
                f'height="{height}" viewBox="0 0 {width} {height}" '
                'font-family="sans-serif">\n'
                f'<rect width="{width}" height="{height}" fill="white"/>\n'
                + "\n".join(body) + "\n</svg>\n")


if __name__ == "__main__":
    main()
