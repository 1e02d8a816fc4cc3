# SPDX-License-Identifier: BSD-2-Clause
"""What touchstone-directory tells who runs it, when something is not right.

usage: test_operator.py DIRECTORY
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

DIRECTORY = sys.argv[1]


class Operator(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="ts-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.root, True)
        self.data = os.path.join(self.root, "d")

    def refused(self, *args, status=1):
        """What is said; it ends by itself."""
        done = subprocess.run([DIRECTORY, *args, "--data", self.data],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def run_once(self):
        """Started and ended."""
        with subprocess.Popen(
                [DIRECTORY, "--data", self.data, "--listen", "127.0.0.1:0",
                 "--origin", "example.org/o"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True) as process:
            try:
                self.assertIn("http://127.0.0.1:", process.stdout.readline())
            finally:
                process.terminate()
                process.wait()

    def test_before_the_first_start(self):
        for verb in (["key"], ["policy"], ["check"], ["invite"],
                     ["erase", "x@example.org"], ["copy", "/nowhere"]):
            self.assertIn("start the directory once", self.refused(*verb))
        self.assertFalse(os.path.exists(self.data))

    def test_options(self):
        for option, value in (("--url", "ftp://x"), ("--store", "mysql://x")):
            self.assertIn(option, self.refused(option, value, status=2))
        self.assertFalse(os.path.exists(self.data))
        self.assertIn("127.0.0.1:8440", self.refused("--listen", "localhost:1"))
        self.assertIn("no such file", self.refused("--policy", "/nowhere"))

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            at = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assertIn(at + ": Address already in use",
                          self.refused("--listen", at))

    def test_origin_stays(self):
        self.run_once()
        said = self.refused("--origin", "example.org/other")
        self.assertIn("the log here is example.org/o,", said)

    def test_keys(self):
        self.run_once()
        key = os.path.join(self.data, "keys", "vrf.key")
        os.chmod(key, 0o640)
        self.assertIn("chmod", self.refused())
        os.chmod(key, 0o600)
        with open(key, "w", encoding="ascii") as f:
            f.write("x\n")
        self.assertIn("damaged", self.refused())
        os.remove(key)
        self.assertIn("backup", self.refused())

    def test_names_that_are_not_there(self):
        self.run_once()
        self.assertIn("no record has this label",
                      self.refused("erase", "x@example.org"))
        self.assertIn("no database", self.refused("copy", self.root + "/x"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
