#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What hostile clients do to host/http/server.

Usage: test_http.py VICTIM [FAIL_MALLOC]
"""

import http.client
import mmap
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

VICTIM = sys.argv[1]
FAIL_MALLOC = sys.argv[2] if len(sys.argv) > 2 else None


class Victim:
    """The server in a process of its own."""

    def __init__(self, listen="127.0.0.1:0", connections=2000, per_address=0,
                 request=5, idle=1, proxy=0, env=None):
        self.process = subprocess.Popen(
            [VICTIM, listen] + [str(n) for n in (
                connections, per_address, request, idle, proxy)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, ASAN_OPTIONS="quarantine_size_mb=1",
                     **(env or {})))
        self.address = self.process.stdout.readline().strip()
        if not listen.startswith("unix:"):
            self.port = int(self.address.rpartition(":")[2])

    def connect(self, source=None, timeout=20):
        sock = socket.create_connection(
            ("127.0.0.1", self.port), timeout=timeout,
            source_address=(source, 0) if source else None)
        return sock

    def counts(self):
        self.process.stdin.write("x")
        self.process.stdin.flush()
        return [int(n) for n in self.process.stdout.readline().split()]

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def get(self, path="/echo", source=None):
        """Status and body of a well-behaved request."""
        with self.connect(source) as sock:
            sock.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n"
                         b"Connection: close\r\n\r\n")
            return parse(read_all(sock))

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        if code != 0:
            raise AssertionError(f"the server ended with {code}")


def read_all(sock):
    data = b""
    try:
        while True:
            part = sock.recv(65536)
            if not part:
                return data
            data += part
    except ConnectionResetError:
        return data


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1."):
        return None, data
    return int(head.split(b" ")[1]), body


class Server(unittest.TestCase):
    """One victim for each test."""

    def victim(self, **options):
        victim = Victim(**options)
        self.addCleanup(victim.end)
        return victim

    def connect(self, victim, source=None):
        sock = victim.connect(source)
        self.addCleanup(sock.close)
        return sock

    def say(self, victim, data, half=True):
        """All that comes back for data, then the end of our side."""
        with victim.connect() as sock:
            try:
                sock.sendall(data)
                if half:
                    sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it did not listen to the end
            return read_all(sock)

    def test_1000_slow_clients(self):
        victim = self.victim(connections=1500, request=30, idle=30)
        self.assertEqual(victim.get()[0], 200)
        before = victim.rss_kib()
        slow = []
        for i in range(1000):
            sock = self.connect(victim, f"127.0.{1 + i // 200}.{1 + i % 200}")
            sock.sendall(b"POST /echo HTTP/1.1\r\nContent-Length: 60000\r\n")
            slow.append(sock)
        for _ in range(3):
            for sock in slow:
                sock.sendall(b"X: y\r\n")
            for _ in range(20):
                self.assertEqual(victim.get()[0], 200)
        self.assertGreaterEqual(victim.counts()[0], 1000)
        self.assertLess(victim.rss_kib() - before, 40 * 1024)

    def test_slow_ones_make_room(self):
        """All places are taken: who has been slow the longest has to go."""
        victim = self.victim(connections=50, request=60, idle=60)
        slow = [self.connect(victim) for _ in range(50)]
        for sock in slow:
            sock.sendall(b"GET /echo HTTP/1.1\r\n")
        time.sleep(1.2)
        for _ in range(10):
            self.assertEqual(victim.get()[0], 200)
        _, _, refused, gone = victim.counts()
        self.assertEqual(refused, 0)
        self.assertIn(gone, range(1, 12))
        slow[0].settimeout(10)
        self.assertEqual(slow[0].recv(1), b"")

    def test_deadline_of_a_whole_request(self):
        """A byte now and then is no silence, and does not help."""
        victim = self.victim(request=1, idle=30)
        for start in (b"", b"GET /echo HTTP/1.1\r\nA: ",
                      b"POST /echo HTTP/1.1\r\nHost: x\r\n"
                      b"Content-Length: 999\r\n\r\n"):
            with victim.connect() as sock:
                sock.sendall(start)
                began = time.monotonic()
                sock.settimeout(0.1)
                while True:
                    try:
                        if sock.recv(1) == b"":
                            break
                    except socket.timeout:
                        pass
                    except ConnectionResetError:
                        break
                    self.assertLess(time.monotonic() - began, 15)
                    try:
                        sock.sendall(b"a")
                    except (BrokenPipeError, ConnectionResetError):
                        break
        self.assertEqual(victim.counts()[3], 3)

    def test_deadline_between_requests(self):
        victim = self.victim(request=20, idle=1)
        with victim.connect() as sock:
            sock.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 200"))
            self.assertEqual(sock.recv(4096), b"")
        self.assertEqual(victim.counts()[3], 1)

    def test_who_does_not_read(self):
        victim = self.victim(request=1, idle=1)
        for _ in range(20):
            sock = socket.socket()
            self.addCleanup(sock.close)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sock.connect(("127.0.0.1", victim.port))
            sock.sendall(b"GET /wide HTTP/1.1\r\nHost: x\r\n\r\n" * 400)
        for _ in range(600):
            if victim.counts()[0] == 0 and victim.counts()[3] == 20:
                break
            time.sleep(0.1)
        else:
            self.fail(victim.counts())

    def test_per_address(self):
        victim = self.victim(per_address=10, idle=60)
        mine = [self.connect(victim, "127.0.0.9") for _ in range(10)]
        for sock in mine:
            sock.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 200"))
        for _ in range(5):
            with victim.connect("127.0.0.9") as sock:
                self.assertEqual(read_all(sock), b"")
        self.assertEqual(victim.get(source="127.0.0.10")[0], 200)
        self.assertEqual(victim.counts()[2], 5)
        mine[0].close()
        for _ in range(100):
            if victim.get(source="127.0.0.9")[0] == 200:
                break
            time.sleep(0.05)
        else:
            self.fail("a place that became free was not given away")

    def test_too_large(self):
        victim = self.victim()
        before = victim.rss_kib()
        post = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        for length in (65537, 200000):
            head = post + b"Content-Length: %d\r\n\r\n" % length
            status, body = parse(self.say(victim, head + b"a" * length))
            self.assertEqual((status, body), (413, b"refused"))
        head = post + b"Content-Length: 999999999999\r\n\r\n"
        self.assertEqual(parse(self.say(victim, head))[0], 413)
        # Without an end: read for a while, then cut off.
        sent = 0
        with victim.connect() as sock:
            sock.sendall(post + b"Transfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(10000):
                    sock.sendall(b"2000\r\n" + b"a" * 8192 + b"\r\n")
                    sent += 8192
            except (BrokenPipeError, ConnectionResetError):
                pass
        self.assertLess(sent, 20 * 1000 * 1000)
        # Heads.
        self.assertEqual(parse(self.say(
            victim, b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"))
            [0], 414)
        for head in (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
                     b"GET / HTTP/1.1\r\nX: " + b"y" * 100000 + b"\r\n\r\n",
                     b"a" * 1000000):
            status = parse(self.say(victim, head))[0]
            self.assertIn(status, (None, 400, 413, 414, 431))
        self.assertEqual(victim.get()[0], 200)
        self.assertLess(victim.rss_kib() - before, 8 * 1024)

    def test_malformed(self):
        victim = self.victim(request=2)
        post = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
        get = b"GET /echo HTTP/1.1\r\nHost: x\r\n"
        refused = [
            post + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
            post + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
            post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"0\r\n\r\n",
            post + b"Transfer-Encoding: gzip\r\n\r\nabcde",
            post + b"Transfer-Encoding: chunked, identity\r\n\r\nabcde",
            post + b"Content-Length: -1\r\n\r\n",
            post + b"Content-Length: +5\r\n\r\nabcde",
            post + b"Content-Length: 0x5\r\n\r\nabcde",
            post + b"Content-Length: 99999999999999999999\r\n\r\n",
            post + b"\r\n",
            post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
            post + b"Transfer-Encoding: chunked\r\n\r\n"
                   b"ffffffffffffffff1\r\nabc\r\n",
            get + b"Content-Length: 5\r\n\r\nabcde",
            get + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET http://evil.example/echo HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /echo\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /ech\xc3\xb6 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET * HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\r\n\r\n\r\n\r\n",
            b"\0" * 5000,
            b"GET\r\n\r\n",
        ]
        for method in (b"PUT", b"DELETE", b"CONNECT", b"TRACE", b"OPTIONS",
                       b"get", b"A" * 1000):
            refused.append(method + b" /echo HTTP/1.1\r\nHost: x\r\n"
                           b"Content-Length: 0\r\n\r\n")
        requests = victim.counts()[1]
        for data in refused:
            status = parse(self.say(victim, data))[0]
            self.assertIn(status, (None, 400, 405, 411, 413, 501, 505), data)
        self.assertEqual(victim.counts()[1], requests)
        self.assertEqual(victim.get()[0], 200)

    def test_pipelining(self):
        victim = self.victim()
        one = (b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
               b"%05d")
        data = self.say(victim, b"".join(one % i for i in range(200)))
        self.assertEqual(data.count(b"HTTP/1.1 200"), 200)
        places = [data.index(b"%05d" % i) for i in range(200)]
        self.assertEqual(places, sorted(places))
        # Held requests keep their place in the line.
        line = (b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
                b"GET /address HTTP/1.1\r\nHost: x\r\n\r\n")
        data = self.say(victim, line)
        self.assertLess(data.index(b"later"), data.index(b"127.0.0.1"))

    def test_chunked_and_head(self):
        victim = self.victim(idle=60)
        conn = http.client.HTTPConnection("127.0.0.1", victim.port, timeout=20)
        conn.request("POST", "/echo", body=iter([b"ab", b"c" * 9000, b"d"]),
                     encode_chunked=True,
                     headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(conn.getresponse().read(), b"ab" + b"c" * 9000 + b"d")
        conn.request("HEAD", "/big")
        answer = conn.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("Content-Length"), str(1 << 20))
        self.assertEqual(answer.read(), b"")
        conn.request("GET", "/address")
        self.assertEqual(conn.getresponse().read(), b"127.0.0.1")
        conn.request("DELETE", "/x")
        answer = conn.getresponse()
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.getheader("Allow"), "GET, HEAD, POST")
        conn.close()

    def test_half_closed(self):
        victim = self.victim()
        for path, want in (("/echo", b""), ("/later", b"later")):
            with victim.connect() as sock:
                sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                sock.shutdown(socket.SHUT_WR)
                self.assertEqual(parse(read_all(sock)), (200, want))

    def test_reset_in_the_middle(self):
        victim = self.victim()
        parts = [b"", b"GET /echo HT", b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"POST /echo HTTP/1.1\r\nContent-Length: 9000\r\n\r\nabc"]
        for _ in range(40):
            for part in parts:
                sock = victim.connect()
                sock.sendall(part)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                struct.pack("ii", 1, 0))
                sock.close()
        self.assertEqual(victim.get("/later"), (200, b"later"))
        for _ in range(100):
            if victim.counts()[0] == 0:
                break
            time.sleep(0.05)
        self.assertEqual(victim.counts()[0], 0)

    def test_memory_after_floods(self):
        """Connections leave nothing behind."""
        victim = self.victim()

        def flood():
            for _ in range(400):
                try:
                    victim.get("/big")
                    self.say(victim, b"POST /echo HTTP/1.1\r\nContent-Length: "
                                     b"60000\r\n\r\n" + b"a" * 30000)
                except OSError:
                    pass

        flood()
        before = victim.rss_kib()
        flood()
        self.assertLess(victim.rss_kib() - before, 8 * 1024)

    @unittest.skipUnless(FAIL_MALLOC, "only with our own malloc")
    def test_no_memory(self):
        """Every allocation of a request fails once: one client may notice."""
        with tempfile.NamedTemporaryFile() as f:
            f.write(bytes(8))
            f.flush()
            victim = self.victim(env={"LD_PRELOAD": FAIL_MALLOC,
                                      "TS_FAIL_MALLOC": f.name})
            post = (b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                    b"Content-Length: 9000\r\n\r\n" + b"a" * 9000)
            later = (b"GET /later HTTP/1.1\r\nHost: x\r\n"
                     b"Connection: close\r\n\r\n")
            noticed = 0
            with mmap.mmap(f.fileno(), 8) as left:
                for n in range(1, 80):
                    left[:] = struct.pack("=Q", n // 2 + 1)
                    status, _ = parse(self.say(
                        victim, later if n % 8 == 0 else post))
                    left[:] = bytes(8)
                    self.assertIn(status, (None, 200, 500, 503))
                    noticed += status != 200
                    self.assertEqual(victim.get()[0], 200, n)
            self.assertGreater(noticed, 0)

    def test_proxy(self):
        victim = self.victim(proxy=1)
        for lines, want in (
                (b"X-Forwarded-For: 192.0.2.5\r\n", b"192.0.2.5"),
                (b"X-Forwarded-For: 1.2.3.4, 192.0.2.6\r\n", b"192.0.2.6"),
                (b"X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: "
                 b"2001:db8::5\r\n", b"2001:db8::"),
                (b"X-Forwarded-For: nonsense\r\n", b"127.0.0.1"),
                (b"", b"127.0.0.1")):
            self.assertEqual(parse(self.say(
                victim, b"GET /address HTTP/1.1\r\nHost: x\r\n" + lines +
                b"\r\n")), (200, want))
        plain = self.victim()
        self.assertEqual(parse(self.say(
            plain, b"GET /address HTTP/1.1\r\nHost: x\r\n"
            b"X-Forwarded-For: 192.0.2.5\r\n\r\n")), (200, b"127.0.0.1"))

    def test_unix(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "s")
            stale = socket.socket(socket.AF_UNIX)
            stale.bind(path)
            stale.close()  # a socket nobody listens on any more
            victim = Victim(listen="unix:" + path, per_address=1)
            for _ in range(3):
                with socket.socket(socket.AF_UNIX) as sock:
                    sock.connect(path)
                    sock.sendall(b"GET /address HTTP/1.0\r\n\r\n")
                    self.assertEqual(parse(read_all(sock)), (200, b"unix"))
            victim.end()
            self.assertFalse(os.path.exists(path))

    def test_end_while_busy(self):
        victim = Victim()
        with victim.connect() as sock, victim.connect() as idle:
            idle.sendall(b"GET /ec")
            sock.sendall(b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n")
            while victim.counts()[1] == 0:
                time.sleep(0.01)
            victim.end()
            self.assertEqual(parse(read_all(sock)), (200, b"later"))
            self.assertEqual(read_all(idle), b"")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
