# SPDX-License-Identifier: BSD-2-Clause
"""Files and functions that a reader finishes in one sitting.

A function over 60 lines carries a comment "long: reason" right above or
inside; a file over 500 lines is split.
"""

import json
import re

from tree import Finding, run

FUNCTION_MAX = 60
FILE_MAX = 500
HEADER_MAX = 250
LONG = re.compile(r"/\*\s*long: \S")


def function(lines, head=""):
    body = "\tf();\n" * lines
    return f"/* {head} */\nint\nlong_one(void)\n{{\n{body}}}\n"


EXAMPLES = [
    ({"host/a.c": function(70)}, {"host/a.c:3"}),
    ({"host/a.c": function(70, "long: one case per message")}, set()),
    ({"host/a.c": function(50)}, set()),
    ({"host/a.c": "/* line */\n" * 501}, {"host/a.c:501"}),
]


def functions(tree, paths):
    """(path, first line, last line, name) of every C function."""
    _, out = run(["ctags", "--output-format=json", "--fields=+ne",
                  "--languages=C", "--map-C=+.h", "--kinds-C=f", "-f", "-"]
                 + [tree.path(p) for p in paths])
    for line in out.splitlines():
        tag = json.loads(line)
        path = tag["path"][len(tree.root) + 1:]
        yield path, tag["line"], tag.get("end", tag["line"]), tag["name"]


def check(tree):
    paths = tree.files(r"(host|firmware|include|tests)/.*\.[ch]")
    findings = []
    for path in paths + tree.files(r"dev|tests/.*\.(py|sh)"):
        limit = HEADER_MAX if path.endswith(".h") else FILE_MAX
        count = tree.text(path).count("\n")
        if count > limit:
            findings.append(Finding(path, count, f"{count} lines > {limit}"))
    if not paths:
        return findings
    for path, first, last, name in functions(tree, paths):
        length = last - first + 1
        if length <= FUNCTION_MAX:
            continue
        lines = tree.text(path).split("\n")
        start = first - 1
        while start > 0 and lines[start - 1].strip():
            start -= 1
        if not LONG.search("\n".join(lines[start:last])):
            findings.append(Finding(
                path, first, f"{name}() has {length} lines > {FUNCTION_MAX}"))
    return findings
