#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A directory whose memory runs out at the n-th allocation of a request.

The request fails or not; the directory lives, what it said holds, and the same
request succeeds when it is sent again.

usage: test_api_memory.py TOUCHSTONE-DIRECTORY ASKER FAIL-MALLOC
"""

import http.client
import mmap
import os
import struct
import sys
import tempfile

from apicase import Case, main
from asking import Mailbox, Refused

LIBRARY = os.path.abspath(sys.argv.pop(3))
ROUNDS = 40
BUSY = ("BUSY", "INTERNAL")


class Memory(Case):
    @classmethod
    def setUpClass(cls):
        counter = tempfile.NamedTemporaryFile(prefix="ts-malloc-")
        cls.addClassCleanup(counter.close)
        counter.write(bytes(8))
        counter.flush()
        cls.counter = mmap.mmap(counter.fileno(), 8)
        cls.addClassCleanup(cls.counter.close)
        cls.env = {"LD_PRELOAD": LIBRARY, "TS_FAIL_MALLOC": counter.name}
        super().setUpClass()

    def without_memory(self, n, call, *arguments):
        """True: it succeeded all the same."""
        self.counter[:] = struct.pack("=Q", n)
        try:
            call(*arguments)
            return True
        except Refused as refused:
            self.assertIn(refused.name, BUSY)
        except (OSError, http.client.HTTPException):
            pass  # the server had none for an answer
        finally:
            if self.counter[:] == bytes(8):
                type(self).failed += 1
            self.counter[:] = bytes(8)
        return False

    def each(self, call):
        """call(n) for the first allocations; some have to have failed it."""
        type(self).failed, good = 0, 0
        for n in range(1, ROUNDS):
            good += call(n)
            # A batch that failed for lack of memory is told for a minute.
            self.assertIn(self.directory.get("/healthz")[1].strip(),
                          (b"ok", b"failing"), n)
        self.assertGreater(self.failed, 5)
        self.assertLess(good, ROUNDS - 1)

    def test_submit(self):
        def submit(n):
            label = f"label{n}"
            genesis = self.asker.genesis(label, n)
            good = self.without_memory(n, self.asker.submit, label, 0,
                                       genesis)
            self.assertEqual(self.asker.submit(label, 0, genesis)[0], 200)
            self.assertEqual(self.asker.count(label), 1)
            return good
        self.each(submit)

    def test_update(self):
        self.identity("long")
        number = 1

        def submit(n):
            nonlocal number
            update = self.asker.update("long")
            good = self.without_memory(n, self.asker.submit, "long", number,
                                       update)
            self.assertEqual(self.asker.submit("long", number, update)[0],
                             200)
            number += 1
            return good
        self.each(submit)
        self.assertEqual(self.asker.count("long"), number)

    def test_lookup(self):
        self.identity("looked", 3, 2)

        def look(n):
            good = self.without_memory(n, self.asker.page, "looked")
            self.assertEqual(self.asker.count("looked"), 3)
            return good
        self.each(look)

    def test_mailbox(self):
        def put(n):
            box = Mailbox(self.asker, f"{n:064x}")
            good = self.without_memory(n, box.put, b"\1message")
            cnt = len(box.get())
            self.assertLessEqual(cnt, 1)
            self.assertGreaterEqual(cnt, int(good))
            return good
        self.each(put)


if __name__ == "__main__":
    main()
