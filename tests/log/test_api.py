#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The directory over HTTP, end to end: SPEC 14 and 15.

usage: test_api.py TOUCHSTONE-DIRECTORY ASKER [TEST...]
"""

import concurrent.futures
import hashlib
import http.server
import os
import random
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from asking import Asker, Directory, Mailbox, Refused

FREE = ("--rate-address", "0", "--rate-label", "0", "--per-address", "0",
        "--batch-ms", "20")


class Case(unittest.TestCase):
    options = FREE

    @classmethod
    def setUpClass(cls):
        cls.directory = Directory(PROGRAM, *cls.options)
        cls.addClassCleanup(cls.directory.close)
        cls.asker = Asker(ASKER, cls.directory)
        cls.addClassCleanup(cls.asker.close)

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


class Story(Case):
    def test_absent(self):
        self.assertEqual(self.asker.count("nobody"), 0)
        self.asker.say("forget")
        self.assertEqual(self.asker.count("nobody"), 0)
        self.assertEqual(self.asker.page("nobody", 7)[:2], (0, True))

    def test_identity(self):
        self.identity("alice", 1, 3)
        self.assertEqual(self.asker.count("alice"), 4)
        self.asker.say("forget")
        self.assertEqual(self.asker.count("alice"), 4)
        self.assertEqual(self.asker.page("alice", 2)[:2], (2, True))
        self.assertEqual(self.asker.page("alice", 4)[:2], (0, True))
        self.assertEqual(self.asker.page("alice", 9)[:2], (0, True))

    def test_pages(self):
        """A page has 64 records; the one before the last is not the last."""
        self.identity("paul", 7, 64)
        self.assertEqual(self.asker.page("paul")[:2], (64, False))
        self.assertEqual(self.asker.page("paul", 1)[:2], (64, True))
        self.assertEqual(self.asker.page("paul", 64)[:2], (1, True))
        self.assertEqual(self.asker.count("paul"), 65)

    def test_hidden_record(self):
        """A page that leaves the last record out does not verify."""
        self.identity("mallory", 3, 1)
        body = self.asker.make("lookup", "mallory", 0)
        good = self.asker.post("/v1/lookup", body)[1]
        self.asker.check("mallory", 0, good)
        for i in random.Random(1).sample(range(len(good)), 60):
            bad = bytearray(good)
            bad[i] ^= 1
            said = self.asker.say("page", "mallory", 0, bytes(bad))
            self.assertTrue(said.startswith("error"), (i, said))
        self.assertTrue(self.asker.say("page", "mallor", 0, good)
                        .startswith("error"))

    def test_again(self):
        genesis = self.identity("again", 9)
        first = self.asker.submit("again", 0, genesis)
        self.assertEqual(first[0], 200)
        # The same statement with other signatures, too.
        other = self.asker.genesis("again", 9)
        self.assertNotEqual(other, genesis)
        self.assertEqual(self.asker.submit("again", 0, other), first)
        self.assertEqual(self.asker.count("again"), 1)

    def test_conflicts(self):
        self.identity("carol", 11)
        update = self.asker.update("carol", 11)
        self.refused("CONFLICT", 409, self.asker.submit, "carol", 2, update)
        self.refused("CONFLICT", 409, self.asker.submit, "carol", 0, update)
        self.refused("CONFLICT", 409, self.asker.submit, "carol", 0,
                     self.asker.genesis("carol", 13))
        self.assertEqual(self.asker.count("carol"), 1)

    def test_wrong(self):
        genesis = self.identity("dave", 15)
        self.asker.update("dave", 15)
        late = self.asker.update("dave", 15)
        self.assertEqual(self.refused("REFUSED", 422, self.asker.submit,
                                      "dave", 1, late).err, 38)  # SEQ
        self.asker.genesis("dave", 15)
        stranger = self.asker.update("dave", 99)
        self.assertEqual(self.refused("REFUSED", 422, self.asker.submit,
                                      "dave", 1, stranger).err, 34)
        broken = bytearray(genesis)
        broken[-70] ^= 1
        self.refused("REFUSED", 422, self.asker.submit, "david", 0, genesis)
        fresh = bytearray(self.asker.genesis("erin", 17))
        # The last bytes are flags and counter of the last signature.
        fresh[-12] ^= 1
        self.assertEqual(self.refused("REFUSED", 422, self.asker.submit,
                                      "erin", 0, bytes(fresh)).err, 33)
        self.assertEqual(self.asker.count("erin"), 0)

    def test_race(self):
        """Many statements for one place: one gets it, and only one."""
        self.identity("race", 19)
        update = self.asker.update("race", 19)
        envelopes = [update]
        for _ in range(15):
            self.asker.say("back", "race")
            envelopes.append(self.asker.update("race", 19))
        # The same statement with other signatures: all get its place.
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = list(pool.map(lambda e: self.asker.submit("race", 1, e),
                                envelopes))
        self.assertEqual(len(set(got)), 1)
        self.assertEqual(got[0][0], 200)

        def begin(i):
            try:
                return self.asker.submit("rivals", 0, rivals[i])[0]
            except Refused as refused:
                return refused.name
        rivals = [self.asker.genesis("rivals", 100 + 2 * i)
                  for i in range(16)]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            got = sorted(pool.map(begin, range(16)), key=str)
        self.assertEqual(got[0], 200)
        self.assertTrue(set(got[1:]) <= {"CONFLICT", "REPLACE"}, got)
        self.assertEqual(self.asker.count("rivals"), 1)

    def test_consistency(self):
        sizes = []
        for i in range(3):
            self.identity(f"size{i}", 21 + 2 * i)
            sizes.append(self.asker.page(f"size{i}")[3])
        for older in sizes:
            body = self.asker.make("span", older, sizes[-1])
            _, got = self.asker.post("/v1/consistency", body)
            root = self.asker.say("consistent", older, sizes[-1], got)
            self.assertEqual(len(root), 64, root)
        body = self.asker.make("span", sizes[0], 10 ** 12)
        self.refused("NOT_FOUND", 404, self.asker.post, "/v1/consistency",
                     body)
        body = self.asker.make("lookup", "size0", 0)
        self.refused("FORMAT", 400, self.asker.post, "/v1/consistency", body)

    def test_ahead(self):
        """Who has seen more than is published here is asked to wait."""
        self.asker.page("nobody")
        body = bytearray(self.asker.make("lookup", "nobody", 0))
        ahead = bytes.fromhex("a4000101") + bytes(body[4:body.index(b"\x03")])
        ahead += b"\x03\x1a\x7f\xff\xff\xff"
        self.refused("BUSY", 503, self.asker.post, "/v1/lookup", ahead)


class Log(Case):
    def test_files(self):
        self.identity("frank")
        status, note, headers = self.directory.get("/checkpoint")
        self.assertEqual(status, 200)
        lines = note.decode().split("\n")
        self.assertEqual(lines[0], "test.example/log")
        size = int(lines[1])
        status, tile, headers = self.directory.get(f"/tile/0/000.p/{size}")
        self.assertEqual((status, len(tile)), (200, 32 * size))
        self.assertIn("immutable", headers["Cache-Control"])
        status, entries, _ = self.directory.get(
            f"/tile/entries/000.p/{size}")
        self.assertEqual(status, 200)
        self.assertEqual(int.from_bytes(entries[:2], "big"), 56)
        leaf = entries[2:58]
        self.assertEqual(leaf[:24], b"touchstone directory v1\n")
        self.assertEqual(hashlib.sha256(b"\0" + leaf).digest(), tile[:32])

    def test_paths(self):
        """Only names that the log writes lead to files."""
        for path in ("/tile/0/0", "/tile/0/000.p/0", "/tile/0/000.p/01",
                     "/tile/../../log.key", "/tile/0/../../../keys/log.key",
                     "/tile/0/000%2fx", "/tile/", "/tile", "/tile/0/000.p/",
                     "/tile/9/000", "/tile/0/x00/000", "/keys/log.key",
                     "//checkpoint", "/checkpoint/", "/v1/policy/", "/",
                     "/v1/lookup", "/v2/lookup", "/v1/bundle/",
                     "/v1/bundle/" + "0" * 63, "/v1/bundle/" + "g" * 64,
                     "/v1/bundle/" + "0" * 64):
            status, body, _ = self.directory.get(path)
            self.assertEqual(status, 404, path)
            self.assertNotIn(b"PRIVATE", body)
        self.assertEqual(self.directory.ask("POST", "/checkpoint", b"")[0],
                         404)

    def test_policy(self):
        status, text, _ = self.directory.get("/v1/policy")
        self.assertEqual(status, 200)
        self.assertIn(b"log test.example/log+", text)

    def test_metrics(self):
        before = self.directory.metrics()
        self.identity("grace", 41)
        self.asker.count("grace")
        after = self.directory.metrics()
        for name in ("touchstone_log_entries",
                     "touchstone_records_admitted_total",
                     'touchstone_answers_total{route="lookup",status="2xx"}',
                     'touchstone_answers_total{route="submit",status="2xx"}'):
            self.assertEqual(after[name], before.get(name, 0) + 1, name)
        self.assertGreater(after["touchstone_log_published_size"],
                           before["touchstone_log_published_size"])
        self.refused("CONFLICT", 409, self.asker.submit, "grace", 5,
                     self.asker.update("grace", 41))
        name = 'touchstone_refusals_total{reason="CONFLICT"}'
        self.assertEqual(self.directory.metrics()[name],
                         after.get(name, 0) + 1)

    def test_health(self):
        self.assertEqual(self.directory.get("/healthz")[:2], (200, b"ok\n"))


class Silence(Case):
    """Nothing of a user is in a log, whatever the level."""
    options = (*FREE, "--log-level", "debug")

    def test_silence(self):
        self.identity("secretlabel", 51, 1)
        self.asker.count("secretlabel")
        self.refused("CONFLICT", 409, self.asker.submit, "secretlabel", 9,
                     self.asker.update("secretlabel", 51))
        Mailbox(self.asker, "ab" * 32).put(b"secretmessage")
        self.directory.get("/v1/secretpath")
        self.directory.stop()
        said = self.directory.said()
        self.assertNotRegex(said, "secret|abab|127\\.0\\.0\\.1.*127")
        events = self.directory.events()
        self.assertTrue(any(e["event"] == "lookup" and e["status"] == 200
                            for e in events), said)
        for event in events:
            self.assertRegex(event["time"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class Erasure(Case):
    def test_gone(self):
        genesis = self.identity("heidi", 61, 1)
        self.identity("ivan", 63)
        self.directory.run("erase", "heidi")  # while it is served
        body = self.asker.make("lookup", "heidi", 0)
        self.refused("GONE", 410, self.asker.post, "/v1/lookup", body)
        body = self.asker.make("lookup", "heidi", 9)
        self.refused("GONE", 410, self.asker.post, "/v1/lookup", body)
        self.refused("GONE", 410, self.asker.submit, "heidi", 0, genesis)
        self.refused("GONE", 410, self.asker.submit, "heidi", 0,
                     self.asker.genesis("heidi", 65))
        self.assertEqual(self.asker.count("ivan"), 1)


class Invitations(Case):
    options = (*FREE, "--genesis", "invite")

    def invite(self):
        return self.directory.run("invite").split()[-1]

    def test_invitation(self):
        self.refused("INVITATION", 403, self.asker.submit, "judy", 0,
                     self.asker.genesis("judy"))
        self.refused("INVITATION", 403, self.asker.submit, "judy", 0,
                     self.asker.genesis("judy"), "guessed")
        word = self.invite()
        self.assertEqual(self.asker.submit(
            "judy", 0, self.asker.genesis("judy"), word)[0], 200)
        self.refused("INVITATION", 403, self.asker.submit, "karl", 0,
                     self.asker.genesis("karl", 3), word)
        self.assertEqual(self.asker.submit(
            "judy", 1, self.asker.update("judy"))[0], 200)
        # Taken over with another invitation only.
        other = self.asker.genesis("judy", 5)
        self.refused("REPLACE", 403, self.asker.submit, "judy", 2, other)
        self.refused("INVITATION", 403, self.asker.submit, "judy", 2, other,
                     word)
        self.assertEqual(self.asker.submit("judy", 2, other,
                                           self.invite())[0], 200)
        self.assertEqual(self.asker.count("judy"), 3)

    def test_once(self):
        """Used by many at the same moment, it lets one in."""
        word = self.invite()

        def begin(i):
            try:
                return self.asker.submit(f"guest{i}", 0, made[i], word)[0]
            except Refused as refused:
                return refused.name
        made = [self.asker.genesis(f"guest{i}", i) for i in range(12)]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            got = sorted(pool.map(begin, range(12)), key=str)
        self.assertEqual(got, [200] + 11 * ["INVITATION"])


class Domain(Case):
    """A host of its own, with an authority of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="ts-domain-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.make_keys()
        cls.files, cls.asked = {}, []
        outer = cls

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.headers["Host"], self.path))
                text = outer.files.get(self.headers["Host"], "").encode()
                if outer.files.get("redirect"):
                    self.send_response(302)
                    self.send_header("Location", outer.files["redirect"])
                else:
                    self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                     Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(cls.folder, "host.pem"))
        cls.server.socket = context.wrap_socket(cls.server.socket,
                                                server_side=True)
        threading.Thread(target=cls.server.serve_forever,
                         daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.options = (*FREE, "--genesis", "domain", "--ca-file",
                       os.path.join(cls.folder, "ca.pem"), "--domain-at",
                       "127.0.0.1:%d" % cls.server.server_port)
        super().setUpClass()

    @classmethod
    def make_keys(cls):
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=cls.folder, check=True,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes")
        openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=test",
                "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", *curve, "-subj", "/CN=host", "-keyout", "host.key",
                "-out", "host.csr")
        with open(os.path.join(cls.folder, "names"), "w",
                  encoding="ascii") as f:
            f.write("subjectAltName=DNS:good.example,DNS:other.example\n")
        openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-days", "2", "-extfile", "names", "-out",
                "host.crt")
        with open(os.path.join(cls.folder, "host.pem"), "wb") as f:
            for name in ("host.key", "host.crt"):
                with open(os.path.join(cls.folder, name), "rb") as part:
                    f.write(part.read())

    def setUp(self):
        self.files.clear()
        self.asked.clear()

    def begin(self, label, seed=1):
        return self.asker.submit(label, 0, self.asker.genesis(label, seed))

    def vouch(self, label, seed=1):
        self.asker.genesis(label, seed)
        host = label.split("@")[1]
        self.files[host] = (f"# people\nsomebody@{host} touch1x\n{label} "
                            + self.asker.say("code", label) + "\n")

    def test_vouches(self):
        self.vouch("alice@good.example")
        self.assertEqual(self.begin("alice@good.example")[0], 200)
        self.assertEqual(self.asked,
                         [("good.example", "/.well-known/touchstone")])
        self.asked.clear()
        self.assertEqual(self.asker.submit(
            "alice@good.example", 1,
            self.asker.update("alice@good.example"))[0], 200)
        self.assertEqual(self.begin("alice@good.example")[0], 200)
        self.assertEqual(self.asked, [])

    def test_does_not(self):
        self.refused("DOMAIN", 403, self.begin, "bob@good.example")
        asked = len(self.asked)
        self.assertEqual(asked, 1)
        # Not asked again for a while.
        self.refused("DOMAIN", 403, self.begin, "bob@good.example")
        self.assertEqual(len(self.asked), asked)
        # Another identity of this name is.
        self.vouch("bob@good.example", 3)
        self.assertEqual(self.begin("bob@good.example", 3)[0], 200)

    def test_no_host(self):
        for label in ("carol", "carol@localhost", "carol@127.0.0.1"):
            self.refused("DOMAIN", 403, self.begin, label)
        self.assertEqual(self.asked, [])

    def test_tls(self):
        """The certificate has to be of the label's host."""
        self.vouch("dave@evil.example")
        self.refused("DOMAIN", 403, self.begin, "dave@evil.example")
        self.assertEqual(self.asked, [])

    def test_redirect(self):
        self.vouch("erin@good.example")
        self.files["redirect"] = "https://other.example/"
        self.refused("DOMAIN", 403, self.begin, "erin@good.example")
        self.assertEqual(len(self.asked), 1)

    def test_too_long(self):
        self.vouch("frank@good.example")
        self.files["good.example"] = ("#" * 70000 + "\n"
                                      + self.files["good.example"])
        self.refused("DOMAIN", 403, self.begin, "frank@good.example")


