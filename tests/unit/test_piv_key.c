/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: keys made, used and guarded; what they sign is judged by libcrypto. */
#include "pivrig.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

static int
setup(void **state)
{
	(void)pivrig_setup(state);
	pivrig_admin();
	return 0;
}

static EVP_PKEY *
p256_key(const uint8_t *point)
{
	char group[] = "prime256v1";
	uint8_t copy[65];
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("group", group,
				   0),
	    OSSL_PARAM_construct_octet_string("pub", copy, sizeof(copy)),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;

	memcpy(copy, point, sizeof(copy));
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY,
			     params),
	    1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The result out of 7C { 82 }. */
static const uint8_t *
result(size_t *len)
{
	assert_true(pivrig.len > 4);
	assert_int_equal(pivrig.rsp[0], 0x7c);
	assert_int_equal(pivrig.rsp[1], pivrig.len - 2);
	assert_int_equal(pivrig.rsp[2], 0x82);
	assert_int_equal(pivrig.rsp[3], pivrig.len - 4);
	*len = pivrig.len - 4;
	return pivrig.rsp + 4;
}

/* The answer is a signature of this hash by the key that was made last. */
static bool
is_signature(const uint8_t hash[32])
{
	EVP_PKEY *key = p256_key(pivrig.public);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	const uint8_t *sig;
	size_t len;
	int r;

	sig = result(&len);
	assert_int_equal(EVP_PKEY_verify_init(ctx), 1);
	r = EVP_PKEY_verify(ctx, sig, len, hash, 32);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return r == 1;
}

static void
test_p256(void **state)
{
	static const uint8_t slots[] = {0x9a, 0x9c, 0x9d, 0x9e};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(slots); i++) {
		pivrig_make(slots[i], FW_PIV_P256, 0, 0);
		assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
		assert_int_equal(pivrig_sign(slots[i]), FW_SW_OK);
		assert_true(is_signature(pivrig_hash));
		pivrig.rsp[20] ^= 1;
		assert_false(is_signature(pivrig_hash));
	}
}

/* The left 32 bytes of a longer pivrig_hash; a shorter one is a small number.
 */
static void
test_hash_lengths(void **state)
{
	uint8_t small[32] = {0};

	(void)state;
	pivrig_make(0x9e, FW_PIV_P256, 0, 0);
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, pivrig_hash, 64),
	    FW_SW_OK);
	assert_true(is_signature(pivrig_hash));
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, pivrig_hash, 20),
	    FW_SW_OK);
	memcpy(small + 12, pivrig_hash, 20);
	assert_true(is_signature(small));
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, pivrig_hash, 0),
	    FW_SW_DATA);
}

/* No message has such a pivrig_hash, but a host may send it: it was taken for a
 * fault of the chip, and the token halted. */
static void
test_zero_hash(void **state)
{
	static const uint8_t zero[32];
	static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00,
	    0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
	    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2,
	    0xfc, 0x63, 0x25, 0x51};
	uint8_t above[32];

	(void)state;
	pivrig_make(0x9e, FW_PIV_P256, 0, 0);
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, zero, 32),
	    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, zero, 1),
	    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, order, 32),
	    FW_SW_DATA);
	memcpy(above, order, sizeof(above));
	above[31]++;
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, above, 32),
	    FW_SW_OK);
	assert_true(is_signature(above));
	memset(above, 0xff, sizeof(above));
	assert_int_equal(pivrig_use(0x9e, FW_PIV_P256, 0x81, above, 32),
	    FW_SW_OK);
	assert_true(is_signature(above));
}

