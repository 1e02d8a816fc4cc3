# SPDX-License-Identifier: BSD-2-Clause
"""How large the programs are, and what the firmware will need on a chip."""

import glob
import os
import shutil
import subprocess
import tempfile

# What the core takes from a C library on a chip.
LIBC = {
    "string.h": """#include <stddef.h>
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
size_t strlen(const char *);
int strcmp(const char *, const char *);
""",
    "assert.h": """#ifndef static_assert
#define static_assert _Static_assert
#endif
void assert_failed(void);
#define assert(x) ((x) ? (void)0 : assert_failed())
""",
}
M0PLUS = ["-std=c11", "-mcpu=cortex-m0plus", "-mthumb", "-Os",
          "-ffreestanding", "-fno-common", "-ffunction-sections",
          "-fdata-sections", "-w", "-c"]
CHIP_COMPILERS = (["arm-none-eabi-gcc"],
                  ["clang-14", "--target=thumbv6m-none-eabi"])


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


def chip(source):
    """(compiler, {part: sizes}) for a Cortex-M0+; None without a compiler."""
    for command in CHIP_COMPILERS:
        if shutil.which(command[0]):
            return command[0], chip_with(command, source)
    return None


def chip_with(command, source):
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in LIBC.items():
            with open(os.path.join(folder, name), "w") as f:
                f.write(text)
        include = ["-isystem", folder, "-I", os.path.join(source, "include")]
        for part in ("", "crypto"):
            include += ["-I", os.path.join(source, "firmware", part)]
        for part in ("wire", "core"):
            objects = []
            where = os.path.join(source, "firmware", part)
            for path in sorted(glob.glob(os.path.join(where, "*.c"))):
                name = os.path.basename(path)[:-1] + "o"
                objects.append(os.path.join(folder, part + "-" + name))
                subprocess.run([*command, *M0PLUS, *include, "-I", where,
                                "-o", objects[-1], path], check=True)
            sizes[part] = measure(objects)
    return sizes
