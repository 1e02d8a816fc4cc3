/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/attest.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "softtoken.h"

static const uint8_t challenge[TSW_HASH_LEN] = {0xc4, 1, 2, 3};

static struct soft_token token, device;

static int
setup(void **state)
{
	(void)state;
	token = soft_token_new(TSW_ALG_SK_P256, 7);
	device = soft_token_new(TSW_ALG_ED25519, 99);
	return 0;
}

static void
good_ones_pass(void **state)
{
	static const enum tsw_alg alg[] = {TSW_ALG_SK_ED25519, TSW_ALG_SK_P256};
	struct tsw_attestation a;
	struct soft_token t;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		t = soft_token_new(alg[i], 7);
		a = soft_token_attest(&t, &device, NULL);
		assert_int_equal(tsw_attestation_verify(&a, &t.key, NULL),
		    TSW_OK);
		a = soft_token_attest(&t, &device, challenge);
		assert_int_equal(tsw_attestation_verify(&a, &t.key, challenge),
		    TSW_OK);
	}
}

/* Every bit of it, of the key and of the challenge is signed. */
static void
everything_is_bound(void **state)
{
	struct tsw_attestation a =
	    soft_token_attest(&token, &device, challenge);
	uint8_t room[sizeof(a)], c[TSW_HASH_LEN];
	struct tsw_pubkey key = token.key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(a); i++) {
		struct tsw_attestation b;

		memcpy(room, &a, sizeof(a));
		room[i] ^= 0x10;
		memcpy(&b, room, sizeof(b));
		assert_int_equal(tsw_attestation_verify(&b, &token.key,
				     challenge),
		    TSW_ERR_ATTESTATION);
	}
	for (i = 1; i < key.len; i++) {
		key.data[i] ^= 1;
		assert_int_equal(tsw_attestation_verify(&a, &key, challenge),
		    TSW_ERR_ATTESTATION);
		key.data[i] ^= 1;
	}
	for (i = 0; i < sizeof(c); i++) {
		memcpy(c, challenge, sizeof(c));
		c[i] ^= 0x80;
		assert_int_equal(tsw_attestation_verify(&a, &token.key, c),
		    TSW_ERR_ATTESTATION);
	}
	assert_int_equal(tsw_attestation_verify(&a, &token.key, NULL),
	    TSW_ERR_ATTESTATION);
	a = soft_token_attest(&token, &device, NULL);
	assert_int_equal(tsw_attestation_verify(&a, &token.key, challenge),
	    TSW_ERR_ATTESTATION);
}

/* A signature in another namespace is none, whatever its text. */
static void
the_namespace_is_bound(void **state)
{
	static const enum tsw_ns other[] = {TSW_NS_ID_STATEMENT,
	    TSW_NS_ID_CONFIRM, TSW_NS_ID_IMPORT};
	struct tsw_attestation a = soft_token_attest(&token, &device, NULL);
	uint8_t text[TSW_ATTEST_MAX];
	struct tsw_slice msg = {text, 0};
	struct tsw_sshsig sig;
	struct tsw_wr wr;
	size_t i;

	(void)state;
	tsw_wr_init(&wr, text, sizeof(text));
	assert_int_equal(tsw_attest_encode(&wr, &a, &token.key, NULL), TSW_OK);
	msg.len = tsw_wr_len(&wr);
	for (i = 0; i < 3; i++) {
		sig = soft_token_sign(&device, other[i], msg, 0, 0);
		memcpy(a.sig, sig.sig, sizeof(a.sig));
		assert_int_equal(tsw_attestation_verify(&a, &token.key, NULL),
		    TSW_ERR_ATTESTATION);
	}
}

/* Device keys that anybody could sign for, and S beyond the order. */
static void
weak_device_keys_are_refused(void **state)
{
	struct tsw_attestation a = soft_token_attest(&token, &device, NULL);

	(void)state;
	memset(a.device, 0, sizeof(a.device));
	a.device[0] = 1; /* the neutral element */
	assert_int_equal(tsw_attestation_verify(&a, &token.key, NULL),
	    TSW_ERR_ATTESTATION);
	a = soft_token_attest(&token, &device, NULL);
	memset(a.sig + 32, 0xff, 32);
	assert_int_equal(tsw_attestation_verify(&a, &token.key, NULL),
	    TSW_ERR_ATTESTATION);
}

