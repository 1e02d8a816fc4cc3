# SPDX-License-Identifier: BSD-2-Clause
"""ristretto255 (RFC 9496 section 4) and vrf-r255 of the C2SP, in integers.

Written from the two documents, slow and in variable time: for vectors only.
"""

import hashlib

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def root(u, v):
    """Whether u/v is a square, and the root that is not negative: of it, or
    of sqrt(-1) u/v."""
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    square = check in (u % P, -u % P)
    if check in (-u % P, -u * SQRT_M1 % P):
        r = r * SQRT_M1 % P
    return square, positive(r)


def negative(x):
    return x % P % 2 == 1


def positive(x):
    return -x % P if negative(x) else x % P


INVSQRT_A_MINUS_D = root(1, -1 - D)[1]
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1)**2 % P
# Of the two roots of a*d - 1 the RFC takes this one, which is odd.
SQRT_AD_MINUS_ONE = -root(-D - 1, 1)[1] % P

IDENTITY = (0, 1, 1, 0)


def add(a, b):
    """Extended coordinates of -x^2 + y^2 = 1 + d x^2 y^2."""
    x1, y1, z1, t1 = a
    x2, y2, z2, t2 = b
    k, m = t1 * 2 * D * t2 % P, z1 * 2 * z2 % P
    n, o = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    e, f, g, h = o - n, m - k, m + k, o + n
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(a):
    return -a[0] % P, a[1], a[2], -a[3] % P


def multiply(k, a):
    out = IDENTITY
    while k:
        if k & 1:
            out = add(out, a)
        a, k = add(a, a), k >> 1
    return out


def decode(data):
    """The element, or None."""
    s = int.from_bytes(data, "little")
    if s >= P or negative(s):
        return None
    u1, u2 = 1 - s * s, 1 + s * s
    v = -D * u1 * u1 - u2 * u2
    square, inv = root(1, v * u2 * u2 % P)
    den_x = inv * u2 % P
    x = positive(2 * s * den_x)
    y = u1 * inv * den_x * v % P
    if not square or negative(x * y) or y == 0:
        return None
    return x, y, 1, x * y % P


def encode(a):
    x, y, z, t = a
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    inv = root(1, u1 * u2 * u2 % P)[1]
    den1, den2 = inv * u1 % P, inv * u2 % P
    z_inv = den1 * den2 * t % P
    den = den2
    if negative(t * z_inv):
        x, y = y * SQRT_M1 % P, x * SQRT_M1 % P
        den = den1 * INVSQRT_A_MINUS_D % P
    if negative(x * z_inv):
        y = -y
    return positive(den * (z - y)).to_bytes(32, "little")


def elligator(data):
    t = (int.from_bytes(data, "little") & 2**255 - 1) % P
    r = SQRT_M1 * t * t % P
    u = (r + 1) * ONE_MINUS_D_SQ % P
    v = (-1 - r * D) * (r + D) % P
    square, s = root(u, v)
    c = -1
    if not square:
        s, c = -positive(s * t) % P, r
    n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
    w0, w1 = 2 * s * v, n * SQRT_AD_MINUS_ONE
    w2, w3 = 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def one_way_map(data):
    return add(elligator(data[:32]), elligator(data[32:]))


# The generator: y is 4/5 and x is not negative.
BASE_Y = 4 * pow(5, -1, P) % P
BASE_X = root(BASE_Y**2 - 1, D * BASE_Y**2 + 1)[1]
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)

SUITE = b"\xffc2sp.org/vrf-r255"


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def number(data):
    return int.from_bytes(data, "little")


def vrf_public(x):
    return encode(multiply(x, BASE))


def vrf_h(public, alpha):
    return one_way_map(sha512(SUITE, b"\x82", public, alpha))


def vrf_challenge(*points):
    return sha512(SUITE, b"\x02", *points, b"\x00")[:16]


def vrf_output(gamma):
    return sha512(SUITE, b"\x03", gamma, b"\x00")


def vrf_prove(x, alpha):
    """(proof, output)"""
    public = vrf_public(x)
    h = vrf_h(public, alpha)
    gamma = encode(multiply(x, h))
    k = number(sha512(SUITE, b"\x81", x.to_bytes(32, "little"),
                      encode(h))) % Q
    c = vrf_challenge(public, encode(h), gamma, encode(multiply(k, BASE)),
                      encode(multiply(k, h)))
    s = (k + number(c) * x) % Q
    return gamma + c + s.to_bytes(32, "little"), vrf_output(gamma)


def vrf_verify(public, alpha, proof):
    """The output, or None."""
    y, gamma = decode(public), decode(proof[:32])
    c, s = number(proof[32:48]), number(proof[48:])
    if y is None or gamma is None or s >= Q or public == bytes(32):
        return None
    h = vrf_h(public, alpha)
    u = add(multiply(s, BASE), negate(multiply(c, y)))
    v = add(multiply(s, h), negate(multiply(c, gamma)))
    if vrf_challenge(public, encode(h), proof[:32], encode(u),
                     encode(v)) != proof[32:48]:
        return None
    return vrf_output(proof[:32])
