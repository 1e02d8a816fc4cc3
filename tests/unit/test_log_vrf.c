/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector of c2sp.org/vrf-r255, and proofs that must be refused. */
#include "log/vrf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#define ALPHA "c2sp.org/vrf-r255"

static const char sk_hex[] = "3431c2b03533e280b23232e280b34e2c3132c2b03238e280"
			     "b23131e280b34500";
static const char pk_hex[] = "54136cd90d99fbd1d4e855d9556efea87ba0337f2a6ce220"
			     "28d0f5726fcb854e";
static const char pi_hex[] = "0a97d961262fb549b4175c5117860f42ae44a123f93c476c"
			     "439eddd1c0cff9265c805525233e2284dbed45e593b8eea3"
			     "1d5ca9734d72bcbba9738d5237f955f3b2422351149d1312"
			     "503b6441a47c940c";
static const char beta_hex[] = "dd653f0879b48c3ef69e13551239bec4cbcc1c18fe8894"
			       "de2e9e1c790e18273603bf1c6c25d7a797aeff3c43fd32"
			       "b974d3fcbd4bcce916007097922a3ea3a794";
/* q, little-endian. */
static const char order_hex[] =
    "edd3f55c1a631258d69cf7a2def9de14000000000000000"
    "00000000000000010";

static uint8_t sk[TS_VRF_KEY_LEN], pk[TS_VRF_KEY_LEN];
static uint8_t pi[TS_VRF_PROOF_LEN], beta[TS_VRF_OUT_LEN];
static uint8_t order[TS_VRF_KEY_LEN];
static const struct tsw_slice alpha = {(const uint8_t *)ALPHA,
    sizeof(ALPHA) - 1};

static void
hex(uint8_t *out, size_t len, const char *text)
{
	size_t got;

	assert_int_equal(sodium_hex2bin(out, len, text, strlen(text), NULL,
			     &got, NULL),
	    0);
	assert_int_equal(got, len);
}

static int
set_up(void **state)
{
	(void)state;
	hex(sk, sizeof(sk), sk_hex);
	hex(pk, sizeof(pk), pk_hex);
	hex(pi, sizeof(pi), pi_hex);
	hex(beta, sizeof(beta), beta_hex);
	hex(order, sizeof(order), order_hex);
	return 0;
}

static void
vector(void **state)
{
	uint8_t got_pk[TS_VRF_KEY_LEN], proof[TS_VRF_PROOF_LEN];
	uint8_t out[TS_VRF_OUT_LEN];

	(void)state;
	assert_int_equal(ts_vrf_public(got_pk, sk), TS_OK);
	assert_memory_equal(got_pk, pk, sizeof(pk));
	assert_int_equal(ts_vrf_output(out, sk, pk, alpha), TS_OK);
	assert_memory_equal(out, beta, sizeof(beta));
	assert_int_equal(ts_vrf_prove(proof, sk, pk, alpha), TS_OK);
	assert_memory_equal(proof, pi, sizeof(pi));
	memset(out, 0, sizeof(out));
	assert_int_equal(ts_vrf_verify(out, pk, alpha, pi), TS_OK);
	assert_memory_equal(out, beta, sizeof(beta));
}

static void
refused(const uint8_t key[TS_VRF_KEY_LEN], struct tsw_slice a,
    const uint8_t proof[TS_VRF_PROOF_LEN])
{
	uint8_t out[TS_VRF_OUT_LEN], before[TS_VRF_OUT_LEN];

	memset(out, 0xa5, sizeof(out));
	memcpy(before, out, sizeof(out));
	assert_int_equal(ts_vrf_verify(out, key, a, proof), TS_ERR_LOG_PROOF);
	assert_memory_equal(out, before, sizeof(out));
}

static void
every_bit(void **state)
{
	uint8_t proof[TS_VRF_PROOF_LEN], key[TS_VRF_KEY_LEN];
	uint8_t text[sizeof(ALPHA) - 1];
	size_t i;

	(void)state;
	for (i = 0; i < 8 * sizeof(proof); i++) {
		memcpy(proof, pi, sizeof(proof));
		proof[i / 8] ^= (uint8_t)(1U << i % 8);
		refused(pk, alpha, proof);
	}
	for (i = 0; i < 8 * sizeof(key); i++) {
		memcpy(key, pk, sizeof(key));
		key[i / 8] ^= (uint8_t)(1U << i % 8);
		refused(key, alpha, pi);
	}
	for (i = 0; i < 8 * sizeof(text); i++) {
		memcpy(text, ALPHA, sizeof(text));
		text[i / 8] ^= (uint8_t)(1U << i % 8);
		refused(pk, (struct tsw_slice){text, sizeof(text)}, pi);
	}
	refused(pk, (struct tsw_slice){text, sizeof(text) - 1}, pi);
	refused(pk, (struct tsw_slice){NULL, 0}, pi);
}

