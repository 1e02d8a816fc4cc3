# SPDX-License-Identifier: BSD-2-Clause
"""touchstone-auditor with a policy of two logs: one is not held against the other.

test_auditor_two.py AUDITOR
"""

import os
import sys

sys.dont_write_bytecode = True

from ledger import Signer  # noqa: E402
from test_auditor import LOG, Log, fresh, run  # noqa: E402

OTHER = Signer("other.example/log", b"\3" * 32, 1)


@fresh
def other_log(folder, state):
    policy = state + ".policy"
    with open(policy, "w", encoding="ascii") as f:
        f.write(f"log {LOG.vkey()}\nlog {OTHER.vkey()}\nquorum none\n")

    def checked(status):
        return run("--policy", policy, "--state", state, folder,
                   status=status)

    log = Log(folder, 7).publish()
    assert checked(0)["size"] == 10
    for count in (6, 7, 8):  # smaller, of the same size, and larger
        other = Log(folder, count)
        text = other.checkpoint(other.leaves).replace(LOG.name, OTHER.name)
        other.publish(checkpoint=text, signers=[OTHER])
        got = checked(1)
        assert got["result"] == "unsigned", got
        assert not [n for n in os.listdir(os.path.dirname(state))
                    if "evidence" in n], "nobody is accused"
    log.publish()
    assert checked(0)["size"] == 10


other_log()
print("ok  other_log")
