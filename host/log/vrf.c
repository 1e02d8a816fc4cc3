/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps and names are those of draft-irtf-cfrg-vrf-11 sections 5.1 to 5.4
 * with the suite of c2sp.org/vrf-r255.  A proof is Gamma (32), c (16), s (32).
 */
#include "vrf.h"

#include <string.h>

#include <sodium.h>

#define POINT_LEN 32
#define SCALAR_LEN 32
#define CHALLENGE_LEN 16
#define HASH_LEN 64

/* What tells the hashes of the suite apart. */
enum vrf_domain {
	VRF_CHALLENGE = 0x02,
	VRF_OUTPUT = 0x03,
	VRF_NONCE = 0x81,
	VRF_ENCODE = 0x82
};

static void
hash_begin(crypto_hash_sha512_state *st, enum vrf_domain domain)
{
	static const uint8_t suite[] = "\xff"
				       "c2sp.org/vrf-r255";
	const uint8_t d = (uint8_t)domain;

	crypto_hash_sha512_init(st);
	crypto_hash_sha512_update(st, suite, sizeof(suite) - 1);
	crypto_hash_sha512_update(st, &d, 1);
}

/* H = encode_to_curve(pk, alpha). */
static void
encode_to_curve(uint8_t h[POINT_LEN], const uint8_t pk[POINT_LEN],
    struct tsw_slice alpha)
{
	crypto_hash_sha512_state st;
	uint8_t hash[HASH_LEN];

	hash_begin(&st, VRF_ENCODE);
	crypto_hash_sha512_update(&st, pk, POINT_LEN);
	if (alpha.len > 0)
		crypto_hash_sha512_update(&st, alpha.p, alpha.len);
	crypto_hash_sha512_final(&st, hash);
	/* Any 64 bytes are mapped. */
	(void)crypto_core_ristretto255_from_hash(h, hash);
}

/* c of the five points, as a scalar. */
static void
challenge(uint8_t c[SCALAR_LEN], const uint8_t *const point[5])
{
	static const uint8_t end = 0;
	crypto_hash_sha512_state st;
	uint8_t hash[HASH_LEN];
	size_t i;

	hash_begin(&st, VRF_CHALLENGE);
	for (i = 0; i < 5; i++)
		crypto_hash_sha512_update(&st, point[i], POINT_LEN);
	crypto_hash_sha512_update(&st, &end, 1);
	crypto_hash_sha512_final(&st, hash);
	memset(c, 0, SCALAR_LEN);
	memcpy(c, hash, CHALLENGE_LEN);
}

static void
output(uint8_t out[TS_VRF_OUT_LEN], const uint8_t gamma[POINT_LEN])
{
	static const uint8_t end = 0;
	crypto_hash_sha512_state st;

	hash_begin(&st, VRF_OUTPUT);
	crypto_hash_sha512_update(&st, gamma, POINT_LEN);
	crypto_hash_sha512_update(&st, &end, 1);
	crypto_hash_sha512_final(&st, out);
}

/* Below the order of the group, and not zero. */
static bool
is_scalar(const uint8_t s[SCALAR_LEN])
{
	uint8_t sk_wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = {0};
	uint8_t sk_reduced[SCALAR_LEN];
	bool is;

	memcpy(sk_wide, s, SCALAR_LEN);
	crypto_core_ristretto255_scalar_reduce(sk_reduced, sk_wide);
	is = tsw_ct_eq(sk_reduced, s, SCALAR_LEN) &&
	    sodium_is_zero(s, SCALAR_LEN) == 0;
	tsw_wipe(sk_wide, sizeof(sk_wide));
	tsw_wipe(sk_reduced, sizeof(sk_reduced));
	return is;
}

/* In canonical form, and not the identity. */
static bool
is_point(const uint8_t p[POINT_LEN])
{
	return crypto_core_ristretto255_is_valid_point(p) == 1 &&
	    sodium_is_zero(p, POINT_LEN) == 0;
}

void
ts_vrf_keygen(uint8_t sk_scalar[TS_VRF_KEY_LEN], uint8_t pk[TS_VRF_KEY_LEN])
{
	do {
		crypto_core_ristretto255_scalar_random(sk_scalar);
	} while (ts_vrf_public(pk, sk_scalar) != TS_OK);
}

int
ts_vrf_public(uint8_t pk[TS_VRF_KEY_LEN],
    const uint8_t sk_scalar[TS_VRF_KEY_LEN])
{
	uint8_t y[POINT_LEN];

	if (!is_scalar(sk_scalar) ||
	    crypto_scalarmult_ristretto255_base(y, sk_scalar) != 0)
		return TS_ERR_ARGUMENT;
	memcpy(pk, y, sizeof(y));
	return TS_OK;
}

/* H and Gamma = x*H. */
static int
gamma_of(uint8_t h[POINT_LEN], uint8_t gamma[POINT_LEN],
    const uint8_t sk_scalar[SCALAR_LEN], const uint8_t pk[POINT_LEN],
    struct tsw_slice alpha)
{
	if (!is_scalar(sk_scalar) || !is_point(pk))
		return TS_ERR_ARGUMENT;
	encode_to_curve(h, pk, alpha);
	return crypto_scalarmult_ristretto255(gamma, sk_scalar, h) == 0
	    ? TS_OK
	    : TS_ERR_INTERNAL;
}

