# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the API share: a directory for each class."""

import sys
import unittest

from asking import Asker, Directory, Refused

PROGRAM, ASKER = sys.argv[1:3]
FREE = ("--rate-address", "0", "--rate-label", "0", "--per-address", "0",
        "--batch-ms", "20")


class Case(unittest.TestCase):
    options = FREE
    env = None

    @classmethod
    def setUpClass(cls):
        cls.directory = Directory(PROGRAM, *cls.options, env=cls.env)
        cls.addClassCleanup(cls.finish)
        cls.asker = Asker(ASKER, cls.directory)
        cls.addClassCleanup(cls.asker.close)

    @classmethod
    def finish(cls):
        """It ends well, and all it said are events."""
        try:
            if cls.directory.process.poll() is None:
                status = cls.directory.stop()
                if status != 0:
                    raise AssertionError(f"{status}: {cls.directory.said()}")
            cls.directory.events()
        finally:
            cls.directory.close()

    def refused(self, name, status, call, *arguments):
        with self.assertRaises(Refused) as caught:
            call(*arguments)
        self.assertEqual((caught.exception.name, caught.exception.status),
                         (name, status))
        return caught.exception

    def identity(self, label, seed=1, updates=0):
        """Published, with so many updates; the envelope of its genesis."""
        genesis = self.asker.genesis(label, seed)
        self.assertEqual(self.asker.submit(label, 0, genesis)[0], 200)
        for i in range(updates):
            self.assertEqual(self.asker.submit(
                label, i + 1, self.asker.update(label, seed))[0], 200)
        return genesis


def main():
    unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[3:]],
                  verbosity=2)
