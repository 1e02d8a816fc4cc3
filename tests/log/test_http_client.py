#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What hostile servers do to host/http/fetch.

Usage: test_http_client.py GET
"""

import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

GET = sys.argv[1]


class Liar:
    """A server that answers every connection with the same bytes."""

    def __init__(self, data, tls=None, endless=False):
        self.data, self.tls, self.endless = data, tls, endless
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.hits = 0
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            try:
                conn, _ = self.sock.accept()
            except OSError:
                return
            self.hits += 1
            threading.Thread(target=self.serve, args=(conn,),
                             daemon=True).start()

    def serve(self, conn):
        try:
            if self.tls:
                conn = self.tls.wrap_socket(conn, server_side=True)
            conn.recv(65536)
            conn.sendall(self.data)
            while self.endless:
                conn.sendall(b"a" * 4096)
            if self.data == b"":
                time.sleep(30)
            conn.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            conn.close()

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.sock.close()


class Client(unittest.TestCase):
    """fetch against servers that do not mean well."""

    def liar(self, *args, **kwargs):
        liar = Liar(*args, **kwargs)
        self.addCleanup(liar.close)
        return liar

    def fetch(self, url, most=1000, ms=20000, ca="-", env=None):
        out = subprocess.run(
            [GET, url, str(most), str(ms), ca], check=True, text=True,
            stdout=subprocess.PIPE, timeout=60,
            env=dict(os.environ, **(env or {}))).stdout
        result, status, length, why = out.rstrip("\n").split(" ", 3)
        return int(result), int(status), int(length), why

    def test_bounded(self):
        for data in (b"HTTP/1.1 200 OK\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\n",
                     b"HTTP/1.1 200 OK\r\nX: ",
                     b"HTTP/1.1 100 Continue\r\n\r\n" * 10000):
            liar = self.liar(data, endless=True)
            result, _, length, why = self.fetch(f"http://127.0.0.1:{liar.port}")
            self.assertLess(result, 0, data)
            self.assertLessEqual(length, 1000)
            self.assertTrue(why.isascii() and why.isprintable() and why)

    def test_not_followed(self):
        target = self.liar(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        for where in (f"http://127.0.0.1:{target.port}/", "file:///etc/passwd"):
            liar = self.liar(b"HTTP/1.1 302 Found\r\nLocation: " +
                             where.encode() + b"\r\nContent-Length: 0\r\n\r\n")
            self.assertEqual(
                self.fetch(f"http://127.0.0.1:{liar.port}/")[:3], (0, 302, 0))
        self.assertEqual(target.hits, 0)

    def test_no_proxy_of_the_environment(self):
        proxy = self.liar(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")
        real = self.liar(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
        url = f"http://127.0.0.1:{proxy.port}"
        self.assertEqual(self.fetch(
            f"http://localhost:{real.port}/", env={
                "http_proxy": url, "ALL_PROXY": url, "no_proxy": ""})[:3],
            (0, 200, 3))
        self.assertEqual(proxy.hits, 0)

    def test_garbage(self):
        for data in (b"\x80" * 3000, b"hello\r\n\r\n", b"HTTP/1.1 200\0\r\n\r\n",
                     b"HTTP/9.9 200 OK\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
                     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     b"zz\r\nabc\r\n", b"HTTP/1.1 200 OK\r\n"
                     b"Content-Length: -5\r\n\r\nabc"):
            liar = self.liar(data)
            result, _, length, _ = self.fetch(f"http://127.0.0.1:{liar.port}")
            self.assertTrue(result < 0 or length <= 3, data)
        black = self.liar(b"")
        began = time.monotonic()
        result = self.fetch(f"http://127.0.0.1:{black.port}", ms=300)[0]
        self.assertLess(result, 0)
        self.assertLess(time.monotonic() - began, 20)

    def certificate(self, folder, name, days="2"):
        base = os.path.join(folder, name)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", days, "-subj",
             "/CN=" + name, "-addext", "subjectAltName=DNS:" + name,
             "-keyout", base + ".key", "-out", base + ".pem"],
            check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(base + ".pem", base + ".key")
        return base + ".pem", context

    def test_tls(self):
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
        with tempfile.TemporaryDirectory() as folder:
            good, context = self.certificate(folder, "localhost")
            other, wrong = self.certificate(folder, "other.example")
            liar = self.liar(answer, tls=context)
            url = f"https://localhost:{liar.port}/"
            self.assertEqual(self.fetch(url, ca=good)[:3], (0, 200, 2))
            self.assertLess(self.fetch(url)[0], 0)
            self.assertLess(self.fetch(url, ca=other)[0], 0)
            # Plain HTTP where TLS is expected, and another's certificate.
            plain = self.liar(answer)
            self.assertLess(self.fetch(
                f"https://localhost:{plain.port}/", ca=good)[0], 0)
            named = self.liar(answer, tls=wrong)
            self.assertLess(self.fetch(
                f"https://localhost:{named.port}/", ca=other)[0], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
