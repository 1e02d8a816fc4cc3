# SPDX-License-Identifier: BSD-2-Clause
"""shellcheck over the shell scripts, pyflakes over the Python ones."""

import re

from tree import Finding, run

SHELL = r"dev|\.ci/run|.*\.sh|host/cli/completion/touchstone\.bash"

# Tests share a vocabulary by "import *"; names are then checked by running.
STARS = re.compile(r"import \*' used|may be undefined, or defined from star")

EXAMPLES = [
    ({"dev": '#!/bin/bash\nrm -r $1/*\n'}, {"dev:2"}),
    ({"tests/a.py": "import os\nprint(1)\n"}, {"tests/a.py:1"}),
    ({"tests/a.py": "from b import *\nc()\n", "tests/b.py": "c = print\n"},
     set()),
    ({"dev": '#!/bin/bash\necho "$1"\n', "tests/a.py": "print(1)\n"}, set()),
]


def check(tree):
    findings = []
    for tool, pattern in ((["shellcheck", "-s", "bash", "-f", "gcc"], SHELL),
                          (["pyflakes3"], r".*\.py")):
        paths = tree.files(pattern)
        if not paths:
            continue
        status, out = run(tool + paths, cwd=tree.root)
        found = re.findall(r"^(\S+?):(\d+):\d+:? (.*)$", out, re.M)
        if status != 0 and not found:
            findings.append(Finding(paths[0], 1, out))
        findings += [Finding(path, int(line), text)
                     for path, line, text in found
                     if not STARS.search(text)]
    return findings
