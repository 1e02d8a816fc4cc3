# SPDX-License-Identifier: BSD-2-Clause
"""yubico-piv-tool of Debian with our card.  This version knows no management
key but 3DES: yubikit sets one first.

usage: test_yubico_piv_tool.py BUILD [test]...
"""

import os
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding, load_pem_public_key)
from ykman.piv import generate_self_signed_certificate
from yubikit.piv import SLOT

import piv
import tools
from tools import OTHER_PIN, OTHER_PUK, PIN, PUK, says
from world import main

OTHER_KEY = "08070605040302010807060504030201a8a7a6a5a4a3a2a1"


class Tool:
    """yubico-piv-tool with one reader."""

    def __init__(self, world, tdes=True):
        self.world = world
        self.card = world.card("card")
        if tdes:
            piv.use_3des(self.card)

    def __call__(self, *args, **kw):
        return tools.run(self.world, "yubico-piv-tool", "--reader",
                         self.card.reader, *args, **kw)

    def signs(self, what, slot, key, out):
        """False if it cannot, as 2.2 with OpenSSL 3: it fails before it sends
        anything (Yubico/yubico-piv-tool#388)."""
        said = self("-v2", "-a", "verify-pin", "-P", PIN, "-a", what, "-s",
                    slot, "-A", "ECCP256", "-S", "/CN=alice/", "-i", key, "-o",
                    out, expect=any)
        if "Failed signing" not in said:
            return True
        assert not said.split("Now processing")[2].count("\n> "), said
        return False

    def generate(self, slot, *args):
        """A key and its self-signed certificate, on the card and as files."""
        key, cert = (os.path.join(self.world.root, name)
                     for name in (slot + ".pub", slot + ".pem"))
        self("-a", "generate", "-s", slot, "-A", "ECCP256", "-o", key, *args)
        if not self.signs("selfsign-certificate", slot, key, cert):
            with open(key, "rb") as f:
                public = load_pem_public_key(f.read())
            with piv.session(self.card) as session:
                session.verify_pin(PIN)
                made = generate_self_signed_certificate(
                    session, SLOT(int(slot, 16)), public, "CN=alice",
                    datetime(2026, 1, 1), datetime(2126, 1, 1))
            with open(cert, "wb") as f:
                f.write(made.public_bytes(Encoding.PEM))
        self("-a", "import-certificate", "-s", slot, "-i", cert)
        return key, cert


def looks(world):
    tool = Tool(world, tdes=False)
    says(tool("-a", "list-readers"), tool.card.reader)
    says(tool("-a", "version"), "5.7.")
    says(tool("-a", "status"), "PIN tries left:\t3", "CHUID:\t3019",
         "Version:\t5.7.")


def certifies(world):
    tool = Tool(world)
    for slot in ("9a", "9c"):
        key, cert = tool.generate(slot)
        with open(key, "rb") as f:
            public = load_pem_public_key(f.read())
        with open(cert, "rb") as f:
            leaf = x509.load_pem_x509_certificate(f.read())
        assert leaf.public_key() == public
        tools.run(world, "openssl", "verify", "-CAfile", cert, cert)
        with open(cert) as f:
            assert tool("-a", "read-certificate", "-s", slot) == f.read()
        says(tool("-a", "verify-pin", "-P", PIN, "-a", "test-signature",
                  "-s", slot, "-A", "ECCP256", "-i", cert),
             "Successful ECDSA verification")
        request = os.path.join(world.root, "request")
        if tool.signs("request-certificate", slot, key, request):
            tools.run(world, "openssl", "req", "-verify", "-noout", "-in",
                      request)
        says(tool("-a", "status"), "Algorithm:\tECCP256", "CN=alice")
        tool("-a", "delete-certificate", "-s", slot)
        tool("-a", "read-certificate", "-s", slot, expect=1)


def decrypts(world):
    tool = Tool(world)
    _, cert = tool.generate("9d")
    says(tool("-a", "verify-pin", "-P", PIN, "-a", "test-decipher", "-s", "9d",
              "-A", "ECCP256", "-i", cert), "Successfully performed ECDH")


