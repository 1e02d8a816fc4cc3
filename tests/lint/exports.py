# SPDX-License-Identifier: BSD-2-Clause
"""What the installed headers declare is what libtouchstone.so exports."""

import os
import re

from tree import Finding, run

HEADERS = r"include/touchstone/[^/]+\.h"
WIRE = r"include/touchstone/wire/.*\.h"  # may be exported, need not be
# A name before a parenthesis: declarations are all that headers call.
DECLARED = re.compile(r"\b(tsw?_\w+)\s*\(")


def library(tree):
    for folder in ("host/lib", "."):
        path = os.path.join(tree.build, folder, "libtouchstone.so")
        if os.path.exists(path):
            return path
    return None


def declared(tree, headers):
    """{function: (header, line)}; macros and inline functions are none."""
    found = {}
    for header in tree.files(headers):
        code = re.sub(r"^\s*#\s*define\b(.*\\\n)*.*$",
                      lambda m: "\n" * m.group(0).count("\n"),
                      tree.code(header), flags=re.M)
        code = re.sub(r"static inline[^{;]*", lambda m: re.sub(
            r"[^\n]", " ", m.group(0)), code)
        for match in DECLARED.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            found.setdefault(match.group(1), (header, line))
    return found


def exported(path):
    """Functions and data; type A is the name of a symbol version."""
    _, out = run(["nm", "-D", "--defined-only", path])
    return set(re.findall(r" [B-Z] (\w+)(?:@.*)?$", out, re.M))


def compare(names, wire, symbols):
    findings = [Finding(header, line, f"{name}() is declared, not exported")
                for name, (header, line) in sorted(names.items())
                if name not in symbols]
    findings += [Finding("libtouchstone.so", 0,
                         f"{name} is exported, in no installed header")
                 for name in sorted(symbols - set(names) - set(wire))]
    return findings


def check(tree):
    findings = tree.need(HEADERS, "header of libtouchstone")
    if findings:
        return findings
    if tree.has("libtouchstone.c"):  # an example
        run(["gcc", "-shared", "-fPIC", "-o", tree.path("libtouchstone.so"),
             tree.path("libtouchstone.c")])
    path = library(tree)
    if path is None:
        return [Finding("libtouchstone.so", 0, "not built")]
    return compare(declared(tree, HEADERS), declared(tree, WIRE),
                   exported(path))


HEADER = """#define TS_CHECK __attribute__((warn_unused_result))
/* ts_comment() is none. */
int ts_one(int a,
    int b) TS_CHECK;
TS_CHECK int ts_two(void (*done)(int), void *user);
"""
EXAMPLES = [
    ({"include/touchstone/a.h": HEADER,
      "libtouchstone.c": "int ts_one(int a) { return a; }\n"
      "int ts_three(void) { return 3; }\n"},
     {"include/touchstone/a.h:5", "libtouchstone.so:0"}),
    ({"include/touchstone/a.h": HEADER,
      "libtouchstone.c": "int ts_one(int a) { return a; }\n"
      "int ts_two(void) { return 3; }\n"}, set()),
    ({"include/touchstone/a.h": HEADER}, {"libtouchstone.so:0"}),
]