static void
only_fido_keys_are_attested(void **state)
{
	struct tsw_attestation a = soft_token_attest(&token, &device, NULL);
	struct soft_token card = soft_token_new(TSW_ALG_P256, 7);
	uint8_t text[TSW_ATTEST_MAX];
	struct tsw_pubkey key = token.key;
	struct tsw_wr wr;

	(void)state;
	assert_int_equal(tsw_attestation_verify(&a, &card.key, NULL),
	    TSW_ERR_RANGE);
	card = soft_token_new(TSW_ALG_ED25519, 7);
	assert_int_equal(tsw_attestation_verify(&a, &card.key, NULL),
	    TSW_ERR_RANGE);
	key.len = 64;
	assert_int_equal(tsw_attestation_verify(&a, &key, NULL),
	    TSW_ERR_KEY_TYPE);
	tsw_wr_init(&wr, text, sizeof(text));
	assert_int_equal(tsw_attest_encode(&wr, &a, &card.key, NULL),
	    TSW_ERR_RANGE);
	assert_int_equal(tsw_wr_len(&wr), 0);
}

static void
lengths_are_exact(void **state)
{
	struct tsw_attestation a = soft_token_attest(&token, &device, NULL);
	uint8_t room[TSW_ATTEST_MAX + 1];
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, room, TSW_ATTESTATION_LEN);
	assert_int_equal(tsw_attestation_encode(&wr, &a), TSW_OK);
	assert_int_equal(tsw_wr_len(&wr), TSW_ATTESTATION_LEN);
	tsw_wr_init(&wr, room, TSW_ATTESTATION_LEN - 1);
	assert_int_equal(tsw_attestation_encode(&wr, &a), TSW_ERR_NO_SPACE);
	tsw_wr_init(&wr, room, TSW_ATTEST_MAX);
	assert_int_equal(tsw_attest_encode(&wr, &a, &token.key, challenge),
	    TSW_OK);
	assert_int_equal(tsw_wr_len(&wr), TSW_ATTEST_MAX);
	tsw_wr_init(&wr, room, TSW_ATTEST_MAX - 1);
	assert_int_equal(tsw_attest_encode(&wr, &a, &token.key, challenge),
	    TSW_ERR_NO_SPACE);
}

static void
an_ssh_signature_carries_it(void **state)
{
	struct tsw_attestation a =
	    soft_token_attest(&token, &device, challenge);
	uint8_t room[TSW_SSHSIG_MAX], text[TSW_ATTEST_MAX];
	struct tsw_slice msg = {text, 0};
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, text, sizeof(text));
	assert_int_equal(tsw_attest_encode(&wr, &a, &token.key, challenge),
	    TSW_OK);
	msg.len = tsw_wr_len(&wr);
	tsw_wr_init(&wr, room, sizeof(room));
	assert_int_equal(tsw_attestation_sshsig(&wr, &a), TSW_OK);
	assert_int_equal(tsw_sshsig_decode(&sig, room, tsw_wr_len(&wr)),
	    TSW_OK);
	assert_int_equal(sig.key.alg, TSW_ALG_ED25519);
	assert_memory_equal(sig.key.data, a.device, sizeof(a.device));
	assert_int_equal(tsw_sshsig_verify(&sig, TSW_NS_ID_ATTEST, false, msg),
	    TSW_OK);
	tsw_wr_init(&wr, room, 9);
	assert_int_equal(tsw_attestation_sshsig(&wr, &a), TSW_ERR_NO_SPACE);
}

/* --- In a token entry --- */

static uint8_t room_for_attestation[TSW_ATTESTATION_LEN + 1];

static int
encode(const struct tsw_statement *st)
{
	uint8_t out[2 * TSW_STATEMENT_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, out, sizeof(out));
	return tsw_statement_encode(&wr, st);
}

static struct tsw_statement
attested_genesis(enum tsw_alg alg)
{
	struct soft_token key = soft_token_new(alg, 1);
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.u.genesis.label = soft_slice("alice");
	st.u.genesis.token_cnt = 1;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = 72;
	st.u.genesis.token[0] =
	    soft_token_attested(room_for_attestation, &key, &device, "blue");
	return st;
}

