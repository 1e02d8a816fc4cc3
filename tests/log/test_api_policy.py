#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who may begin an identity: SPEC 14.3, 14.4.

usage: test_api_policy.py TOUCHSTONE-DIRECTORY ASKER [TEST...]
"""

import concurrent.futures
import http.server
import os
import shutil
import ssl
import subprocess
import tempfile
import threading

from apicase import FREE, Case, main
from asking import Refused


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
        cls.options = (*FREE, "--rate-label", "2", "--genesis", "domain",
                       "--ca-file", os.path.join(cls.folder, "ca.pem"),
                       "--domain-at", "127.0.0.1:%d" % cls.server.server_port)
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

    def test_limit(self):
        """Strangers do not use up what a label may do in a day."""
        for seed in (5, 6, 7):
            self.refused("DOMAIN", 403, self.begin, "grace@good.example", seed)
        self.vouch("grace@good.example")
        self.assertEqual(self.begin("grace@good.example")[0], 200)
        for number in (1, 2):
            ask = (self.asker.submit, "grace@good.example", number,
                   self.asker.update("grace@good.example"))
            if number == 1:
                self.assertEqual(ask[0](*ask[1:])[0], 200)
            else:
                self.refused("RATE", 429, *ask)

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


if __name__ == "__main__":
    main()
