# SPDX-License-Identifier: BSD-2-Clause
"""OpenSC's programs with our card: opensc-tool, piv-tool, pkcs11-tool.

usage: test_opensc.py BUILD [test]...
"""

import os

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1, EllipticCurvePublicKey)
from cryptography.hazmat.primitives.serialization import (Encoding,
                                                          PublicFormat)
from yubikit.core.smartcard import SW, ApduError
from yubikit.piv import MANAGEMENT_KEY_TYPE, OBJECT_ID, SLOT

import piv
import tools
from pcsc import Client
from tools import KEY, OTHER_PIN, PIN, PUK, says
from world import Mismatch, main

ATR = "3b:85:01:80:73:c0:01:40:f6"
SELECT_PIV = bytes.fromhex("00a4040009a0000003080000100000")
MESSAGE = "what is to be signed\n"
ID = {"9A": "01", "9C": "02", "9D": "03", "9E": "04"}  # of OpenSC's objects


def path(world, name):
    return os.path.join(world.root, name)


def piv_tool(world, *args, how="M:9B:0A", key=KEY, **kw):
    """piv-tool, authenticated with a management key: as a rule, the AES key
    that the card begins with."""
    name = path(world, "admin.key")
    with open(name, "w") as f:
        f.write(key.hex(":"))
    return tools.run(world, "piv-tool", "-A", how, *args,
                     env={"PIV_EXT_AUTH_KEY": name}, **kw)


def generate(world, slot):
    """Have piv-tool make a key.  That of OpenSC 0.23 cannot write a P-256 key
    that the card made (it asks OpenSSL 3 for no curve): its public half is
    asked of the card."""
    out = piv_tool(world, "-G", slot + ":11", expect=any)
    if "gen_key unable to gen EC key" in out and "invalid curve" in out:
        pass
    elif "rror" in out or "fail" in out:
        raise Mismatch(out)
    with Client(world.sims[-1].reader) as c:
        c.transmit(SELECT_PIV)
        data, sw = c.transmit(bytes((0, 0xf7, 0, int(slot, 16), 0)))
    assert sw == 0x9000, hex(sw)
    point = data[data.index(b"\x86\x41\x04") + 2:][:65]
    with open(path(world, slot + ".pub"), "wb") as f:
        f.write(EllipticCurvePublicKey.from_encoded_point(
            SECP256R1(), point).public_bytes(
                Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def put_key(world, slot):
    """A key of the card with a certificate of somebody else; the file of its
    public key."""
    generate(world, slot)
    public = path(world, slot + ".pub")
    for name in ("ca.key", "leaf.key"):
        tools.run(world, "openssl", "ecparam", "-genkey", "-noout", "-name",
                  "prime256v1", "-out", path(world, name))
    tools.run(world, "openssl", "req", "-new", "-key",
              path(world, "leaf.key"), "-subj", "/CN=alice", "-out",
              path(world, "leaf.csr"))
    tools.run(world, "openssl", "x509", "-new", "-subj", "/CN=alice",
              "-force_pubkey", public, "-signkey", path(world, "ca.key"),
              "-days", "9", "-out", path(world, slot))
    piv_tool(world, "-C", slot, "-i", path(world, slot), expect=any)
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
    assert tools.run(world, "opensc-tool", "--atr",
                     merge=False).strip() == ATR
    says(tools.run(world, "opensc-tool", "--name"),
         "Personal Identity Verification Card")
    says(tools.run(world, "opensc-tool", "-c", "default", "--send-apdu",
                   SELECT_PIV.hex()), "SW1=0x90, SW2=0x00")
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
    # piv-tool's exit code is the number of bytes.
    piv_tool(world, "-O", "3000", "-i", path(world, "chuid"), expect=61)
    shown = tools.run(world, "opensc-tool", "--serial", merge=False).split()
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
    """pkcs11-tool --test, which tries all that the card says it can.  OpenSC
    has random bytes of a card whose management key is 3DES, and of no other."""
    card = world.card("card")
    for slot in ("9A", "9C", "9D", "9E"):
        put_key(world, slot)
    out = pkcs11(world, "--login", "--pin", PIN, "--test", expect=any)
    says(out, "C_GenerateRandom failed: CKR_FUNCTION_NOT_SUPPORTED", "1 errors")
    says(pkcs11(world, "--login", "--pin", PIN, "--list-objects"),
         "Private Key Object; EC", "CN=alice")
    piv.use_3des(card)
    says(pkcs11(world, "--login", "--pin", PIN, "--test"), "No errors")
    random = []
    for name in ("first", "second"):
        pkcs11(world, "--generate-random", "16", "-o", path(world, name))
        with open(path(world, name), "rb") as f:
            random.append(f.read())
    assert len(random[0]) == 16 and random[0] != random[1]


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


def admin_keys(world):
    """Mutual proof of a management key of each kind, and of no other key.  The
    other way fails in OpenSC 0.23, before it answers the card's challenge."""
    card = world.card("card")
    chuid = path(world, "chuid")
    key = KEY
    for kind in (MANAGEMENT_KEY_TYPE.AES192, MANAGEMENT_KEY_TYPE.AES128,
                 MANAGEMENT_KEY_TYPE.AES256, MANAGEMENT_KEY_TYPE.TDES):
        with piv.session(card) as session:
            session.authenticate(key)
            key = os.urandom(kind.key_len)
            session.set_management_key(kind, key)
        how = f"M:9B:{kind:02X}"
        value = os.urandom(20)
        with open(chuid, "wb") as f:
            f.write(b"\x53\x14" + value)
        piv_tool(world, "-O", "3000", "-i", chuid, how=how, key=key, expect=22)
        with piv.session(card) as session:
            assert session.get_object(OBJECT_ID.CHUID) == value
        piv_tool(world, "-G", "9A:11", how=how, key=bytes(len(key)),
                 expect=None)
    tools.run(world, "piv-tool", "-G", "9A:11", expect=None)
    with piv.session(card) as session:
        try:
            session.get_slot_metadata(SLOT.AUTHENTICATION)
            raise AssertionError("somebody made a key without a key")
        except ApduError as e:
            assert e.sw == SW.REFERENCE_DATA_NOT_FOUND, hex(e.sw)


if __name__ == "__main__":
    main([looks, serial, signs, derives, self_test, pins, admin_keys])