/* Claimed exactly where it is, by keys that can be attested, in its form. */
static void
attestation_is_checked(void **state)
{
	struct soft_token card = soft_token_new(TSW_ALG_P256, 1);
	struct tsw_statement st;
	struct tsw_token *t = &st.u.genesis.token[0];

	(void)state;
#define REFUSED(change, want)                                                  \
	st = attested_genesis(TSW_ALG_SK_ED25519);                             \
	change;                                                                \
	assert_int_equal(encode(&st), want)

	REFUSED((void)0, TSW_OK);
	REFUSED(t->attestation.len = 0, TSW_ERR_EVIDENCE);
	REFUSED(t->evidence = TSW_EVIDENCE_FIDO_UV, TSW_ERR_EVIDENCE);
	REFUSED(t->evidence = TSW_EVIDENCE_CARD_ATTESTED, TSW_ERR_EVIDENCE);
	REFUSED(t->key = card.key, TSW_ERR_EVIDENCE);
	REFUSED(t->attestation.len--, TSW_ERR_TRUNCATED);
	REFUSED(t->attestation.len++, TSW_ERR_TRAILING);
	REFUSED(room_for_attestation[0] = 0x83, TSW_ERR_FORMAT);
	REFUSED(t->name = soft_slice(" "), TSW_ERR_NAME);
#undef REFUSED
}

/* A view of the very bytes, wherever in the statement they are. */
static void
attestation_is_a_view(void **state)
{
	struct tsw_statement st = attested_genesis(TSW_ALG_SK_P256), back;
	uint8_t out[TSW_STATEMENT_MAX];
	const struct tsw_slice *view = &back.u.genesis.token[0].attestation;
	struct tsw_attestation a;
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(tsw_statement_encode(&wr, &st), TSW_OK);
	assert_int_equal(tsw_statement_decode(&back, out, tsw_wr_len(&wr)),
	    TSW_OK);
	assert_int_equal(view->len, TSW_ATTESTATION_LEN);
	assert_true(view->p > out && view->p + view->len < out + sizeof(out));
	assert_memory_equal(view->p, room_for_attestation, view->len);
	assert_int_equal(tsw_attestation_decode(&a, view->p, view->len),
	    TSW_OK);
	assert_int_equal(tsw_attestation_verify(&a,
			     &back.u.genesis.token[0].key, NULL),
	    TSW_OK);
}

/*
 * Attested tokens with the longest names under the longest label: as many
 * as SPEC 2 says, and one more is too long whatever the room.
 */
static void
attested_tokens_that_fit(void **state)
{
	static const struct {
		enum tsw_alg alg;
		uint8_t cnt;
	} t[] = {{TSW_ALG_SK_ED25519, 4}, {TSW_ALG_SK_P256, 3}};
	static uint8_t label[TSW_LABEL_MAX], name[TSW_NAME_MAX];
	static uint8_t room[5][TSW_ATTESTATION_LEN];
	struct tsw_statement st = attested_genesis(TSW_ALG_SK_ED25519);
	struct soft_token key;
	struct tsw_genesis *g = &st.u.genesis;
	uint8_t out[TSW_STATEMENT_MAX];
	struct tsw_wr wr;
	uint8_t i, j;

	(void)state;
	memset(label, 'a', sizeof(label));
	memset(name, 'n', sizeof(name));
	g->label = (struct tsw_slice){label, sizeof(label)};
	st.time = TSW_TIME_MAX;
	g->timelock_h = TSW_TIMELOCK_MAX_H;
	for (i = 0; i < 2; i++) {
		for (j = 0; j <= t[i].cnt; j++) {
			key = soft_token_new(t[i].alg, (uint8_t)(j + 1));
			g->token[j] =
			    soft_token_attested(room[j], &key, &device, "n");
			g->token[j].name =
			    (struct tsw_slice){name, sizeof(name)};
			g->token_cnt = (uint8_t)(j + 1);
			assert_int_equal(encode(&st),
			    j < t[i].cnt ? TSW_OK : TSW_ERR_TOO_LONG);
		}
		tsw_wr_init(&wr, out, sizeof(out));
		assert_int_equal(tsw_statement_encode(&wr, &st),
		    TSW_ERR_TOO_LONG);
		tsw_wr_init(&wr, out, sizeof(out) - 1);
		assert_int_equal(tsw_statement_encode(&wr, &st),
		    TSW_ERR_NO_SPACE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_ones_pass),
	    cmocka_unit_test(everything_is_bound),
	    cmocka_unit_test(the_namespace_is_bound),
	    cmocka_unit_test(weak_device_keys_are_refused),
	    cmocka_unit_test(only_fido_keys_are_attested),
	    cmocka_unit_test(lengths_are_exact),
	    cmocka_unit_test(an_ssh_signature_carries_it),
	    cmocka_unit_test(attestation_is_checked),
	    cmocka_unit_test(attestation_is_a_view),
	    cmocka_unit_test(attested_tokens_that_fit),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