class Limits(Case):
    options = ("--rate-label", "4", "--rate-address", "0", "--batch-ms",
               "20")

    def test_one_identity(self):
        self.identity("lena", 71, 3)
        update = self.asker.update("lena", 71)
        refused = self.refused("RATE", 429, self.asker.submit, "lena", 4,
                               update)
        self.assertGreater(refused.retry, 60)
        # Others are not concerned, and what is there is answered.
        self.identity("mia", 73, 1)
        self.assertEqual(self.asker.count("lena"), 4)

    def test_not_by_strangers(self):
        """What does not hold uses nothing up of a label's limit."""
        self.identity("nora", 75)
        for _ in range(20):
            self.asker.genesis("nora", 75)
            bad = self.asker.update("nora", 99)
            self.refused("REFUSED", 422, self.asker.submit, "nora", 1, bad)
        self.asker.genesis("nora", 75)
        self.assertEqual(self.asker.submit(
            "nora", 1, self.asker.update("nora", 75))[0], 200)


class AddressLimits(Case):
    options = ("--rate-address", "120", "--rate-label", "0", "--batch-ms",
               "20", "--trust-proxy")

    def asks(self, who, cnt):
        headers = {"X-Forwarded-For": who}
        body = self.asker.make("lookup", "nobody", 0)
        return [self.directory.ask("POST", "/v1/lookup", body, headers)
                for _ in range(cnt)]

    def test_addresses(self):
        statuses = [a[0] for a in self.asks("198.51.100.1", 160)]
        self.assertEqual(statuses[:100], 100 * [200])
        self.assertIn(429, statuses)
        last = self.asks("198.51.100.1", 1)[0]
        if last[0] == 429:
            self.assertGreaterEqual(int(last[2]["Retry-After"]), 1)
        self.assertEqual(self.asks("198.51.100.2", 1)[0][0], 200)
        # IPv6 by its /64, so one house is one address.
        for i in range(200):
            status = self.asks(f"2001:db8::{i:x}", 1)[0][0]
        self.assertEqual(status, 429)
        self.assertEqual(self.asks("2001:db8:0:1::1", 1)[0][0], 200)

    def test_new_identities(self):
        """They stay for ever, so there are fewer of them."""
        statuses = []
        for i in range(12):
            body = self.asker.body(f"many{i}", 0,
                                   self.asker.genesis(f"many{i}", i))
            statuses.append(self.directory.ask(
                "POST", "/v1/submit", body,
                {"X-Forwarded-For": "198.51.100.9"})[0])
        self.assertEqual(statuses[:7], 7 * [200])
        self.assertEqual(statuses[-1], 429)


