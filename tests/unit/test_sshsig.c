/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/sshsig.h>
#include <touchstone/wire/crypto.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "softtoken.h"

static const enum tsw_alg algs[] = {TSW_ALG_SK_ED25519, TSW_ALG_SK_P256,
    TSW_ALG_ED25519, TSW_ALG_P256};

static struct tsw_sshsig
signed_by(enum tsw_alg alg, uint8_t flags)
{
	struct soft_token token = soft_token_new(alg, 3);

	return soft_token_sign(&token, TSW_NS_ID_STATEMENT, soft_slice("text"),
	    flags, 5);
}

static int
verify(const struct tsw_sshsig *sig)
{
	return tsw_sshsig_verify(sig, TSW_NS_ID_STATEMENT, true,
	    soft_slice("text"));
}

static void
every_alg(void **state)
{
	struct tsw_sshsig sig, back;
	uint8_t out[TSW_SSHSIG_MAX];
	struct tsw_wr wr;
	size_t i, len;

	(void)state;
	for (i = 0; i < 4; i++) {
		sig = signed_by(algs[i], SOFT_UP_UV);
		assert_int_equal(verify(&sig), TSW_OK);
		tsw_wr_init(&wr, out, sizeof(out));
		assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_OK);
		assert_int_equal(tsw_sshsig_decode(&back, out, tsw_wr_len(&wr)),
		    TSW_OK);
		assert_memory_equal(&sig, &back, sizeof(sig));
		len = tsw_wr_len(&wr);
		while (len-- > 0) {
			tsw_wr_init(&wr, out, len);
			assert_int_equal(tsw_sshsig_encode(&wr, &sig),
			    TSW_ERR_NO_SPACE);
		}
		sig.key.data[sig.key.len - 1] ^= 1;
		assert_int_not_equal(verify(&sig), TSW_OK);
	}
}

/* Decoding alone refuses a purpose that is not ours. */
static void
other_purposes(void **state)
{
	struct tsw_sshsig sig = signed_by(TSW_ALG_ED25519, 0), before;
	uint8_t out[TSW_SSHSIG_MAX], *ns = NULL;
	struct tsw_wr wr;
	size_t i;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_OK);
	for (i = 0; i + 9 < tsw_wr_len(&wr); i++) {
		if (memcmp(out + i, "statement", 9) == 0)
			ns = out + i;
	}
	assert_non_null(ns);
	ns[0] = 'S';
	before = sig;
	assert_int_equal(tsw_sshsig_decode(&sig, out, tsw_wr_len(&wr)),
	    TSW_ERR_NAMESPACE);
	assert_memory_equal(&sig, &before, sizeof(sig));
}

/* The first that fails is named: purpose, touch, PIN, copies, the rest. */
static void
order_of_questions(void **state)
{
	struct tsw_sshsig sig = signed_by(TSW_ALG_SK_ED25519, 0xff);

	(void)state;
	memset(sig.sig, 0xff, sizeof(sig.sig));
	sig.flags = 0;
	assert_int_equal(tsw_sshsig_verify(&sig, TSW_NS_ID_CONFIRM, true,
			     soft_slice("text")),
	    TSW_ERR_NAMESPACE);
	assert_int_equal(verify(&sig), TSW_ERR_NO_TOUCH);
	sig.flags = 0xfb;
	assert_int_equal(verify(&sig), TSW_ERR_NO_UV);
	sig.flags = 0xff;
	assert_int_equal(verify(&sig), TSW_ERR_BACKUP_KEY);
	sig.flags = 0xf7;
	assert_int_equal(verify(&sig), TSW_ERR_FLAGS);
	sig.flags = 0x05;
	assert_int_equal(verify(&sig), TSW_ERR_NOT_CANONICAL_SIG);
	memset(sig.sig, 0, sizeof(sig.sig));
	assert_int_equal(verify(&sig), TSW_ERR_BADSIG);
	sig.key.len = 31;
	assert_int_equal(verify(&sig), TSW_ERR_KEY_TYPE);
	sig.key.alg = (enum tsw_alg)0;
	assert_int_equal(verify(&sig), TSW_ERR_RANGE);
	/* Without need of a PIN, its flag may be there or not. */
	sig = signed_by(TSW_ALG_SK_P256, SOFT_UP);
	assert_int_equal(verify(&sig), TSW_ERR_NO_UV);
	assert_int_equal(tsw_sshsig_verify(&sig, TSW_NS_ID_STATEMENT, false,
			     soft_slice("text")),
	    TSW_OK);
}

