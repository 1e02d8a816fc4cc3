# SPDX-License-Identifier: BSD-2-Clause
"""OpenSC's programs with our card: opensc-tool, piv-tool, pkcs11-tool.

usage: test_opensc.py BUILD [test]...
"""

import os

import tools
from tools import KEY, OTHER_PIN, PIN, PUK, says
from world import main

ATR = "3b:85:01:80:73:c0:01:40:f6"
SELECT_PIV = "00a4040009a00000030800001000" + "00"
MESSAGE = "what is to be signed\n"
ID = {"9A": "01", "9C": "02", "9D": "03", "9E": "04"}  # of OpenSC's objects


def path(world, name):
    return os.path.join(world.root, name)


def piv_tool(world, *args, **kw):
    """piv-tool, authenticated with the AES key that the card begins with."""
    key = path(world, "admin.key")
    with open(key, "w") as f:
        f.write(KEY.hex(":"))
    return tools.run(world, "piv-tool", "-A", "M:9B:0A", *args,
                     env={"PIV_EXT_AUTH_KEY": key}, **kw)


def put_key(world, slot):
    """A key of the card with a certificate of somebody else; the file of its
    public key."""
    public = path(world, slot + ".pub")
    piv_tool(world, "-G", slot + ":11", "-o", public)
    for name in ("ca.key", "leaf.key"):
        tools.run(world, "openssl", "ecparam", "-genkey", "-noout", "-name",
                  "prime256v1", "-out", path(world, name))
    tools.run(world, "openssl", "req", "-new", "-key",
              path(world, "leaf.key"), "-subj", "/CN=alice", "-out",
              path(world, "leaf.csr"))
    tools.run(world, "openssl", "x509", "-new", "-subj", "/CN=alice",
              "-force_pubkey", public, "-signkey", path(world, "ca.key"),
              "-days", "9", "-outform", "DER", "-out", path(world, slot))
    piv_tool(world, "-C", slot, "-i", path(world, slot))
    return public


def pkcs11(world, *args, **kw):
    return tools.run(world, "pkcs11-tool", "--module", tools.pkcs11_module(),
                     *args, **kw)


def sign(world, slot, mechanism="ECDSA-SHA256"):
    """The file of the signature."""
    with open(path(world, "message"), "w") as f:
        f.write(MESSAGE)
    out = path(world, "signature")
    pkcs11(world, "--login", "--pin", PIN, "--sign", "--id", ID[slot],
           "--mechanism", mechanism, "--signature-format", "openssl",
           "--input-file", path(world, "message"), "--output-file", out)
    return out


def looks(world):
    card = world.card("card")
    says(tools.run(world, "opensc-tool", "--list-readers"), card.reader, "Yes")
    assert tools.run(world, "opensc-tool", "--atr").strip() == ATR
    says(tools.run(world, "opensc-tool", "--name"),
         "Personal Identity Verification Card")
    says(tools.run(world, "opensc-tool", "-c", "default", "--send-apdu",
                   SELECT_PIV), "SW1=0x90, SW2=0x00")
    tools.run(world, "opensc-tool", "--list-algorithms")
    tools.run(world, "opensc-tool", "--reset")
    says(pkcs11(world, "--list-slots"), card.reader)


def serial(world):
    """It is the GUID of the CHUID."""
    world.card("card")
    guid = bytes(range(0x10, 0x20))
    with open(path(world, "chuid"), "wb") as f:
        f.write(bytes.fromhex("533b3019d4e739da739ced39ce739d836858210842108421"
                              "c84210c3eb") + b"\x34\x10" + guid
                + b"\x35\x0820301231\x3e\x00\xfe\x00")
    piv_tool(world, "-O", "3000", "-i", path(world, "chuid"))
    shown = tools.run(world, "opensc-tool", "--serial").split()
    assert guid.hex() in "".join(shown).lower(), shown


def signs(world):
    world.card("card")
    for slot in ("9A", "9C"):
        public = put_key(world, slot)
        signature = sign(world, slot)
        says(tools.run(world, "openssl", "dgst", "-sha256", "-verify", public,
                       "-signature", signature, path(world, "message")),
             "Verified OK")
        with open(path(world, "message"), "a") as f:
            f.write("not")
        says(tools.run(world, "openssl", "dgst", "-sha256", "-verify", public,
                       "-signature", signature, path(world, "message"),
                       expect=1), "Verification failure")


def derives(world):
    """ECDH in 9D."""
    world.card("card")
    public = put_key(world, "9D")
    peer, peer_public = path(world, "peer"), path(world, "peer.der")
    tools.run(world, "openssl", "ecparam", "-genkey", "-noout", "-name",
              "prime256v1", "-out", peer)
    tools.run(world, "openssl", "pkey", "-in", peer, "-pubout", "-outform",
              "DER", "-out", peer_public)
    pkcs11(world, "--login", "--pin", PIN, "--derive", "--id", ID["9D"],
           "--mechanism", "ECDH1-DERIVE", "--input-file", peer_public,
           "--output-file", path(world, "shared"))
    tools.run(world, "openssl", "pkeyutl", "-derive", "-inkey", peer,
              "-peerkey", public, "-out", path(world, "expected"))
    with open(path(world, "shared"), "rb") as a, \
            open(path(world, "expected"), "rb") as b:
        assert a.read() == b.read()


def self_test(world):
    """pkcs11-tool --test, which tries all that the card says it can."""
    world.card("card")
    for slot in ("9A", "9C", "9D", "9E"):
        put_key(world, slot)
    out = pkcs11(world, "--login", "--pin", PIN, "--test")
    says(out, "No errors")
    says(pkcs11(world, "--login", "--pin", PIN, "--list-objects"),
         "Private Key Object; EC", "CN=alice")


def pins(world):
    world.card("card")
    pkcs11(world, "--login", "--pin", OTHER_PIN, "--list-objects", expect=1)
    pkcs11(world, "--login", "--pin", PIN, "--change-pin", "--new-pin",
           OTHER_PIN)
    pkcs11(world, "--login", "--pin", PIN, "--list-objects", expect=1)
    pkcs11(world, "--login", "--pin", OTHER_PIN, "--list-objects")
    for _ in range(3):
        pkcs11(world, "--login", "--pin", PIN, "--list-objects", expect=1)
    says(pkcs11(world, "--login", "--pin", OTHER_PIN, "--list-objects",
                expect=1), "CKR_PIN_LOCKED")
    tools.run(world, "pkcs15-tool", "--unblock-pin", "--auth-id", "01",
              "--puk", PUK, "--new-pin", PIN)
    pkcs11(world, "--login", "--pin", PIN, "--list-objects")


def wrong_admin_key(world):
    world.card("card")
    key = path(world, "wrong.key")
    with open(key, "w") as f:
        f.write(bytes(range(24)).hex(":"))
    for how in ("M", "A"):
        tools.run(world, "piv-tool", "-A", how + ":9B:0A", "-G", "9A:11",
                  env={"PIV_EXT_AUTH_KEY": key}, expect=None)
    tools.run(world, "piv-tool", "-G", "9A:11", expect=None)


if __name__ == "__main__":
    main([looks, serial, signs, derives, self_test, pins, wrong_admin_key])
