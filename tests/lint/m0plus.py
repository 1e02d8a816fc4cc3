# SPDX-License-Identifier: BSD-2-Clause
"""The firmware without its board, compiled for a Cortex-M0+ as a chip has it."""

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

PREFIX = "arm-none-eabi-"
PARTS = ("wire", "core")	# what is measured; crypto only joins the graph
ENTRIES = ("fw_token_init", "fw_token_step")
FLAGS = ["-std=c11", "-mcpu=cortex-m0plus", "-mthumb", "-Os",
         "-ffreestanding", "-fno-common", "-ffunction-sections",
         "-fdata-sections", "-fno-strict-aliasing",
         "-fno-delete-null-pointer-checks", "-w"]
# What the firmware takes from a C library.
LIBC = {
    "string.h": """#include <stddef.h>
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
char *strchr(const char *, int);
""",
    "assert.h": """#ifndef static_assert
#define static_assert _Static_assert
#endif
void assert_failed(void);
#define assert(x) ((x) ? (void)0 : assert_failed())
""",
}
# Their headers are the same for every processor; the rest of /usr/include is
# not for a chip.
LIBRARIES = ("/usr/include/bearssl", "/usr/include/sodium",
             "/usr/include/sodium.h")


class Unit(NamedTuple):
    """One source file, relative to the root, and what came of it."""
    part: str
    path: str
    object: str
    graph: str
    errors: str


def is_here():
    return shutil.which(PREFIX + "gcc") is not None


def tool(name, *args):
    return subprocess.run([PREFIX + name, *args], check=True, text=True,
                          capture_output=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def sources(root):
    """(part, path relative to the root) of every file the chip has."""
    found = []
    for part in (*PARTS, "crypto"):
        folder = os.path.join("firmware", part)
        if os.path.isdir(os.path.join(root, folder)):
            found += [(part, os.path.join(folder, name))
                      for name in sorted(os.listdir(os.path.join(root, folder)))
                      if name.endswith(".c")]
    return found


def flags(root, folder):
    """Puts the headers of the libraries into the folder."""
    for name, text in LIBC.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    include = ["-isystem", folder]
    for name in LIBRARIES:
        if not os.path.lexists(os.path.join(folder, os.path.basename(name))):
            os.symlink(name, os.path.join(folder, os.path.basename(name)))
    include += ["-isystem", os.path.join(folder, "bearssl")]
    for path in ("include", "firmware", "firmware/crypto", "firmware/core",
                 "firmware/wire"):
        include += ["-I", os.path.join(root, path)]
    return FLAGS + include


def compile_all(root, folder):
    """[Unit...] with objects and call graphs in the folder."""
    options = flags(root, folder)

    def one(item):
        part, path = item
        base = os.path.join(folder, part + "-" + os.path.basename(path)[:-2])
        done = subprocess.run(
            [PREFIX + "gcc", *options, "-fcallgraph-info=su,da", "-c",
             "-o", base + ".o", os.path.join(root, path)], text=True,
            capture_output=True, check=False)
        errors = done.stderr if done.returncode != 0 else ""
        return Unit(part, path, base + ".o", base + ".ci", errors)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, sources(root)))


def measure(paths):
    """{text, data, bss} in bytes, summed over these files."""
    total = {"text": 0, "data": 0, "bss": 0}
    for line in tool("size", *paths).splitlines()[1:]:
        for name, value in zip(total, line.split()):
            total[name] += int(value)
    return total


def reached(units, folder):
    """Sizes of what the entries reach: a linker leaves the rest out."""
    image = os.path.join(folder, "image.elf")
    keep = ["-Wl,-u," + name for name in ENTRIES]
    subprocess.run([PREFIX + "gcc", "-nostdlib", "-mcpu=cortex-m0plus",
                    "-mthumb", "-Wl,--gc-sections", *keep, "-Wl,-e,0",
                    "-Wl,--unresolved-symbols=ignore-all", "-w",
                    "-o", image, *(u.object for u in units)],
                   check=True, capture_output=True)
    return measure([image])


def token_state(root, folder):
    """sizeof(struct fw_token), which a board allocates once."""
    source = os.path.join(folder, "sizeof.c")
    with open(source, "w", encoding="utf-8") as f:
        f.write('#include "token.h"\nchar it[sizeof(struct fw_token)];\n')
    subprocess.run([PREFIX + "gcc", *flags(root, folder), "-c", source,
                    "-o", source + ".o"], check=True, capture_output=True)
    symbols = tool("nm", "-S", source + ".o")
    return int(re.search(r"^\S+ (\S+) B it$", symbols, re.M).group(1), 16)
