# SPDX-License-Identifier: BSD-2-Clause
"""The files that the build compiles and how, for checks that run a compiler."""

import json
import os
import re
import shlex
from concurrent.futures import ThreadPoolExecutor

from tree import Finding

# Only one of the two compilers knows these; warnings are the build's business.
DROPPED = re.compile(r"-W(?!l,|p,)\S*|-ftrivial-auto-var-init=\S+")

# For the examples of a check: a build folder that compiles host/a.c alone.
EXAMPLE_BUILD = {"compile_commands.json": json.dumps(
    [{"directory": ".", "file": "host/a.c", "command": "cc -O1 -c host/a.c"}])}


def commands(tree, pattern):
    """{path relative to the root: (folder, [compiler, argument...])}."""
    found = {}
    database = os.path.join(tree.build, "compile_commands.json")
    if not os.path.exists(database):
        return found
    with open(database, encoding="utf-8") as f:
        entries = json.load(f)
    for entry in entries:
        folder = os.path.normpath(
            os.path.join(tree.build, entry["directory"]))
        full = os.path.normpath(os.path.join(folder, entry["file"]))
        path = os.path.relpath(full, tree.root)
        if not re.fullmatch(pattern, path) or path in found:
            continue
        words = shlex.split(entry["command"])
        if "-o" in words:
            at = words.index("-o")
            del words[at:at + 2]
        words = [w for w in words if not DROPPED.fullmatch(w)]
        found[path] = (folder, words)
    return found


def in_parallel(work, items):
    """[work(item)...] with one thread for each processor."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def warnings(tree, folder, text, suffix):
    """Findings for each "path:line:col: warning|error: text [suffix...]"."""
    found = set()
    for place, line, what in re.findall(
            r"^(\S+?):(\d+):(?:\d+:)? (?:warning|error): (.*)$", text, re.M):
        path = os.path.relpath(os.path.normpath(
            os.path.join(folder, place)), tree.root)
        if not path.startswith("..") and re.search(suffix, what):
            found.add(Finding(path, int(line), what))
    return found


def nothing_compiled(found, pattern):
    if found:
        return []
    return [Finding("compile_commands.json", 0,
                    f"nothing compiled matches {pattern}")]