static void
test_ed25519(void **state)
{
	static const size_t len[] = {0, 1, 255, 1900};
	uint8_t message[1900] = {1};
	EVP_PKEY *key;
	EVP_MD_CTX *ctx;
	const uint8_t *sig;
	size_t i, sig_len;

	(void)state;
	pivrig_make(0x9e, FW_PIV_ED25519, 0, 0);
	key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pivrig.public,
	    32);
	assert_non_null(key);
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		assert_int_equal(pivrig_use(0x9e, FW_PIV_ED25519, 0x81, message,
				     len[i]),
		    FW_SW_OK);
		sig = result(&sig_len);
		assert_int_equal(sig_len, 64);
		ctx = EVP_MD_CTX_new();
		assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL,
				     key),
		    1);
		assert_int_equal(EVP_DigestVerify(ctx, sig, 64, message,
				     len[i]),
		    1);
		EVP_MD_CTX_free(ctx);
	}
	EVP_PKEY_free(key);
	/* It agrees on nothing. */
	assert_int_equal(pivrig_use(0x9e, FW_PIV_ED25519, 0x85, message, 32),
	    FW_SW_DATA);
}

static void
expect_agreement(EVP_PKEY *mine, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(mine, NULL);
	uint8_t expected[32];
	size_t len = sizeof(expected), got_len;
	const uint8_t *got = result(&got_len);

	assert_int_equal(EVP_PKEY_derive_init(ctx), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(ctx, peer), 1);
	assert_int_equal(EVP_PKEY_derive(ctx, expected, &len), 1);
	assert_int_equal(got_len, 32);
	assert_memory_equal(got, expected, 32);
	EVP_PKEY_CTX_free(ctx);
}

static void
test_ecdh(void **state)
{
	uint8_t *point = NULL, bad[65];
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), *peer;

	(void)state;
	assert_non_null(mine);
	assert_int_equal(EVP_PKEY_get1_encoded_public_key(mine, &point), 65);
	pivrig_make(0x9d, FW_PIV_P256, FW_PIV_PIN_NEVER, 0);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_P256, 0x85, point, 65),
	    FW_SW_OK);
	peer = p256_key(pivrig.public);
	expect_agreement(mine, peer);
	memcpy(bad, point, 65);
	bad[64] ^= 1; /* not on the curve */
	assert_int_equal(pivrig_use(0x9d, FW_PIV_P256, 0x85, bad, 65),
	    FW_SW_DATA);
	memcpy(bad, point, 65);
	bad[0] = 0x02;
	assert_int_equal(pivrig_use(0x9d, FW_PIV_P256, 0x85, bad, 65),
	    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_P256, 0x85, point, 64),
	    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_P256, 0x85, point, 33),
	    FW_SW_DATA);
	OPENSSL_free(point);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(peer);
}

static void
test_x25519(void **state)
{
	static const uint8_t zero[32];
	EVP_PKEY *mine = EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), *peer;
	uint8_t point[32];
	size_t len = sizeof(point);

	(void)state;
	assert_int_equal(EVP_PKEY_get_raw_public_key(mine, point, &len), 1);
	pivrig_make(0x9d, FW_PIV_X25519, FW_PIV_PIN_NEVER, 0);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_X25519, 0x85, point, 32),
	    FW_SW_OK);
	peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, pivrig.public,
	    32);
	expect_agreement(mine, peer);
	EVP_PKEY_free(mine);
	EVP_PKEY_free(peer);
	/* A point of small order gives the same to everybody. */
	assert_int_equal(pivrig_use(0x9d, FW_PIV_X25519, 0x85, zero, 32),
	    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_X25519, 0x85, point, 31),
	    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9d, FW_PIV_X25519, 0x81, point, 32),
	    FW_SW_DATA);
}

static void
test_use_bounds(void **state)
{
	static const char *const bad[] = {"", "7c00", "7c02 8200", "7c02 8000",
	    "7c06 8200 8102 01", "7c07 8201 00 8102 0102",
	    "7c08 8102 0102 8102 0102", "7c08 8102 0102 8502 0102",
	    "7c08 8102 0102 8002 0102", "7c80 8102 0102 0000",
	    "7c04 8102 0102 00", "7c8300 0004 8102 0102"};
	size_t i;

	(void)state;
	pivrig_make(0x9e, FW_PIV_P256, 0, 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE,
				     FW_PIV_P256, 0x9e, bad[i]),
		    FW_SW_DATA);
	assert_int_equal(pivrig_use(0x9e, FW_PIV_ED25519, 0x81, pivrig_hash,
			     32),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_use(0x9a, FW_PIV_P256, 0x81, pivrig_hash, 32),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_use(0x82, FW_PIV_P256, 0x81, pivrig_hash, 32),
	    FW_SW_WRONG_P1P2);
	/* F9 signs certificates of ours only. */
	assert_int_equal(pivrig_use(0xf9, FW_PIV_P256, 0x81, pivrig_hash, 32),
	    FW_SW_WRONG_P1P2);
	/* A longer form of a length is the same length. */
	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_P256, 0x9e,
			     "7c810b 8100 8200"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_P256, 0x9e,
			     "7c820008 820000 8181 020102"),
	    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_P256, 0x9e,
			     "7c820007 8200 8181020102"),
	    FW_SW_OK);
}

