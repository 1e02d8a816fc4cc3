# SPDX-License-Identifier: BSD-2-Clause
"""usage: run.py CHECK SOURCE BUILD

Runs one check over the tree and prints path:line: text for each finding.

A check is a module with check(tree) -> [Finding] and EXAMPLES, a list of
(files, {"path:line", ...}): small trees with the exact findings they must
give.  The examples run first, so that a check that has gone blind fails
instead of passing.
"""

import importlib
import os
import sys
import tempfile

from tree import Tree


def examine(check, files):
    """The places that the check finds in a tree made of these files."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        return {f"{f.path}:{f.line}" for f in check(Tree(root, root))}


def blind_spots(module):
    """What is wrong with the check itself, as lines of text."""
    wrong = []
    if not any(expected for _, expected in module.EXAMPLES):
        wrong.append("no example that must be caught")
    for number, (files, expected) in enumerate(module.EXAMPLES, 1):
        found = examine(module.check, files)
        if found != expected:
            wrong.append(f"example {number}: expected {sorted(expected)}, "
                         f"found {sorted(found)}")
    return wrong


def main(name, source, build):
    module = importlib.import_module(name)
    wrong = blind_spots(module)
    for text in wrong:
        print(f"tests/lint/{name}.py:1: self-test: {text}")
    findings = module.check(Tree(source, build))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings, {len(wrong)} self-test failures")
    return 1 if findings or wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
