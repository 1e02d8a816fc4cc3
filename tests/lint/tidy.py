# SPDX-License-Identifier: BSD-2-Clause
"""clang-tidy with the checks of .clang-tidy, over what we ship."""

import os

from compiled import (EXAMPLE_BUILD, commands, in_parallel, nothing_compiled,
                      warnings)
from tree import Finding, run

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", ".clang-tidy")
OURS = r"(host|firmware)/.*\.c"

EXAMPLES = [
    ({"host/a.c": "#include <stdlib.h>\nint a(void);\nint a(void)\n{\n"
      "\tchar *p = malloc(1);\n\treturn p == 0;\n}\n", **EXAMPLE_BUILD},
     {"host/a.c:6"}),
    ({"host/a.c": "int a(int b);\nint a(int b)\n{\n\tif (b = 1)\n"
      "\t\treturn 1;\n\treturn 0;\n}\n", **EXAMPLE_BUILD}, {"host/a.c:4"}),
    ({"host/a.c": "int a(void);\nint a(void)\n{\n\treturn 0;\n}\n",
      **EXAMPLE_BUILD}, set()),
]


def check(tree):
    found = commands(tree, OURS)

    def tidy(path):
        folder, words = found[path]
        status, out = run(
            ["clang-tidy-14", "--quiet", f"--config-file={CONFIG}",
             os.path.join(folder, words[-1]), "--"] + words[1:-1], cwd=folder)
        seen = warnings(tree, folder, out, r"\[[a-z].*\]$")
        if status != 0 and not seen:
            seen = {Finding(path, 1, out)}
        return seen

    findings = set().union(*in_parallel(tidy, sorted(found)))
    return sorted(findings) + nothing_compiled(found, OURS)
