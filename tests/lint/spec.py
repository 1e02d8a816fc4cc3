# SPDX-License-Identifier: BSD-2-Clause
"""SPEC.md and the .def tables of the wire contract say the same.

A table of SPEC.md that follows the line <!-- table: NAME.def --> has a row
for every row of that file and no other.  Each cell is one of the arguments of
X(...) in that row, but for columns of prose (PROSE); those headed "byte" are
hexadecimal in both.
"""

import re

from tree import Finding

DEFS = r"(include/touchstone/wire|host/log)/[^/]+\.def"
SPEC = "docs/SPEC.md"
MARK = re.compile(r"<!-- table: ([\w.]+) -->")
ROW = re.compile(r"^X\((.*?)\)\s*$", re.M | re.S)
ARGUMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"|[^,\s][^,]*")

PROSE = {"note", "fields", "answer", "needs"}

SMALL_DEF = 'X(ONE, 1, "one thing")\nX(TWO, 2, "two, or more")\n'
TABLE = "<!-- table: a.def -->\n\n| n | name | text | note |\n|---|---|---|---|" \
    "\n| 1 | `ONE` | one thing | x |\n"
BYTES = "<!-- table: h.def -->\n\n| byte | name | needs |\n|---|---|---|\n"
EXAMPLES = [
    ({"include/touchstone/wire/a.def": SMALL_DEF, SPEC: TABLE},
     {"include/touchstone/wire/a.def:2"}),
    ({"include/touchstone/wire/a.def": SMALL_DEF,
      SPEC: TABLE + "| 2 | TWO | two or more | |\n"},
     {"docs/SPEC.md:6"}),
    ({"include/touchstone/wire/a.def": SMALL_DEF,
      SPEC: TABLE + "| 2 | TWO | two, or more | |\n| 3 | THREE | x | |\n"},
     {"docs/SPEC.md:7"}),
    ({"include/touchstone/wire/a.def": SMALL_DEF, SPEC: "# nothing\n"},
     {"include/touchstone/wire/a.def:1"}),
    ({"include/touchstone/wire/a.def": SMALL_DEF,
      SPEC: TABLE + "| 2 | `TWO` | two, or more | y |\n"}, set()),
    ({"include/touchstone/wire/h.def": "X(ONE, 0x50)\nX(TWO, 0x5a)\n",
      SPEC: BYTES + "| 50 | ONE | PIN |\n| 5a | TWO | |\n"}, set()),
    ({"include/touchstone/wire/h.def": "X(ONE, 50)\nX(TWO, 0x5a)\n",
      SPEC: BYTES + "| 50 | ONE | PIN |\n| 5b | TWO | |\n"},
     {"docs/SPEC.md:5", "docs/SPEC.md:6", "include/touchstone/wire/h.def:1",
      "include/touchstone/wire/h.def:2"}),
]


def plain(cell):
    return cell.strip().strip("`\"").replace("\\", "").lower()


def value(header, cell):
    return "0x" + cell if header == "byte" else cell


def def_rows(tree, path):
    """[(line, [argument...])] of a .def file."""
    text = tree.text(path)
    return [(text.count("\n", 0, m.start()) + 1,
             [plain(a) for a in ARGUMENT.findall(m.group(1))])
            for m in ROW.finditer(text)]


def tables(tree):
    """{NAME.def: [(line, [cell...])]}, without header and prose columns."""
    found = {}
    name, header = None, None
    for line, text in tree.lines(SPEC):
        mark = MARK.search(text)
        if mark:
            name, header = mark.group(1), None
            found[name] = []
        elif name and text.startswith("|"):
            cells = [plain(c) for c in text.strip().strip("|").split("|")]
            if header is None:
                header = cells
            elif not set(text) <= set("|-: "):
                found[name].append((line, [
                    value(h, c) for h, c in zip(header, cells)
                    if h not in PROSE]))
        elif name and header:
            name = None
    return found


def compare(path, defined, written):
    findings = []
    left = list(defined)
    for line, cells in written:
        match = next((d for d in left if set(cells) <= set(d[1])), None)
        if match:
            left.remove(match)
            continue
        near = next((d for d in left if cells[0] in d[1]), None)
        if near:
            left.remove(near)
        findings.append(Finding(SPEC, line, f"{cells} is no row of {path}"))
    return findings + [Finding(path, line, f"{row[0]} is not in {SPEC}")
                       for line, row in left]


def check(tree):
    findings = tree.need(DEFS, "table of the wire contract")
    if not tree.has(SPEC):
        return findings + [Finding(SPEC, 0, "missing")]
    written = tables(tree)
    for path in tree.files(DEFS):
        name = path.rsplit("/", 1)[1]
        if name not in written:
            findings.append(Finding(
                path, 1, f"{SPEC} has no <!-- table: {name} -->"))
        else:
            findings += compare(path, def_rows(tree, path), written[name])
    return findings
