# SPDX-License-Identifier: BSD-2-Clause
"""How large the programs are, and what the firmware will need on a chip.

Run as a program: the latter, as JSON.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "..", "lint"))

import chip  # noqa: E402
import m0plus  # noqa: E402
from tree import Tree  # noqa: E402


def measure(paths):
    """{text, data, bss} in bytes, summed over these files."""
    out = subprocess.run(["size", *paths], check=True, capture_output=True,
                         text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    total = {"text": 0, "data": 0, "bss": 0}
    for line in out.splitlines()[1:]:
        text, data, bss = (int(n) for n in line.split()[:3])
        total["text"] += text
        total["data"] += data
        total["bss"] += bss
    return total


def built(build):
    """What is installed, and the parts of the firmware in this build."""
    places = {
        "touchstone": "host/cli/touchstone",
        "touchstone-agent": "host/agent/touchstone-agent",
        "touchstone-token": "host/token/touchstone-token",
        "touchstone-sim": "firmware/board/posix/touchstone-sim",
        "libtouchstone.so": "host/lib/libtouchstone.so",
        "wire (this build)": "firmware/wire/libts_wire.a",
        "firmware core (this build)": "firmware/core/libfw_core.a",
    }
    return {name: measure([os.path.join(build, path)])
            for name, path in places.items()}


def on_chip(source):
    """What a Cortex-M0+ needs of the firmware; None without a compiler.

    parts: sizes of every file of wire and core, by part.  linked: of what the
    token's entries reach, which is what a chip carries.  image: all of it.
    variables, stack: bytes.
    """
    if not m0plus.is_here():
        return None
    with tempfile.TemporaryDirectory() as folder:
        it = chip.Chip(Tree(source), folder)
        if it.findings:
            raise RuntimeError(it.findings)
        it.read()
        it.resolve()
        size = it.sizes()
        return {
            "parts": {part: m0plus.measure([u.object for u in it.units
                                            if u.part == part])
                      for part in m0plus.PARTS},
            "linked": size["text"],
            "image": size["image"],
            "variables": size["variables"],
            "stack": it.stack()[0],
        }


if __name__ == "__main__":
    HERE = os.path.dirname(os.path.abspath(__file__))
    print(json.dumps(on_chip(os.path.dirname(os.path.dirname(HERE)))))