/* s + q is the same scalar: the proof must not have a second form. */
static void
scalar_not_canonical(void **state)
{
	uint8_t proof[TS_VRF_PROOF_LEN];
	unsigned carry = 0;
	size_t i;

	(void)state;
	memcpy(proof, pi, sizeof(proof));
	for (i = 0; i < 32; i++) {
		carry += (unsigned)proof[48 + i] + order[i];
		proof[48 + i] = (uint8_t)(carry & 0xff);
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	refused(pk, alpha, proof);
	memset(proof + 48, 0, 32);
	refused(pk, alpha, proof);
}

/* Field elements of a second form, a negative one, and 0, the identity. */
static void
point_not_canonical(void **state)
{
	static const uint8_t low[] = {0x00, 0xef, 0xf1, 0xed, 0xff, 0x01};
	uint8_t bad[32], proof[TS_VRF_PROOF_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(low); i++) {
		memset(bad, low[i] < 2 ? 0 : 0xff, sizeof(bad));
		bad[0] = low[i];
		if (low[i] >= 2)
			bad[31] = 0x7f;
		refused(bad, alpha, pi);
		memcpy(proof, pi, sizeof(proof));
		memcpy(proof, bad, sizeof(bad));
		refused(pk, alpha, proof);
	}
}

/* Under the identity as key a prover without a secret proves anything. */
static void
identity_key(void **state)
{
	static const uint8_t identity[32] = {0};
	static const uint8_t domain[] = "\xff"
					"c2sp.org/vrf-r255\x82";
	uint8_t proof[TS_VRF_PROOF_LEN] = {0}, h[32], u[32], v[32], hash[64];
	crypto_hash_sha512_state st;

	(void)state;
	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, domain, sizeof(domain) - 1);
	crypto_hash_sha512_update(&st, identity, 32);
	crypto_hash_sha512_update(&st, alpha.p, alpha.len);
	crypto_hash_sha512_final(&st, hash);
	assert_int_equal(crypto_core_ristretto255_from_hash(h, hash), 0);
	proof[48] = 7; /* s = k = 7, for x = 0 */
	assert_int_equal(crypto_scalarmult_ristretto255_base(u, proof + 48), 0);
	assert_int_equal(crypto_scalarmult_ristretto255(v, proof + 48, h), 0);
	crypto_hash_sha512_init(&st);
	crypto_hash_sha512_update(&st, domain, sizeof(domain) - 2);
	crypto_hash_sha512_update(&st, (const uint8_t *)"\x02", 1);
	crypto_hash_sha512_update(&st, identity, 32);
	crypto_hash_sha512_update(&st, h, 32);
	crypto_hash_sha512_update(&st, identity, 32);
	crypto_hash_sha512_update(&st, u, 32);
	crypto_hash_sha512_update(&st, v, 32);
	crypto_hash_sha512_update(&st, (const uint8_t *)"\0", 1);
	crypto_hash_sha512_final(&st, hash);
	memcpy(proof + 32, hash, 16);
	refused(identity, alpha, proof);
}

static void
bad_keys(void **state)
{
	uint8_t zero[32] = {0}, out[TS_VRF_OUT_LEN], key[TS_VRF_KEY_LEN];
	uint8_t proof[TS_VRF_PROOF_LEN];

	(void)state;
	assert_int_equal(ts_vrf_public(key, zero), TS_ERR_ARGUMENT);
	assert_int_equal(ts_vrf_public(key, order), TS_ERR_ARGUMENT);
	order[0]--;
	assert_int_equal(ts_vrf_public(key, order), TS_OK);
	assert_int_equal(ts_vrf_output(out, sk, zero, alpha), TS_ERR_ARGUMENT);
	assert_int_equal(ts_vrf_prove(proof, sk, zero, alpha), TS_ERR_ARGUMENT);
	assert_int_equal(ts_vrf_prove(proof, zero, pk, alpha), TS_ERR_ARGUMENT);
}

static void
fresh_keys(void **state)
{
	uint8_t a[32], a_pk[32], b[32], b_pk[32], proof[TS_VRF_PROOF_LEN];
	uint8_t out[2][TS_VRF_OUT_LEN];
	const struct tsw_slice none = {NULL, 0};

	(void)state;
	ts_vrf_keygen(a, a_pk);
	ts_vrf_keygen(b, b_pk);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(ts_vrf_prove(proof, a, a_pk, none), TS_OK);
	assert_int_equal(ts_vrf_output(out[0], a, a_pk, none), TS_OK);
	assert_int_equal(ts_vrf_verify(out[1], a_pk, none, proof), TS_OK);
	assert_memory_equal(out[0], out[1], sizeof(out[0]));
	refused(b_pk, none, proof);
	refused(a_pk, alpha, proof);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(vector, set_up),
	    cmocka_unit_test_setup(every_bit, set_up),
	    cmocka_unit_test_setup(scalar_not_canonical, set_up),
	    cmocka_unit_test_setup(point_not_canonical, set_up),
	    cmocka_unit_test_setup(identity_key, set_up),
	    cmocka_unit_test_setup(bad_keys, set_up),
	    cmocka_unit_test_setup(fresh_keys, set_up),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