def attests(world):
    tool = Tool(world)
    key, _ = tool.generate("9c")
    leaf = x509.load_pem_x509_certificate(
        tool("-a", "attest", "-s", "9c").encode())
    with open(key, "rb") as f:
        assert leaf.public_key() == load_pem_public_key(f.read())
    issuer = tool("-a", "read-certificate", "-s", "f9")
    issuer = x509.load_pem_x509_certificate(issuer.encode())
    leaf.verify_directly_issued_by(issuer)


def policies(world):
    tool = Tool(world)
    tool.generate("9a", "--pin-policy", "always", "--touch-policy", "always")
    tool.card.control("auto-touch off")
    cert = os.path.join(world.root, "9a.pem")
    with tool.card.touched_when_it_waits():
        says(tool("-a", "verify-pin", "-P", PIN, "-a", "test-signature",
                  "-s", "9a", "-A", "ECCP256", "-i", cert),
             "Successful ECDSA verification")


def pins(world):
    tool = Tool(world)
    tool("-a", "change-pin", "-P", PIN, "-N", OTHER_PIN)
    says(tool("-a", "verify-pin", "-P", PIN, expect=1), "2 tries left")
    tool("-a", "verify-pin", "-P", OTHER_PIN)
    tool("-a", "change-puk", "-P", PUK, "-N", OTHER_PUK)
    for _ in range(3):
        tool("-a", "verify-pin", "-P", PIN, expect=1)
    says(tool("-a", "verify-pin", "-P", OTHER_PIN, expect=1), "blocked")
    tool("-a", "unblock-pin", "-P", PUK, "-N", PIN, expect=1)
    tool("-a", "unblock-pin", "-P", OTHER_PUK, "-N", PIN)
    tool("-a", "verify-pin", "-P", PIN)
    tool("-a", "verify-pin", "-P", PIN, "-a", "pin-retries", "--pin-retries",
         "5", "--puk-retries", "6")
    says(tool("-a", "status"), "PIN tries left:\t5")


def objects(world):
    tool = Tool(world)
    before = tool("-a", "status").splitlines()
    tool("-a", "set-chuid", "-a", "set-ccc")
    after = tool("-a", "status").splitlines()
    assert before[:2] == after[:2] and before[4:] == after[4:]
    assert before[2] != after[2] and before[3] != after[3]
    tool("-a", "write-object", "--id", "0x5fc109", "-f", "hex",
         stdin="0102030405")
    says(tool("-a", "verify-pin", "-P", PIN, "-a", "read-object", "--id",
              "0x5fc109", "-f", "hex"), "0102030405")


def management_key(world):
    tool = Tool(world)
    tool("-a", "set-mgm-key", "-n", OTHER_KEY)
    tool("-a", "set-chuid", expect=1)
    tool("-a", "set-chuid", "-k" + OTHER_KEY)


def reset(world):
    tool = Tool(world)
    tool.generate("9c")
    tool("-a", "change-pin", "-P", PIN, "-N", OTHER_PIN)
    tool("-a", "reset", expect=1)
    for _ in range(3):
        tool("-a", "verify-pin", "-P", PIN, expect=1)
        tool("-a", "change-puk", "-P", OTHER_PUK, "-N", PUK, expect=1)
    tool("-a", "reset")
    tool("-a", "verify-pin", "-P", PIN)
    tool("-a", "read-certificate", "-s", "9c", expect=1)


def no_key_comes_in(world):
    tool = Tool(world)
    tool("-a", "set-chuid")
    key = tools.run(world, "openssl", "ecparam", "-genkey", "-name",
                    "prime256v1", "-noout")
    tool("-a", "import-key", "-s", "9c", expect=1, stdin=key)
    tool("-a", "generate", "-s", "9c", "-A", "RSA2048", expect=1)


if __name__ == "__main__":
    main([looks, certifies, decrypts, attests, policies, pins, objects,
          management_key, reset, no_key_comes_in])
