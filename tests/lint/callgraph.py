# SPDX-License-Identifier: BSD-2-Clause
"""Who calls whom with how much stack, read from gcc's -fcallgraph-info.

A function is named as gcc does: static ones with their path before the name.
"""

import re

POINTER = "__indirect_call"
NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
FRAME = re.compile(r"\\n([^\\]+):(\d+):\d+\\n(\d+) bytes \(([^)]*)\)")


class Graph:
    def __init__(self):
        self.frame = {}	 # function: bytes
        self.kind = {}	 # function: "static", "dynamic" ...
        self.place = {}	 # function: (path, line)
        self.calls = {}	 # function: {function...}

    def read(self, text):
        """Adds one file; returns the functions that it defines."""
        here = []
        for line in text.splitlines():
            node, edge = NODE.match(line), EDGE.match(line)
            if node:
                frame = FRAME.search(node.group(2))
                if frame:
                    name = node.group(1)
                    self.place[name] = frame.group(1), int(frame.group(2))
                    self.frame[name] = int(frame.group(3))
                    self.kind[name] = frame.group(4)
                    self.calls.setdefault(name, set())
                    here.append(name)
            elif edge:
                self.calls.setdefault(edge.group(1), set()).add(edge.group(2))
        return here

    def cycles(self):
        """[[function...]...]: one for each call that closes a circle."""
        found, done, path = [], set(), []

        def walk(name):
            if name in path:
                found.append(path[path.index(name):])
                return
            if name in done:
                return
            path.append(name)
            for callee in sorted(self.calls.get(name, ())):
                walk(callee)
            path.pop()
            done.add(name)

        for name in sorted(self.frame):
            walk(name)
        return found

    def worst(self, name, bounds, known=None):
        """(bytes, [function...]) of the deepest way down; no circles here.

        Functions that are not in the graph take what bounds says.
        """
        known = {} if known is None else known
        if name in known:
            return known[name]
        if name not in self.frame:
            return bounds.get(name, 0), [name]
        deepest = 0, []
        for callee in sorted(self.calls[name]):
            deepest = max(deepest, self.worst(callee, bounds, known),
                          key=lambda w: w[0])
        known[name] = self.frame[name] + deepest[0], [name] + deepest[1]
        return known[name]


def short(name):
    return name.rsplit(":", 1)[-1]
