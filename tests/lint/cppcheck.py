# SPDX-License-Identifier: BSD-2-Clause
"""cppcheck over what we ship.

A line it is wrong about carries /* cppcheck-suppress id ; why */.
"""

import re

from compiled import EXAMPLE_BUILD, commands, in_parallel, nothing_compiled
from tree import Finding, run

OURS = r"(host|firmware)/.*\.c"
# ctuuninitvar takes an out parameter for an input; tidy and gcc know better.
OPTIONS = ["--quiet", "--enable=warning,performance,portability",
           "--inline-suppr", "--std=c11", "--error-exitcode=9",
           "--suppress=missingIncludeSystem", "--suppress=unusedStructMember",
           "--suppress=ctuuninitvar",
           "--template={file}:{line}: {message} [{id}]"]

EXAMPLES = [
    ({"host/a.c": "int a(void);\nint a(void)\n{\n\tint b[4] = {0};\n"
      "\treturn b[4];\n}\n", **EXAMPLE_BUILD}, {"host/a.c:5"}),
    ({"host/a.c": "int a(void);\nint a(void)\n{\n\treturn 0;\n}\n",
      **EXAMPLE_BUILD}, set()),
]


def check(tree):
    found = commands(tree, OURS)

    def look(path):
        _, words = found[path]
        defines = [w for w in words if re.match(r"-[DI]", w)]
        status, out = run(["cppcheck", *OPTIONS, *defines, path],
                          cwd=tree.root)
        seen = {Finding(p, int(n), text) for p, n, text in
                re.findall(r"^(\S+?):(\d+): (.*)$", out, re.M)}
        if status != 0 and not seen:
            seen = {Finding(path, 1, out)}
        return seen

    findings = set().union(*in_parallel(look, sorted(found)))
    return sorted(findings) + nothing_compiled(found, OURS)