class Bodies(Case):
    def test_sizes(self):
        for path, most in (("/v1/lookup", 256), ("/v1/consistency", 256),
                           ("/v1/submit", 80000),
                           ("/v1/mailbox/" + "0" * 64, 256)):
            self.refused("TOO_LARGE", 413, self.asker.post, path,
                         bytes(most + 1))
            if "mailbox" not in path:
                self.refused("FORMAT", 400, self.asker.post, path, bytes(9))
                self.refused("FORMAT", 400, self.asker.post, path, b"")
        self.refused("FORMAT", 400, self.asker.post,
                     "/v1/mailbox/" + "0" * 64, b"")

    def test_announced(self):
        """A length is believed before a body comes."""
        for length in (10 ** 6, 10 ** 12, 2 ** 64, -1):
            with socket.create_connection(
                    ("127.0.0.1", self.directory.port), 20) as s:
                s.sendall(b"POST /v1/submit HTTP/1.1\r\nHost: x\r\n"
                          b"Content-Length: %d\r\n\r\n" % length)
                self.assertRegex(s.recv(4096), rb"^(HTTP/1.1 4|$)")

    def test_garbage(self):
        """Every cut and many a flip of good requests: refused in form."""
        rng = random.Random(6)
        body = self.asker.body("oscar", 0, self.asker.genesis("oscar", 81))
        lookup = self.asker.make("lookup", "oscar", 0)
        for _ in range(150):
            for path, good in (("/v1/submit", body), ("/v1/lookup", lookup)):
                bad = bytearray(good)
                for _ in range(rng.randrange(3)):
                    bad[rng.randrange(len(bad))] = rng.randrange(256)
                bad = bytes(bad[:rng.randrange(len(bad))])
                status, got, _ = self.directory.ask("POST", path, bad)
                self.assertIn(status, (400, 422, 403, 409), bad.hex())
                self.assertNotIn("error", self.asker.say("refused", got))
        self.assertEqual(self.asker.count("oscar"), 0)
        self.assertEqual(self.directory.get("/healthz")[0], 200)


