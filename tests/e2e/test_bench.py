# SPDX-License-Identifier: BSD-2-Clause
"""usage: test_bench.py BUILD

The measurements still run and measure something: one round of each.  How fast
it was is not looked at.
"""

import json
import os
import subprocess
import sys

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                   "..", "bench", "run.py")
WANTED = {"token.touch", "helper.pin", "agent.memory.touch", "agent.disk.pin",
          "ssh-agent", "spawn.self-test", "ratio.ed25519", "ratio.p256",
          "load.own.ed25519", "load.both.ed25519", "notice", "unplug",
          "card.ratio.piv", "card.ratio.fido", "card.ready",
          "flash.statement", "flash.login", "flash.day.worst",
          "log.10000.check", "service.sqlite.submit", "service.audit",
          "service.postgres.lookup"}


def main(build):
    result = os.path.join(build, "bench-smoke.json")
    if os.path.exists(result):
        os.unlink(result)
    subprocess.run([sys.executable, "-B", RUN, build, "--rounds", "1",
                    "--contacts", "1", "--out", result], check=True)
    with open(result, encoding="utf-8") as f:
        seen = json.load(f)
    missing = WANTED - set(seen["figures"])
    empty = [name for name, figure in seen["figures"].items()
             if not figure["n"] > 0 or not figure["p50"] > 0]
    small = [row["name"] for row in seen["rows"]
             if row["unit"] in ("bytes", "MB") and not row["value"] > 0]
    unjudged = not any(row["met"] is not None for row in seen["rows"])
    if missing or empty or small or unjudged:
        print(f"missing {sorted(missing)}, empty {empty + small},"
              f" no target judged: {unjudged}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
