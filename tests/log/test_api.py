#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The directory over HTTP, end to end: SPEC 14 and 15.

usage: test_api.py TOUCHSTONE-DIRECTORY ASKER [TEST...]
"""

import base64
import concurrent.futures
import hashlib
import random
import tempfile
import threading
import time

from apicase import ASKER, FREE, PROGRAM, Case, main
from asking import Asker, Directory, Mailbox, Refused, free_port


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

    def test_storm(self):
        """Every page verifies, whatever is published meanwhile."""
        self.identity("storm", 31)
        over = threading.Event()

        def look(_):
            seen, pages = 0, 0
            with Asker(ASKER, self.directory) as asker:
                while not over.is_set():
                    cnt = asker.count("storm")
                    self.assertGreaterEqual(cnt, seen)
                    seen, pages = cnt, pages + 1
                return asker.count("storm"), pages

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            looks = [pool.submit(look, i) for i in range(3)]
            try:
                for i in range(40):
                    self.assertEqual(self.asker.submit(
                        "storm", i + 1, self.asker.update("storm", 31))[0],
                                     200)
            finally:
                over.set()
            for cnt, pages in (look.result(60) for look in looks):
                self.assertEqual(cnt, 41)
                self.assertGreater(pages, 5)

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
            self.wait_for(40)
            # Another box is another box, and a wait ends.
            self.assertEqual(self.box("four").get(0, 1), [])
            self.assertFalse(any(w.done() for w in waiting))
            box.put(b"\1now")
            for w in waiting:
                self.assertEqual([m for _, m in w.result(20)], [b"\1now"])

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


class Unwitnessed(Case):
    """No witness answers: durable, and not published."""

    @classmethod
    def setUpClass(cls):
        name, point = b"dead.example", bytes([0x58]) + 31 * bytes([0x66])
        key = b"\x04" + point
        vkey = b"%s+%s+%s" % (
            name, hashlib.sha256(name + b"\n" + key).hexdigest()[:8].encode(),
            base64.b64encode(key))
        with tempfile.NamedTemporaryFile(prefix="ts-policy-") as f:
            f.write(b"witness dead %s http://127.0.0.1:%d\nquorum dead\n"
                    % (vkey, free_port()))
            f.flush()
            cls.directory = Directory(PROGRAM, *FREE, "--policy", f.name,
                                      well=503)
        cls.addClassCleanup(cls.finish)
        cls.asker = Asker(ASKER, cls.directory)
        cls.addClassCleanup(cls.asker.close)

    def test_waits(self):
        genesis = self.asker.genesis("walter")
        self.assertEqual(self.asker.submit("walter", 0, genesis)[0], 202)
        self.assertEqual(self.directory.get("/healthz")[1], b"starting\n")
        self.assertEqual(self.directory.get("/checkpoint")[0], 503)
        body = self.asker.make("lookup", "walter", 0)
        self.refused("BUSY", 503, self.asker.post, "/v1/lookup", body)
        self.assertGreater(
            self.directory.metrics()["touchstone_quorum_missing_total"], 0)


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
            self.assertLess(time.monotonic() - begin, 24)
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


if __name__ == "__main__":
    main()