class Boxes(Case):
    def box(self, name):
        return Mailbox(self.asker,
                       hashlib.sha256(name.encode()).hexdigest())

    def test_messages(self):
        box = self.box("one")
        self.assertEqual(box.get(), [])
        self.assertEqual(box.put(b"\1first"), 204)
        box.put(b"\1second")
        got = box.get()
        self.assertEqual([m for _, m in got], [b"\1first", b"\1second"])
        self.assertEqual(box.get(got[0][0]), got[1:])
        self.assertEqual(box.get(got[1][0]), [])
        self.assertEqual(self.box("two").get(), [])

    def test_waiting(self):
        """Who waits gets it when it comes, and not before."""
        box = self.box("three")
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            waiting = [pool.submit(box.get, 0, 25) for _ in range(40)]
            others = pool.submit(self.box("four").get, 0, 1)
            self.wait_for(41)
            self.assertFalse(any(w.done() for w in waiting))
            box.put(b"\1now")
            for w in waiting:
                self.assertEqual([m for _, m in w.result(20)], [b"\1now"])
            self.assertEqual(others.result(20), [])

    def wait_for(self, cnt):
        """Until so many requests are held."""
        for _ in range(600):
            held = self.directory.metrics()["touchstone_mailbox_waiting"]
            if held >= cnt:
                return
            time.sleep(0.02)
        self.fail(f"{held} requests are held")

    def test_full(self):
        box = self.box("five")
        for i in range(16):
            box.put(bytes([1, i]))
        self.refused("RATE", 429, box.put, b"\1more")
        self.assertEqual(len(box.get()), 16)

    def test_form(self):
        for path in ("/v1/mailbox/" + "A" * 64, "/v1/mailbox/" + "0" * 63,
                     "/v1/mailbox/" + "0" * 65,
                     "/v1/mailbox/" + "0" * 64 + "?after=x",
                     "/v1/mailbox/" + "0" * 64 + "?wait=1",
                     "/v1/mailbox/" + "0" * 64 + "?after=1&wait=26"):
            self.assertEqual(self.directory.get(path)[0], 400, path)
        self.assertEqual(self.directory.get("/v1/mailbox/")[0], 404)


