#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What hostile clients do to a directory.

usage: test_api_abuse.py TOUCHSTONE-DIRECTORY ASKER [TEST...]
"""

import concurrent.futures
import hashlib
import random
import socket

from apicase import Case, main


class Limits(Case):
    options = ("--rate-label", "4", "--rate-address", "0", "--batch-ms",
               "20")

    def test_one_identity(self):
        genesis = self.identity("lena", 71, 3)
        update = self.asker.update("lena", 71)
        refused = self.refused("RATE", 429, self.asker.submit, "lena", 4,
                               update)
        self.assertGreater(refused.retry, 60)
        # Others are not concerned, and what is there is answered.
        self.assertEqual(self.asker.submit("lena", 0, genesis)[0], 200)
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
    main()
