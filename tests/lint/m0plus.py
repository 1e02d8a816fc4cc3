# SPDX-License-Identifier: BSD-2-Clause
"""The image for a Cortex-M0+ as its own build compiles it, object by object."""

import os
import re
import shutil
import subprocess
from typing import NamedTuple

PREFIX = "arm-none-eabi-"
PARTS = ("wire", "core")	# what every board carries
# Where the token begins, and where the chip does.
ENTRIES = ("fw_token_init", "fw_token_step")
RESET = "rp2_reset"
TOOLCHAIN = "firmware/board/rp2040/toolchain.cmake"
FLAGS = ["-std=c11", "-mcpu=cortex-m0plus", "-mthumb", "-Os",
         "-ffreestanding", "-ffunction-sections", "-w",
         "-fcallgraph-info=su"]


class Unit(NamedTuple):
    """One compiled file, and to which part of the image it belongs."""
    part: str
    object: str
    graph: str


def is_here():
    return shutil.which(PREFIX + "gcc") is not None


def tool(name, *args):
    return subprocess.run([PREFIX + name, *args], check=True, text=True,
                          capture_output=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def part_of(path):
    """firmware/crypto/CMakeFiles/sodium.dir/... is the library's."""
    library = re.search(r"CMakeFiles/(sodium|bearssl)\.dir", path)
    return library.group(1) if library else path.split(os.sep)[1]


def build_image(root, folder):
    """([Unit...], what the compiler said).  Takes seconds, every time: what is
    in build/ may be older than the source."""
    out = ""
    for command in (["cmake", "-G", "Ninja", "-S", root, "-B", folder,
                     "-DCMAKE_TOOLCHAIN_FILE=" + os.path.join(root, TOOLCHAIN)],
                    ["cmake", "--build", folder]):
        done = subprocess.run(command, text=True, capture_output=True,
                              check=False)
        out = done.stdout + done.stderr
        if done.returncode != 0:
            return [], out
    return found(folder), ""


def build_example(root, folder):
    """The same for a few files of an example, without a board."""
    for top, _, names in os.walk(os.path.join(root, "firmware")):
        for name in names:
            if not name.endswith(".c"):
                continue
            source = os.path.join(top, name)
            made = os.path.join(folder, os.path.relpath(source, root))
            os.makedirs(os.path.dirname(made), exist_ok=True)
            done = subprocess.run(
                [PREFIX + "gcc", *FLAGS, "-c", source, "-o", made + ".obj"],
                text=True, capture_output=True, check=False)
            if done.returncode != 0:
                return [], done.stderr
    return found(folder), ""


def found(folder):
    units = []
    for top, _, names in sorted(os.walk(os.path.join(folder, "firmware"))):
        for name in sorted(names):
            if name.endswith(".ci"):
                path = os.path.join(top, name[:-3])
                units.append(Unit(part_of(os.path.relpath(path, folder)),
                                  path + ".obj", path + ".ci"))
    return units


def measure(paths):
    """{text, data, bss} in bytes, summed over these files."""
    total = {"text": 0, "data": 0, "bss": 0}
    for line in tool("size", *paths).splitlines()[1:]:
        for name, value in zip(total, line.split()):
            total[name] += int(value)
    return total


def reached(units, folder):
    """Sizes of what the entries reach: a linker leaves the rest out."""
    image = os.path.join(folder, "reached.elf")
    keep = ["-Wl,-u," + name for name in ENTRIES]
    subprocess.run([PREFIX + "gcc", "-nostdlib", "-mcpu=cortex-m0plus",
                    "-mthumb", "-Wl,--gc-sections", *keep, "-Wl,-e,0",
                    "-Wl,--unresolved-symbols=ignore-all", "-w",
                    "-o", image, *(u.object for u in units)],
                   check=True, capture_output=True)
    return measure([image])


def undefined(path):
    return [line.split()[1] for line in tool("nm", "-u", path).splitlines()
            if len(line.split()) == 2]
