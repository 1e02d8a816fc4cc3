# SPDX-License-Identifier: BSD-2-Clause
"""Ed25519 and the VRF of c2sp.org/vrf-r255, by libsodium's own functions: what
an operator without our programs would use, and nothing that Debian 12 lacks
where touchstone runs."""

import ctypes
import hashlib
import os

_sodium = ctypes.CDLL("libsodium.so.23")
_sodium.sodium_init()
for _name in ("mul", "add", "reduce"):
    getattr(_sodium, "crypto_core_ristretto255_scalar_" + _name).restype = None
_SUITE = b"\xffc2sp.org/vrf-r255"
_CHALLENGE, _OUTPUT, _ENCODE = b"\x02", b"\x03", b"\x82"


def _call(name, size, *args):
    """The function's output of size bytes."""
    out = ctypes.create_string_buffer(size)
    if getattr(_sodium, name)(out, *args):
        raise ValueError(name)
    return out.raw


def _pair(seed):
    public = ctypes.create_string_buffer(32)
    secret = ctypes.create_string_buffer(64)
    _sodium.crypto_sign_seed_keypair(public, secret, seed)
    return public.raw, secret.raw


def public_key(seed):
    return _pair(seed)[0]


def sign(seed, message):
    return _call("crypto_sign_detached", 64, None, message,
                 ctypes.c_ulonglong(len(message)), _pair(seed)[1])


def verifies(public, message, signature):
    return len(signature) == 64 and 0 == _sodium.crypto_sign_verify_detached(
        signature, message, ctypes.c_ulonglong(len(message)), public)


def _times(scalar, point=None):
    if point is None:
        return _call("crypto_scalarmult_ristretto255_base", 32, scalar)
    return _call("crypto_scalarmult_ristretto255", 32, scalar, point)


def vrf_public_key(scalar):
    return _times(scalar)


def vrf(scalar, alpha):
    """(beta, proof)."""
    public = vrf_public_key(scalar)
    h = _call("crypto_core_ristretto255_from_hash", 32, hashlib.sha512(
        _SUITE + _ENCODE + public + alpha).digest())
    gamma = _times(scalar, h)
    nonce = _call("crypto_core_ristretto255_scalar_reduce", 32, os.urandom(64))
    challenge = hashlib.sha512(
        _SUITE + _CHALLENGE + public + h + gamma + _times(nonce)
        + _times(nonce, h) + b"\0").digest()[:16]
    product = _call("crypto_core_ristretto255_scalar_mul", 32,
                    challenge + bytes(16), scalar)
    answer = _call("crypto_core_ristretto255_scalar_add", 32, nonce, product)
    beta = hashlib.sha512(_SUITE + _OUTPUT + gamma + b"\0").digest()
    return beta, gamma + challenge + answer