static void
cards_have_no_flags(void **state)
{
	struct tsw_sshsig sig = signed_by(TSW_ALG_P256, 0);
	uint8_t out[TSW_SSHSIG_MAX];
	struct tsw_wr wr;

	(void)state;
	assert_int_equal(verify(&sig), TSW_OK);
	sig.flags = SOFT_UP;
	assert_int_equal(verify(&sig), TSW_ERR_FLAGS);
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_ERR_FLAGS);
	sig.flags = 0;
	sig.counter = 1;
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_ERR_FLAGS);
}

static void
encoding_is_checked(void **state)
{
	struct tsw_sshsig good = signed_by(TSW_ALG_SK_P256, SOFT_UP_UV), sig;
	uint8_t out[TSW_SSHSIG_MAX];
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	sig = good;
	sig.ns = (enum tsw_ns)5;
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_ERR_NAMESPACE);
	assert_int_equal(tsw_sshsig_tbs(&wr, (enum tsw_ns)0, out, 0),
	    TSW_ERR_NAMESPACE);
	sig = good;
	memset(sig.sig, 0, 32);
	assert_int_equal(tsw_sshsig_encode(&wr, &sig),
	    TSW_ERR_NOT_CANONICAL_SIG);
	sig = good;
	sig.key.data[0] = 3;
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_ERR_BAD_POINT);
	tsw_wr_init(&wr, out, TSW_SSHSIG_TBS_MAX - 1);
	assert_int_equal(tsw_sshsig_tbs(&wr, TSW_NS_ID_STATEMENT, out, 0),
	    TSW_ERR_NO_SPACE);
}

/* r || s with short integers, which lose or gain a byte as mpints. */
static void
integers_of_every_length(void **state)
{
	struct tsw_sshsig sig = signed_by(TSW_ALG_SK_P256, SOFT_UP_UV), back;
	uint8_t out[TSW_SSHSIG_MAX];
	struct tsw_wr wr;
	size_t i;

	(void)state;
	for (i = 0; i < 256; i++) {
		memset(sig.sig, 0, sizeof(sig.sig));
		sig.sig[31 - i / 8] = (uint8_t)(1u << i % 8);
		memset(sig.sig + 63 - i / 8, 0xff, i / 8 + 1);
		tsw_wr_init(&wr, out, sizeof(out));
		assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_OK);
		assert_int_equal(tsw_sshsig_decode(&back, out, tsw_wr_len(&wr)),
		    TSW_OK);
		assert_memory_equal(&sig, &back, sizeof(sig));
	}
}

/* n and its neighbours, n/2 and its neighbours (FIPS 186-4 D.1.2.3). */
static void
lower_half(void **state)
{
	static const uint8_t n[32] = "\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff"
				     "\xff\xff\xff\xff\xbc\xe6\xfa\xad\xa7\x17"
				     "\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51";
	static const uint8_t half[32] =
	    "\x7f\xff\xff\xff\x80\0\0\0\x7f\xff\xff\xff"
	    "\xff\xff\xff\xff\xde\x73\x7d\x56\xd3\x8b"
	    "\xcf\x42\x79\xdc\xe5\x61\x7e\x31\x92\xa8";
	static const uint8_t one[32] = {[31] = 1};
	struct tsw_sshsig sig = signed_by(TSW_ALG_P256, 0);
	uint8_t *s = sig.sig + 32;

	(void)state;
	memcpy(s, n, 32);
	s[31]--; /* n - 1 */
	tsw_sshsig_canonicalise(&sig);
	assert_memory_equal(s, one, 32);
	tsw_sshsig_canonicalise(&sig);
	assert_memory_equal(s, one, 32);
	assert_int_equal(verify(&sig), TSW_ERR_BADSIG); /* but canonical */
	memcpy(sig.sig, n, 32);
	sig.sig[31]--;
	assert_int_equal(verify(&sig), TSW_ERR_BADSIG);
	memcpy(sig.sig, one, 32);
	assert_int_equal(verify(&sig), TSW_ERR_BADSIG);
	memcpy(s, half, 32);
	tsw_sshsig_canonicalise(&sig);
	assert_memory_equal(s, half, 32);
	assert_int_equal(verify(&sig), TSW_ERR_BADSIG);
	s[31]++;
	assert_int_equal(verify(&sig), TSW_ERR_NOT_CANONICAL_SIG);
	tsw_sshsig_canonicalise(&sig);
	assert_memory_equal(s, half, 32);
	memcpy(s, n, 32); /* no signature at all */
	tsw_sshsig_canonicalise(&sig);
	assert_memory_equal(s, n, 32);
	assert_int_equal(verify(&sig), TSW_ERR_NOT_CANONICAL_SIG);
	sig = signed_by(TSW_ALG_ED25519, 0);
	memcpy(sig.sig + 32, n, 32);
	tsw_sshsig_canonicalise(&sig);
	assert_memory_equal(sig.sig + 32, n, 32);
}

