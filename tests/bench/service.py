# SPDX-License-Identifier: BSD-2-Clause
"""usage: service.py BUILD LOADER [PEERS] [--people N] [--postgres]

Measures touchstone-directory as a service: statements accepted and lookups
answered a second, over loopback, with the load on the same machine; and how
fast touchstone-auditor reads what came of it.  With PEERS (a folder made by
tests/log/peer/setup.sh) the same work is done by Tessera and akd in the same
run.  Writes JSON lines: {"name": ..., "value": ..., "unit": ...}.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "log"), os.path.join(HERE, "..", "e2e")]

from logworld import LogWorld, free_port  # noqa: E402
from postgres import Postgres  # noqa: E402

CONNECTIONS = "2000"


def say(name, value, unit):
    print(json.dumps({"name": name, "value": value, "unit": unit}), flush=True)


def result(*argv):
    out = subprocess.run(argv, check=True, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(out.strip().splitlines()[-1])


class Program:
    """A directory without witnesses, whose bounds are not in the way."""

    def __init__(self, build, root, name, *options):
        self.data = os.path.join(root, name)
        self.port = str(free_port())
        os.mkdir(self.data)
        self.process = subprocess.Popen(
            [os.path.join(build, "host/directory/touchstone-directory"),
             "--data", self.data, "--origin", "bench.test/log",
             "--listen", "127.0.0.1:" + self.port, "--rate-address", "0",
             "--rate-label", "0", "--per-address", "0", "--connections", "4000", *options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()

    def memory(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def stop(self):
        self.process.terminate()
        self.process.wait()


def size_of(folder):
    return sum(os.path.getsize(os.path.join(path, name))
               for path, _, names in os.walk(folder) for name in names)


def directory(build, loader, root, people, name, *options):
    program = Program(build, root, name, *options)
    try:
        done = result(loader, program.port, CONNECTIONS, "submit", str(people))
        say(f"{name}.submit", done["per_second"], "1/s")
        seen = [result(loader, program.port, "64", "lookup",
                       str(min(people, 2000)), "2") for _ in range(3)]
        say(f"{name}.lookup",
            statistics.median(s["per_second"] for s in seen), "1/s")
        say(f"{name}.answer", seen[0]["bytes"], "bytes")
        say(f"{name}.memory", program.memory(), "bytes")
    finally:
        program.stop()
    return program


def audit(build, public, key):
    argv = [os.path.join(build, "host/auditor/touchstone-auditor"), "--json",
            "--vkey", key, public]
    took = []
    for _ in range(3):
        start = time.monotonic()
        done = result(*argv)
        took.append(time.monotonic() - start)
    assert done["result"] == "fine", done
    say("audit", done["entries"] / statistics.median(took), "1/s")


def peers(folder, root, people):
    program = os.path.join(folder, "bin")
    done = result(os.path.join(program, "tesserabench"), "--dir",
                  os.path.join(root, "tessera"), "--entries", str(people))
    say("tessera.append", done["entries_per_second"], "1/s")
    say("tessera.disk", done["bytes"] / done["entries"], "bytes")
    done = result(os.path.join(program, "akd-bench"), "--entries",
                  str(min(people, 20000)), "--batch", "1000")
    for name in done:
        if isinstance(done[name], (int, float)):
            say("akd." + name, done[name], "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("loader")
    parser.add_argument("peers", nargs="?")
    parser.add_argument("--people", type=int, default=20000)
    parser.add_argument("--postgres", action="store_true")
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    with LogWorld(build) as world:
        ours = directory(build, args.loader, world.root, args.people, "sqlite")
        say("sqlite.disk", size_of(ours.data) / args.people, "bytes")
        key = subprocess.run(
            [os.path.join(build, "host/directory/touchstone-directory"), "key",
             "--data", ours.data], check=True, stdout=subprocess.PIPE,
            text=True).stdout.strip()
        audit(build, os.path.join(ours.data, "public"), key)
        if args.peers:
            peers(args.peers, world.root, args.people)
        shutil.rmtree(ours.data)
        if args.postgres:
            with Postgres() as server:
                directory(build, args.loader, world.root, args.people,
                          "postgres", "--store", server.url())


if __name__ == "__main__":
    main()