static void
test_generate_bounds(void **state)
{
	static const char *const bad[] = {"", "ac00", "ac03 8001 07",
	    "ac03 8001 14", "ac02 8000", "ac04 8002 1111", "ac03 8101 11",
	    "ac06 8001 11 aa01 04", "ac06 8001 11 ab01 04",
	    "ac06 8001 11 8001 11", "ac06 8001 11 aa01", "ac03 8001 1100",
	    "ac03 8001 03", "7c03 8001 11"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pivrig_hex(FW_PIV_INS_GENERATE, 0, 0x9a,
				     bad[i]),
		    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_GENERATE, 0, 0x82,
			     "ac03 8001 11"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_GENERATE, 1, 0x9a,
			     "ac03 8001 11"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_GENERATE, 0, 0x9a,
			     "ac03 8001 11"),
	    FW_SW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_hex(FW_PIV_INS_GENERATE, 0, 0x9a,
			     "ac03 8001 11"),
	    FW_SW_SECURITY);
}

static void
test_delete(void **state)
{
	(void)state;
	pivrig_make(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, 0);
	assert_int_equal(pivrig_hex(FW_PIV_INS_MOVE, 0x9c, 0x9a, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0x9c, ""),
	    FW_SW_REFERENCE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0x9b, ""),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
	assert_int_equal(pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0x9a, ""), FW_SW_OK);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_REFERENCE);
	pivrig_make(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, 0);
	pivrig_plug();
	assert_int_equal(pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0x9a, ""),
	    FW_SW_SECURITY);
	assert_int_equal(pivrig_sign(0x9a), FW_SW_OK);
}

/* A key that was copied to another slot, or whose policy was changed in the
 * flash, is no key. */
static void
test_sealed_for_its_slot(void **state)
{
	uint8_t record[FW_PIV_KEY_REC_MAX];
	int i, len;

	(void)state;
	pivrig_make(0x9c, FW_PIV_P256, 0, 0);
	len = fw_store_get(&pivrig.piv.store, record, sizeof(record),
	    FW_PIV_REC_KEY + 1);
	assert_true(len > 0);
	for (i = 0; i < len; i++) {
		record[i] ^= 1;
		assert_int_equal(fw_store_put(&pivrig.piv.store,
				     FW_PIV_REC_KEY + 1, record, (size_t)len),
		    FW_OK);
		record[i] ^= 1;
		pivrig_plug();
		assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_MEMORY);
	}
	assert_int_equal(fw_store_put(&pivrig.piv.store, FW_PIV_REC_KEY + 1,
			     record, (size_t)len),
	    FW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(fw_store_put(&pivrig.piv.store, FW_PIV_REC_KEY + 3,
			     record, (size_t)len),
	    FW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_MEMORY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_p256, setup),
	    cmocka_unit_test_setup(test_hash_lengths, setup),
	    cmocka_unit_test_setup(test_zero_hash, setup),
	    cmocka_unit_test_setup(test_ed25519, setup),
	    cmocka_unit_test_setup(test_ecdh, setup),
	    cmocka_unit_test_setup(test_x25519, setup),
	    cmocka_unit_test_setup(test_use_bounds, setup),
	    cmocka_unit_test_setup(test_generate_bounds, setup),
	    cmocka_unit_test_setup(test_delete, setup),
	    cmocka_unit_test_setup(test_sealed_for_its_slot, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
