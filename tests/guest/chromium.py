# SPDX-License-Identifier: BSD-2-Clause
"""Chromium, without a window, makes a passkey on the token and uses it.

The page is served on localhost, which browsers trust like https.  The answers
of the token are checked here, not believed: the origin, the challenge, and the
signature under the public key of the credential.
"""

import base64
import hashlib
import http.server
import json
import os
import subprocess
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from check import Mismatch, check, main, run

PORT = 8000
ORIGIN = f"http://localhost:{PORT}"
LIMIT = 480  # seconds: 20 to 30 until its first page, on an idle machine
CHALLENGE = {"made": os.urandom(32), "used": os.urandom(32)}
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--disable-component-update",
         "--user-data-dir=/tmp/profile"]
PAGE = """<!doctype html><title>passkey</title><script>
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const tell = (what, result) => fetch('/' + what,
  { method: 'POST', body: JSON.stringify(result) });

async function passkey() {
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes('%(made)s'),
    rp: { id: 'localhost', name: 'guest' },
    user: { id: bytes('YWxpY2U='), name: 'alice', displayName: 'Alice' },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    authenticatorSelection: {
      authenticatorAttachment: 'cross-platform', userVerification: 'discouraged' },
    timeout: 120000 } });
  await tell('made', {
    client: text(made.response.clientDataJSON),
    key: text(made.response.getPublicKey()) });
  const used = await navigator.credentials.get({ publicKey: {
    challenge: bytes('%(used)s'),
    rpId: 'localhost', userVerification: 'discouraged',
    allowCredentials: [{ type: 'public-key', id: made.rawId }],
    timeout: 120000 } });
  await tell('used', {
    client: text(used.response.clientDataJSON),
    data: text(used.response.authenticatorData),
    signature: text(used.response.signature) });
}
passkey().catch((error) => tell('failed', String(error)));
</script>""" % {name: base64.b64encode(value).decode()
                for name, value in CHALLENGE.items()}


class Site(http.server.ThreadingHTTPServer):
    """Serves the page, keeps what it tells."""

    def __init__(self):
        super().__init__(("127.0.0.1", PORT), Handler)
        self.told = {}
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(PAGE.encode() if self.path == "/" else b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told[self.path[1:]] = json.loads(body)
        self.answer(b"")
        if self.path in ("/used", "/failed"):
            self.server.over.set()

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


def is_for(client, what, kind):
    """Whether the browser's own words name this question and this page."""
    said = json.loads(client)
    challenge = base64.urlsafe_b64encode(CHALLENGE[what]).rstrip(b"=").decode()
    return (said["type"], said["challenge"], said["origin"]) == (
        kind, challenge, ORIGIN)


def passkey(token):
    token.control("auto-touch on")
    site = Site()
    with open("/tmp/chromium.log", "w", encoding="ascii") as log:
        browser = subprocess.Popen(["chromium", *FLAGS, ORIGIN + "/"],
                                   stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log)
    try:
        ended = site.over.wait(LIMIT)
    finally:
        browser.kill()
        browser.wait()
    if not ended or "failed" in site.told:
        raise Mismatch(f"Chromium: {site.told.get('failed', 'no answer')}\n" +
                       run("tail", "-n", "20", "/tmp/chromium.log"))
    judge(**site.told)


def judge(made, used):
    made = {name: base64.b64decode(text) for name, text in made.items()}
    used = {name: base64.b64decode(text) for name, text in used.items()}
    check(is_for(made["client"], "made", "webauthn.create"),
          "Chromium makes a passkey on the token")
    check(is_for(used["client"], "used", "webauthn.get"),
          "and asks the token for a signature with it")
    data = used["data"]
    check(data[:32] == hashlib.sha256(b"localhost").digest() and data[32] & 1,
          "for this site, touched")
    key = serialization.load_der_public_key(made["key"])
    key.verify(used["signature"],
               data + hashlib.sha256(used["client"]).digest(),
               ec.ECDSA(hashes.SHA256()))
    check(True, "the signature is right")


if __name__ == "__main__":
    main(passkey)
