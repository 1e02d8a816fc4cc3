# SPDX-License-Identifier: BSD-2-Clause
"""C files are as clang-format 14 leaves them (./dev format)."""

import os
import re

from tree import Finding, run

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "..", "..", ".clang-format")

EXAMPLES = [
    ({"host/a.c": "int  a;\nint b;\n"}, {"host/a.c:1"}),
    ({"host/a.c": "int a;\nint b;\n"}, set()),
]


def check(tree):
    paths = tree.files(r"(host|firmware|include|tests)/.*\.[ch]")
    if not paths:
        return []
    status, out = run(["clang-format-14", f"--style=file:{STYLE}",
                       "--dry-run", "-Werror"] + paths, cwd=tree.root)
    first = {}
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: error: ", out, re.M):
        first.setdefault(path, int(line))
    if status != 0 and not first:
        return [Finding("dev", 1, out)]
    return [Finding(path, line, "not formatted: ./dev format")
            for path, line in sorted(first.items())]
