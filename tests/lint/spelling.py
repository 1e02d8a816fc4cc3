# SPDX-License-Identifier: BSD-2-Clause
"""codespell, with the words of .codespellrc left alone."""

import os
import re

from tree import Finding, run

CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", ".codespellrc")
SKIPPED = r"tests/fuzz/corpus/.*|tests/vectors/.*\.json|LICENSE"

EXAMPLES = [
    ({"docs/a.md": "one\nThe ke" "ys are pub" "lc.\n"}, {"docs/a.md:2"}),
    ({"docs/a.md": "The keys are public.\n"}, set()),
]


def check(tree):
    paths = [p for p in tree.files() if not re.fullmatch(SKIPPED, p)]
    status, out = run(["codespell", "--config", CONFIG] + paths, cwd=tree.root)
    found = re.findall(r"^(\S+?):(\d+): (.*)$", out, re.M)
    if status != 0 and not found:
        return [Finding(".codespellrc", 1, out)]
    return [Finding(path.removeprefix("./"), int(line), text)
            for path, line, text in found]