/* L - 1 is in range, L is not (RFC 8032 5.1). */
static void
below_the_order(void **state)
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63,
	    0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
	    0x14, [31] = 0x10};
	struct tsw_sshsig sig = signed_by(TSW_ALG_SK_ED25519, SOFT_UP_UV);

	(void)state;
	memcpy(sig.sig + 32, order, 32);
	assert_int_equal(verify(&sig), TSW_ERR_NOT_CANONICAL_SIG);
	sig.sig[32]--;
	assert_int_equal(verify(&sig), TSW_ERR_BADSIG);
}

static void
blobs(void **state)
{
	struct soft_token token;
	struct tsw_pubkey back;
	uint8_t out[160];
	struct tsw_wr wr;
	size_t i, len, whole;

	(void)state;
	for (i = 0; i < 4; i++) {
		token = soft_token_new(algs[i], 7);
		tsw_wr_init(&wr, out, sizeof(out));
		assert_int_equal(tsw_pubkey_encode(&wr, &token.key), TSW_OK);
		whole = tsw_wr_len(&wr);
		assert_int_equal(tsw_pubkey_decode(&back, out, whole), TSW_OK);
		assert_memory_equal(&back, &token.key, sizeof(back));
		for (len = 0; len < whole; len++)
			assert_int_equal(tsw_pubkey_decode(&back, out, len),
			    TSW_ERR_TRUNCATED);
		assert_int_equal(tsw_pubkey_decode(&back, out, whole + 1),
		    TSW_ERR_TRAILING);
		for (len = 0; len < whole; len++) {
			tsw_wr_init(&wr, out, len);
			assert_int_equal(tsw_pubkey_encode(&wr, &token.key),
			    TSW_ERR_NO_SPACE);
		}
	}
}

static void
primitives_say_why(void **state)
{
	struct soft_token token = soft_token_new(TSW_ALG_P256, 9);
	static const uint8_t zero[64];
	uint8_t pk[65];

	(void)state;
	assert_int_equal(tsw_p256_verify(zero, zero, token.key.data),
	    TSW_ERR_BADSIG);
	memcpy(pk, token.key.data, sizeof(pk));
	pk[64] ^= 1;
	assert_int_equal(tsw_p256_verify(zero, zero, pk), TSW_ERR_BAD_POINT);
	memcpy(pk, token.key.data, sizeof(pk));
	pk[0] = 6; /* the hybrid form, which libcrypto would take */
	assert_int_equal(tsw_p256_verify(zero, zero, pk), TSW_ERR_BAD_POINT);
	assert_int_equal(tsw_ed25519_verify(zero, zero, 0, zero),
	    TSW_ERR_BAD_POINT);
	token = soft_token_new(TSW_ALG_ED25519, 9);
	assert_int_equal(tsw_ed25519_verify(zero, zero, 0, token.key.data),
	    TSW_ERR_BADSIG);
}

/* FIPS 180-4 "abc" in parts; RFC 4231 test case 2. */
static void
hashes(void **state)
{
	const struct tsw_slice abc[] = {soft_slice("a"), {NULL, 0},
	    soft_slice("bc")};
	const struct tsw_slice text =
	    soft_slice("what do ya want for nothing?");
	uint8_t out[64];

	(void)state;
	tsw_sha256(out, abc, 3);
	assert_memory_equal(out, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);
	tsw_sha512(out, abc, 3);
	assert_memory_equal(out, "\xdd\xaf\x35\xa1\x93\x61\x7a\xba", 8);
	tsw_hmac_sha256(out, soft_slice("Jefe"), &text, 1);
	assert_memory_equal(out, "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_alg),
	    cmocka_unit_test(other_purposes),
	    cmocka_unit_test(order_of_questions),
	    cmocka_unit_test(cards_have_no_flags),
	    cmocka_unit_test(encoding_is_checked),
	    cmocka_unit_test(integers_of_every_length),
	    cmocka_unit_test(lower_half),
	    cmocka_unit_test(below_the_order),
	    cmocka_unit_test(blobs),
	    cmocka_unit_test(primitives_say_why),
	    cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
