#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compute the cutoffs of firmware/core/health.h and the false alarms of
docs/ENTROPY.md, and compare: health_cutoffs.py HEALTH_H [ENTROPY_MD].

Every test counts right guesses of a guesser that knows only the past.  From a
source that holds its claim of H bits each guess is right with a chance of at
most 2^-H whatever came before, so the count is at most binomial.  All sums
are exact.
"""
import re
import sys
from fractions import Fraction
from math import comb, log2

ALPHA = Fraction(1, 2**40)  # one test, one window (or sample, or anchor)

# A year of heavy use: commands and power-ups a day, samples of each.
COMMANDS, BOOTS = 1000, 10
RESEED, START = 64, 2048


def constants(path):
    """The FW_HEALTH_ numbers of the header."""
    with open(path, encoding="utf-8") as f:
        found = re.findall(r"#define FW_HEALTH_(\w+)\s+(\d+)", f.read())
    return {name: int(value) for name, value in found}


def tail(n, c):
    """Chance of at least c right guesses among n, each right with 1/2."""
    return Fraction(sum(comb(n, k) for k in range(c, n + 1)), 2**n)


def cutoff(n, alpha):
    """Least count that n guesses reach with a chance of at most alpha."""
    c = n
    while tail(n, c - 1) <= alpha:
        c -= 1
    return c


def main():
    c = constants(sys.argv[1])
    window, lags = c["WINDOW_CNT"], c["LAG_CNT"]
    assert c["H"] == 1, "the sums below are for one bit"

    # SP 800-90B 4.4.1: 1 + ceil(-log2(alpha) / H).
    rct = 1 + 40 // c["H"]
    # 4.4.2 counts the first sample of the window too, which is no guess; its
    # formula, 1 + CRITBINOM(W, 2^-H, 1 - alpha), is one less, and a little
    # more than alpha.
    apt = 1 + cutoff(window - 1, ALPHA)
    lag = cutoff(window, ALPHA / lags)
    want = {"RCT_CUTOFF": rct, "APT_CUTOFF": apt, "LAG_CUTOFF": lag}
    wrong = {k: (c[k], v) for k, v in want.items() if c[k] != v}

    samples = 365 * (COMMANDS * RESEED + BOOTS * START)
    windows = Fraction(samples, window)
    anchors = Fraction(samples, c["ANCHOR_CNT"])
    rows = [
        ("repetition", Fraction(1, 2 ** (rct - 1)), "sample", samples),
        ("proportion", tail(window - 1, apt - 1), "window", windows),
        ("lag", lags * tail(window, lag), "window", windows),
        ("block", Fraction(c["ANCHOR_CNT"], 2**lags), "anchor", anchors),
    ]
    table = [
        f"| {name} | 2^{log2(p):.1f} per {per} | {float(p * n):.1e} |"
        for name, p, per, n in rows
    ]
    total = sum(p * n for _, p, _, n in rows)
    table.append(f"| all | | {float(total):.1e} |")
    print(f"{samples} samples a year")
    print("\n".join(table))

    missing = []
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as f:
            lines = f.read().splitlines()
        missing = [row for row in table if row not in lines]
    for name, (have, need) in wrong.items():
        print(f"FW_HEALTH_{name} is {have}, must be {need}")
    for row in missing:
        print(f"not in {sys.argv[2]}: {row}")
    return 1 if wrong or missing else 0


if __name__ == "__main__":
    sys.exit(main())
