# SPDX-License-Identifier: BSD-2-Clause
"""gcc -fanalyzer over what we ship."""

from compiled import (EXAMPLE_BUILD, commands, in_parallel, nothing_compiled,
                      warnings)
from tree import Finding, run

OURS = r"(host|firmware)/.*\.c"

# (path, warning): looked at, and wrong about the code.
FALSE_ALARMS = {
    # NULL is the word of an app or algorithm that does not exist; the callers
    # walk lists of those that do, or ask after the decoder has checked.
    ("firmware/wire/pubkey.c", "-Wanalyzer-null-argument"),
    ("firmware/wire/words.c", "-Wanalyzer-null-argument"),
    # The list of claims is the store's, which it loses sight of.
    ("host/lib/bundle/bundle.c", "-Wanalyzer-malloc-leak"),
}

EXAMPLES = [
    ({"host/a.c": "#include <stdlib.h>\nint a(int n);\nint a(int n)\n{\n"
      "\tchar *p = malloc(4);\n\tif (p == 0)\n\t\treturn 1;\n\tfree(p);\n"
      "\tif (n)\n\t\tfree(p);\n\treturn 0;\n}\n", **EXAMPLE_BUILD},
     {"host/a.c:10"}),
    ({"host/a.c": "int a(void);\nint a(void)\n{\n\treturn 0;\n}\n",
      **EXAMPLE_BUILD}, set()),
]


def check(tree):
    found = commands(tree, OURS)

    def analyse(path):
        folder, words = found[path]
        status, out = run(["gcc"] + words[1:] + [
            "-fanalyzer", "-fdiagnostics-plain-output", "-S", "-o",
            "/dev/null"], cwd=folder)
        seen = warnings(tree, folder, out, r"\[-Wanalyzer-|\[CWE-")
        if status != 0 and not seen:
            seen = {Finding(path, 1, out)}
        return {f for f in seen if not any(
            f.path == p and w in f.text for p, w in FALSE_ALARMS)}

    findings = set().union(*in_parallel(analyse, sorted(found)))
    return sorted(findings) + nothing_compiled(found, OURS)
