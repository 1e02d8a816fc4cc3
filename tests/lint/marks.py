# SPDX-License-Identifier: BSD-2-Clause
"""What every file says, and what none may say."""

import re

from tree import Finding

SPDX = "SPDX-License-Identifier: BSD-2-Clause"
# Files that cannot hold a comment, or are input for a test.
NO_SPDX = (r"LICENSE|.*\.(json|bin|cbor|pem|pub|txt|dict)|tests/fuzz/corpus/.*"
           r"|tests/vectors/.*\.json|.*/(testdata|data|golden)/.*"
           r"|\.codespellrc|\.gitignore|\.clang-(format|tidy)")
# Spelt so that this file does not find itself.
UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|H" r"ACK)\b")
MACHINE = re.compile(
    r"/(root|work|opt/wheels|home/(?!alice|bob|user|USER|\$))(?=/)"
    r"|/tmp/(brief|bash_jobs)"
    r"|\b([a-z0-9-]+\.)*(pypi|pythonhosted|crates|npmjs|debian)\.(org|io)/"
    r"|artifact-?registry|proxy\.golang")

EXAMPLES = [
    ({"host/a.c": "int a;\n"}, {"host/a.c:1"}),
    ({"host/a.c": f"/* {SPDX} */\n/* TO" "DO: later */\n"}, {"host/a.c:2"}),
    ({"docs/a.md": f"<!-- {SPDX} -->\nsee /wo" "rk/shared/x\n"},
     {"docs/a.md:2"}),
    ({"dev": f"#!/bin/bash\n# {SPDX}\npip install -i "
      "https://py" "pi.org/simple\n"}, {"dev:3"}),
    ({"tests/fuzz/corpus/a/1": "raw"}, set()),
    ({"dev": f"#!/bin/bash\n# {SPDX}\n"}, set()),
]


def check(tree):
    findings = []
    for path in tree.files():
        try:
            lines = tree.lines(path)
        except UnicodeDecodeError:
            continue
        head = [text for _, text in lines[:2]]
        if not re.fullmatch(NO_SPDX, path) and not any(
                SPDX in text for text in head):
            findings.append(Finding(path, 1, f"first line is not {SPDX}"))
        if re.fullmatch(r"tests/fuzz/corpus/.*", path):
            continue
        for number, text in lines:
            for pattern, why in ((UNDONE, "unfinished"),
                                 (MACHINE, "belongs to one machine")):
                match = pattern.search(text)
                if match:
                    findings.append(Finding(
                        path, number, f"{match.group(0)}: {why}"))
    return findings