class End(Case):
    def test_end(self):
        """Who waits is answered before it goes, and nothing is lost."""
        box = Mailbox(self.asker, "cd" * 32)
        made = [self.asker.genesis(f"last{i}", i) for i in range(50)]
        bodies = [self.asker.body(f"last{i}", 0, made[i]) for i in range(50)]
        with concurrent.futures.ThreadPoolExecutor(60) as pool:
            boxes = [pool.submit(box.get, 0, 25) for _ in range(4)]
            answers = [pool.submit(self.directory.ask, "POST", "/v1/submit",
                                   b) for b in bodies]
            while self.directory.metrics()["touchstone_mailbox_waiting"] < 4:
                time.sleep(0.01)
            begin = time.monotonic()
            self.assertEqual(self.directory.stop(), 0)
            self.assertLess(time.monotonic() - begin, 20)
            for b in boxes:
                self.assertEqual(b.result(10), [])
            good = []
            for i, a in enumerate(answers):
                try:
                    if a.result(10)[0] in (200, 202):
                        good.append(i)
                except OSError:
                    pass
        self.assertTrue(good)
        self.directory.start()
        for i in good:
            self.assertEqual(self.asker.count(f"last{i}"), 1)


class Slow(Case):
    options = ("--rate-address", "0", "--rate-label", "0", "--per-address",
               "0", "--connections", "1500", "--batch-ms", "20")

    def test_slow_clients(self):
        """A thousand that never end their requests, and one that does."""
        self.identity("patient", 91, 1)
        begin = self.directory.memory()
        slow = []
        head = (b"POST /v1/submit HTTP/1.1\r\nHost: x\r\n"
                b"Content-Length: 50000\r\n\r\n")
        try:
            for i in range(1000):
                s = socket.create_connection(
                    ("127.0.0.1", self.directory.port), 20)
                s.sendall((b"GET /check", head, head + bytes(20000))[i % 3])
                slow.append(s)
            for _ in range(20):
                self.assertEqual(self.asker.count("patient"), 2)
            self.identity("quick", 93)
            grown = self.directory.memory() - begin
            self.assertLess(grown, 1000 * 100000, grown)
        finally:
            for s in slow:
                s.close()
        self.assertEqual(self.asker.count("quick"), 1)

    def test_flood(self):
        """Lookups and messages without end: memory stays where it is."""
        def ask(i):
            connection = self.directory.connect()
            for j in range(250):
                body = self.asker.make("lookup", f"flood{i}.{j}", j)
                connection.request("POST", "/v1/lookup", body)
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, 200)
                name = hashlib.sha256(b"%d %d" % (i, j)).hexdigest()
                connection.request("POST", "/v1/mailbox/" + name,
                                   b"\1" + bytes(200))
                connection.getresponse().read()
            connection.close()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(4)))
            before = self.directory.memory()
            list(pool.map(ask, range(4, 8)))
        self.assertLess(self.directory.memory() - before, 12_000_000)


if __name__ == "__main__":
    PROGRAM, ASKER = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
