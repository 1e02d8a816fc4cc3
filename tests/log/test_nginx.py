# SPDX-License-Identifier: BSD-2-Clause
"""docs/nginx.conf as it is, but for the lines that an operator edits: a real
nginx in front of a real directory, over TLS, and the log served without it."""

import os
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest

import audited
from asking import Asker, Directory, Refused
from nginx import Nginx, SITE

BUILD = ""


class Behind:
    """A directory as its users see it: by nginx."""

    def __init__(self, nginx):
        self.nginx = nginx

    def ask(self, method, path, body=None, headers=None):
        status, got, sent = self.nginx.request(method, path, body, headers)
        return status, sent, got

    def get(self, path):
        return self.ask("GET", path)


class WithNginx(unittest.TestCase):
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="ts-ngdir-", dir="/tmp")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        os.chmod(cls.folder, 0o711)
        cls.directory = Directory(
            os.path.join(BUILD, "host/directory/touchstone-directory"),
            "--trust-proxy", *cls.options, data=cls.folder)
        cls.addClassCleanup(cls.directory.close)
        public = os.path.join(cls.folder, "data/public")
        cls.nginx = Nginx(f"127.0.0.1:{cls.directory.port}", public)
        cls.nginx.__enter__()
        cls.addClassCleanup(cls.nginx.close)

    def asker(self):
        asker = Asker(os.path.join(BUILD, "tests/log/asker"),
                      Behind(self.nginx))
        self.addCleanup(asker.close)
        return asker


class Site(WithNginx):
    def test_a_person_from_begin_to_end(self):
        asker = self.asker()
        label = "ann@example.org"
        status, leaf = asker.submit(label, 0, asker.genesis(label, 1))
        self.assertEqual(status, 200)
        self.assertGreaterEqual(leaf, 2)
        self.assertEqual(asker.submit(label, 1, asker.update(label, 1))[0],
                         200)
        self.assertEqual(asker.count(label), 2)
        with self.assertRaises(Refused) as refused:
            asker.submit(label, 7, asker.update(label, 1))
        self.assertEqual(refused.exception.name, "CONFLICT")
        # A mailbox holds a request until there is something.
        box = "/v1/mailbox/" + "ab" * 32
        later = threading.Timer(0.5, self.nginx.request,
                                ["POST", box, b"hello"])
        later.start()
        status, _, got = self.nginx.request("GET", box + "?after=0&wait=20")
        later.join()
        self.assertEqual(status, 200)
        self.assertIn(b"hello", got)

    def test_the_log_without_the_directory(self):
        asker = self.asker()
        for i in range(3):
            label = f"tile{i}@example.org"
            asker.submit(label, 0, asker.genesis(label, i + 1))
        policy = self.directory.get("/v1/policy")[1]
        self.directory.stop()
        try:
            self.assertEqual(self.nginx.request("GET", "/v1/policy")[0], 502)
            audited.place(BUILD, f"https://localhost:{self.nginx.port}",
                          policy, "--ca-file", self.nginx.ca)
            self.types()
        finally:
            self.directory.start()
        audited.folder(BUILD, os.path.join(self.folder, "data/public"), policy)

    def types(self):
        status, headers, note = self.nginx.request("GET", "/checkpoint")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(headers["Cache-Control"], "no-cache")
        self.assertIsNone(headers["ETag"])
        size = int(note.split(b"\n")[1])
        for tile, each in ((f"/tile/0/000.p/{size}", 32),
                           (f"/tile/entries/000.p/{size}", None)):
            status, headers, got = self.nginx.request("GET", tile)
            self.assertEqual(status, 200, tile)
            self.assertEqual(headers["Content-Type"],
                             "application/octet-stream")
            self.assertIn("immutable", headers["Cache-Control"])
            self.assertIn("max-age=31536000", headers["Cache-Control"])
            if each:
                self.assertEqual(len(got), each * size)

    def test_what_is_not_served(self):
        for path in ("/metrics", "/healthz", "/", "/keys/log.key",
                     "/tile/../../keys/log.key", "/tile/%2e%2e/directory.db",
                     "/directory.db", "/v2/lookup"):
            self.assertIn(self.nginx.request("GET", path)[0],
                          (400, 403, 404), path)
        self.assertEqual(self.nginx.request("POST", "/checkpoint", b"x")[0],
                         403)
        # Nothing beside public/ could be read, whatever nginx were told.
        mode = os.stat(os.path.join(self.folder, "data/keys")).st_mode
        self.assertEqual(mode & 0o077, 0)

    def test_bodies(self):
        try:
            status = self.nginx.request("POST", "/v1/lookup", b"x" * 70000)[0]
        except OSError:
            status = 413  # nginx did not wait for all of it
        self.assertEqual(status, 413)
        # The largest one that there can be arrives.
        status, _, got = self.nginx.request("POST", "/v1/submit",
                                            b"x" * 58600)
        self.assertEqual(status, 400, got)

    def test_a_log_of_requests_without_people(self):
        asker = self.asker()
        asker.submit("zoe@example.org", 0, asker.genesis("zoe@example.org"))
        self.nginx.request("GET", "/v1/mailbox/" + "cd" * 32 + "?after=0")
        lines, end = "", time.monotonic() + 30
        while "/v1/mailbox" not in lines and time.monotonic() < end:
            time.sleep(0.05)  # nginx writes after it has answered
            with open(self.nginx.log, encoding="utf-8") as log:
                lines = log.read()
        self.assertIn("POST /v1/submit 200", lines)
        self.assertIn("GET /v1/mailbox 200", lines)
        for secret in ("zoe", "127.0.0.1", "cdcd", "after"):
            self.assertNotIn(secret, lines)
        with open(self.nginx.errors, encoding="utf-8") as log:
            self.assertEqual(log.read(), "")

    def test_the_page_agrees(self):
        """What DIRECTORY.md says of the file."""
        with open(SITE, encoding="utf-8") as site:
            text = site.read()
        page = os.path.join(os.path.dirname(SITE), "DIRECTORY.md")
        with open(page, encoding="utf-8") as doc:
            doc = doc.read()
        self.assertIn("--trust-proxy", doc)
        self.assertEqual(len(re.findall("# <--", text)), 9)


class Limits(WithNginx):
    options = ("--rate-address", "30")

    def test_the_address_is_nginx_word(self):
        """Who says to be somebody else each time is still one address."""
        answers = []
        for i in range(90):
            answers.append(self.nginx.request(
                "POST", "/v1/lookup", b"",
                {"X-Forwarded-For": f"192.0.2.{i}"}))
        self.assertEqual(answers[0][0], 400)
        refused = [got for status, _, got in answers if status == 429]
        # By the directory: its refusals are CBOR.
        self.assertTrue(refused and all(got[0] >> 5 == 5 for got in refused))
        # Directly, what the proxy says is believed.
        status = self.directory.ask("POST", "/v1/lookup", b"",
                                    {"X-Forwarded-For": "198.51.100.7"})[0]
        self.assertEqual(status, 400)
        # A flood does not even come so far.
        answers = []
        for _ in range(40):
            threads = [threading.Thread(target=lambda: answers.append(
                self.nginx.request("GET", "/v1/policy"))) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertTrue(any(status == 429 and got.startswith(b"<html>")
                            for status, _, got in answers))


if __name__ == "__main__":
    BUILD = sys.argv.pop(1)
    unittest.main()