int
ts_vrf_output(uint8_t out[TS_VRF_OUT_LEN],
    const uint8_t sk_scalar[TS_VRF_KEY_LEN], const uint8_t pk[TS_VRF_KEY_LEN],
    struct tsw_slice alpha)
{
	uint8_t h[POINT_LEN], gamma[POINT_LEN];
	int r;

	r = gamma_of(h, gamma, sk_scalar, pk, alpha);
	if (r == TS_OK)
		output(out, gamma);
	return r;
}

/* k, which is as secret as x. */
static void
nonce(uint8_t secret_k[SCALAR_LEN], const uint8_t sk_scalar[SCALAR_LEN],
    const uint8_t h[POINT_LEN])
{
	crypto_hash_sha512_state st;
	uint8_t secret_hash[HASH_LEN];

	hash_begin(&st, VRF_NONCE);
	crypto_hash_sha512_update(&st, sk_scalar, SCALAR_LEN);
	crypto_hash_sha512_update(&st, h, POINT_LEN);
	crypto_hash_sha512_final(&st, secret_hash);
	crypto_core_ristretto255_scalar_reduce(secret_k, secret_hash);
	tsw_wipe(secret_hash, sizeof(secret_hash));
	tsw_wipe(&st, sizeof(st));
}

int
ts_vrf_prove(uint8_t proof[TS_VRF_PROOF_LEN],
    const uint8_t sk_scalar[TS_VRF_KEY_LEN], const uint8_t pk[TS_VRF_KEY_LEN],
    struct tsw_slice alpha)
{
	uint8_t h[POINT_LEN], gamma[POINT_LEN], u[POINT_LEN], v[POINT_LEN];
	const uint8_t *const point[5] = {pk, h, gamma, u, v};
	uint8_t c[SCALAR_LEN], s[SCALAR_LEN];
	uint8_t secret_k[SCALAR_LEN], secret_cx[SCALAR_LEN];
	int r;

	r = gamma_of(h, gamma, sk_scalar, pk, alpha);
	if (r != TS_OK)
		return r;
	nonce(secret_k, sk_scalar, h);
	if (crypto_scalarmult_ristretto255_base(u, secret_k) != 0 ||
	    crypto_scalarmult_ristretto255(v, secret_k, h) != 0) {
		r = TS_ERR_INTERNAL;
	} else {
		challenge(c, point);
		crypto_core_ristretto255_scalar_mul(secret_cx, c, sk_scalar);
		crypto_core_ristretto255_scalar_add(s, secret_k, secret_cx);
		memcpy(proof, gamma, POINT_LEN);
		memcpy(proof + POINT_LEN, c, CHALLENGE_LEN);
		memcpy(proof + POINT_LEN + CHALLENGE_LEN, s, SCALAR_LEN);
		tsw_wipe(secret_cx, sizeof(secret_cx));
	}
	tsw_wipe(secret_k, sizeof(secret_k));
	return r;
}

/* out = s*p - c*q; p NULL: the base point. */
static bool
difference(uint8_t out[POINT_LEN], const uint8_t *s, const uint8_t *p,
    const uint8_t *c, const uint8_t *q)
{
	uint8_t sp[POINT_LEN], cq[POINT_LEN];
	int r;

	r = p == NULL ? crypto_scalarmult_ristretto255_base(sp, s)
		      : crypto_scalarmult_ristretto255(sp, s, p);
	return r == 0 && crypto_scalarmult_ristretto255(cq, c, q) == 0 &&
	    crypto_core_ristretto255_sub(out, sp, cq) == 0;
}

int
ts_vrf_verify(uint8_t out[TS_VRF_OUT_LEN], const uint8_t pk[TS_VRF_KEY_LEN],
    struct tsw_slice alpha, const uint8_t proof[TS_VRF_PROOF_LEN])
{
	const uint8_t *gamma = proof, *s = proof + POINT_LEN + CHALLENGE_LEN;
	uint8_t h[POINT_LEN], u[POINT_LEN], v[POINT_LEN];
	const uint8_t *const point[5] = {pk, h, gamma, u, v};
	uint8_t c[SCALAR_LEN] = {0}, again[SCALAR_LEN];

	memcpy(c, proof + POINT_LEN, CHALLENGE_LEN);
	/* A zero c or s is refused, too: a prover meets one once in 2^128. */
	if (!is_point(pk) || !is_point(gamma) || !is_scalar(s))
		return TS_ERR_LOG_PROOF;
	encode_to_curve(h, pk, alpha);
	if (!difference(u, s, NULL, c, pk) || !difference(v, s, h, c, gamma))
		return TS_ERR_LOG_PROOF;
	challenge(again, point);
	if (memcmp(again, c, SCALAR_LEN) != 0)
		return TS_ERR_LOG_PROOF;
	output(out, gamma);
	return TS_OK;
}
