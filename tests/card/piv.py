# SPDX-License-Identifier: BSD-2-Clause
"""yubikit's PIV session with a card, to look at it and to get it ready for
programs that cannot do that themselves."""

import datetime
from contextlib import contextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from smartcard.System import readers
from ykman.pcsc import ScardSmartCardConnection
from yubikit.piv import MANAGEMENT_KEY_TYPE, PivSession

from tools import KEY


@contextmanager
def connection(card):
    (reader,) = [r for r in readers() if r.name == card.reader]
    c = ScardSmartCardConnection(reader.createConnection())
    try:
        yield c
    finally:
        c.close()


@contextmanager
def session(card):
    with connection(card) as c:
        yield PivSession(c)


def use_3des(card):
    """For programs that know no other management key; its value stays."""
    with session(card) as piv:
        piv.authenticate(KEY)
        piv.set_management_key(MANAGEMENT_KEY_TYPE.TDES, KEY)


def certificate(public_key, name="alice"):
    """One for this key, signed by a stranger."""
    ca = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime(2026, 1, 1)
    return (x509.CertificateBuilder()
            .subject_name(x509.Name(
                [x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name(
                [x509.NameAttribute(NameOID.COMMON_NAME, "a stranger")]))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=3650))
            .sign(ca, hashes.SHA256()))
