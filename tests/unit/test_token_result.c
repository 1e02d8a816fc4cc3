/* SPDX-License-Identifier: BSD-2-Clause */
/* The last frame of the helper: its result. */
#include "token/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct tsw_pubkey
pubkey(enum tsw_alg alg)
{
	struct tsw_pubkey key = {.alg = alg, .len = 32};

	if (alg == TSW_ALG_SK_P256 || alg == TSW_ALG_P256) {
		key.len = 65;
		key.data[0] = 4;
	}
	return key;
}

/* What the applet adds to a result. */
static void
add_applet_result(struct ts_token_result *r, bool longest)
{
	if (r->op == TS_TOKEN_MSG_INFO && longest) {
		r->u.info.applet.present = true;
		r->u.info.applet.outputs = TSW_APPLET_OUT_DISPLAY |
		    TSW_APPLET_OUT_LED | TSW_APPLET_OUT_KEYBOARD;
		r->u.info.applet.used = 3;
		r->u.info.applet.free = 5;
		r->u.info.applet.runs = 8;
		r->u.info.applet.unlocked = true;
		memset(r->u.info.applet.model, 0x11, TS_TOKEN_AAGUID_LEN);
		memset(r->u.info.applet.image, 0x22, TSW_HASH_LEN);
		r->u.info.applet.fault = TS_TOKEN_FAULT_STORE;
	}
	if (r->op == TS_TOKEN_MSG_IMPORT || r->op == TS_TOKEN_MSG_LIVE_CONFIRM)
		r->u.signature.len = longest ? TSW_SSHSIG_MAX : 1;
	if (r->op == TS_TOKEN_MSG_ATTEST)
		r->u.attestation.len = longest ? TS_TOKEN_ATTESTATION_MAX : 1;
	if (r->op == TS_TOKEN_MSG_KEY_INFO && longest) {
		r->u.key_info.bound = true;
		memset(r->u.key_info.identity, 0x33, TSW_ID_LEN);
		r->u.key_info.seq = 0xfffffffe;
		memset(r->u.key_info.head, 0x44, TSW_HASH_LEN);
		r->u.key_info.role = TSW_ROLE_RECOVERY;
	}
	if (r->op == TS_TOKEN_MSG_LIVE_BEGIN ||
	    r->op == TS_TOKEN_MSG_LIVE_ANSWER ||
	    (r->op == TS_TOKEN_MSG_LIVE_OPEN && longest)) {
		r->u.live.has_value = true;
		memset(r->u.live.value, 0x55, TSW_HASH_LEN);
	}
	if (r->op == TS_TOKEN_MSG_LIVE_OPEN)
		r->u.live.outputs = TSW_APPLET_OUT_LED;
}

/* What cards besides FIDO add to INFO. */
static void
add_card_info(struct ts_token_info *info)
{
	const struct ts_token_slot slot = {0x9c, TSW_ALG_P256,
	    TS_TOKEN_POLICY_ALWAYS, TS_TOKEN_POLICY_ONCE, true};
	int i;

	info->piv.present = true;
	memset(info->piv.version, 5, sizeof(info->piv.version));
	info->piv.tries = 3;
	info->piv.puk_tries = TS_TOKEN_RETRIES_UNKNOWN;
	memset(info->piv.guid, 0x66, sizeof(info->piv.guid));
	info->piv.can_attest = info->piv.has_check = true;
	info->piv.slot_cnt = TS_TOKEN_SLOTS_MAX_CNT;
	for (i = 0; i < TS_TOKEN_SLOTS_MAX_CNT; i++)
		info->piv.slot[i] = slot;
	info->openpgp.present = true;
	memset(info->openpgp.version, 3, sizeof(info->openpgp.version));
	memset(info->openpgp.manufacturer, 7, 2);
	memset(info->openpgp.serial, 8, 4);
	info->openpgp.tries = info->openpgp.admin_tries = 3;
	info->openpgp.pin_once = info->openpgp.has_kdf = true;
	info->openpgp.has_button = true;
	info->openpgp.signatures = 0xfffffffe;
	info->openpgp.slot_cnt = 1;
	info->openpgp.slot = slot;
}

static struct ts_token_result
result(enum ts_token_message op, bool longest)
{
	struct ts_token_result r;
	char word[TS_TOKEN_WORD_MAX + 1] = {0};
	int i;

	memset(&r, 0, sizeof(r));
	r.op = op;
	r.retries = 7;
	memset(word, 'w', longest ? TS_TOKEN_WORD_MAX : 1);
	if (op == TS_TOKEN_MSG_INFO) {
		r.u.info.pin = TS_TOKEN_PIN_BLOCKED;
		r.u.info.remaining = longest ? INT32_MAX : -1;
		r.u.info.options_on = longest ? 0xffff : 0;
		r.u.info.has_fido = longest;
		if (longest)
			add_card_info(&r.u.info);
		for (i = 0; longest && i < TS_TOKEN_WORDS_MAX_CNT; i++) {
			assert_true(
			    ts_token_words_add(&r.u.info.versions, word));
			assert_true(
			    ts_token_words_add(&r.u.info.algorithms, word));
			assert_true(
			    ts_token_words_add(&r.u.info.extensions, word));
			assert_true(
			    ts_token_words_add(&r.u.info.options, word));
		}
	}
	if (op == TS_TOKEN_MSG_PROBE)
		r.u.found = 7;
	if (op == TS_TOKEN_MSG_CREATE) {
		r.u.created.key =
		    pubkey(longest ? TSW_ALG_SK_P256 : TSW_ALG_SK_ED25519);
		r.u.created.id_len = longest ? TS_TOKEN_CRED_MAX : 1;
		r.u.created.counter = 9;
		r.u.created.uv = true;
	}
	if (op == TS_TOKEN_MSG_SIGN)
		r.u.signature.len = longest ? TSW_SSHSIG_MAX : 1;
	add_applet_result(&r, longest);
	return r;
}

static void
results_return(void **state)
{
	struct ts_token_result res, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;
	size_t n, len;
	int op, longest;

	(void)state;
	for (op = TS_TOKEN_MSG_INFO; op <= TS_TOKEN_MSG_PIN_UNBLOCK; op++) {
		for (longest = 0; longest < 2; longest++) {
			res = result((enum ts_token_message)op, longest != 0);
			tsw_wr_init(&wr, buf, sizeof(buf));
			assert_int_equal(ts_token_result_encode(&wr, &res),
			    TS_OK);
			len = tsw_wr_len(&wr);
			memset(&back, 0xee, sizeof(back));
			for (n = 0; n < len; n++)
				assert_int_not_equal(
				    ts_token_result_decode(&back, buf, n),
				    TS_OK);
			assert_int_equal(back.retries, 0xee);
			assert_int_equal(ts_token_result_decode(&back, buf,
					     len),
			    TS_OK);
			assert_memory_equal(&res, &back, sizeof(res));
			if (op == TS_TOKEN_MSG_INFO && longest != 0)
				assert_int_equal(len, 2281 + 2);
		}
	}
}

static void
errors_carry_no_payload(void **state)
{
	struct ts_token_result res = result(TS_TOKEN_MSG_SIGN, true), back;
	uint8_t buf[16] = {0};
	struct tsw_wr wr;

	(void)state;
	res.err = TS_ERR_TOKEN_LIED;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_OK);
	assert_int_equal(tsw_wr_len(&wr), 6);
	assert_int_equal(ts_token_result_decode(&back, buf, 6), TS_OK);
	assert_int_equal(back.err, TS_ERR_TOKEN_LIED);
	assert_int_equal(back.u.signature.len, 0);
	assert_int_equal(ts_token_result_decode(&back, buf, 7), TSW_ERR_FORMAT);
	res.err = 1;
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_ERR_ARGUMENT);
}

/* A key of the applet has a token id and an attestation; no other has. */
static void
created_applet_keys_return(void **state)
{
	struct ts_token_result res, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;

	(void)state;
	res = result(TS_TOKEN_MSG_CREATE, true);
	res.u.created.kind = TS_TOKEN_KIND_STATEMENT;
	res.u.created.id_len = TSW_ID_LEN;
	res.u.created.attestation.len = TS_TOKEN_ATTESTATION_MAX;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_OK);
	assert_int_equal(ts_token_result_decode(&back, buf, tsw_wr_len(&wr)),
	    TS_OK);
	assert_memory_equal(&res, &back, sizeof(res));
	res.u.created.attestation.len = TS_TOKEN_ATTESTATION_MAX + 1;
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_ERR_ARGUMENT);
	res.u.created.attestation.len = 0;
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_ERR_ARGUMENT);
	res.u.created.attestation.len = 1;
	res.u.created.id_len = TSW_ID_LEN + 1;
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_ERR_ARGUMENT);
}

/* A key of a card has policies, and may have a check and certificates. */
static void
created_card_keys_return(void **state)
{
	static struct ts_token_result res, back;
	static uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;

	(void)state;
	res = result(TS_TOKEN_MSG_CREATE, true);
	res.u.created.kind = TS_TOKEN_KIND_PIV;
	res.u.created.id_len = 1;
	res.u.created.id[0] = TS_TOKEN_PIV_SIGN;
	res.u.created.key = pubkey(TSW_ALG_P256);
	res.u.created.pin = TS_TOKEN_POLICY_ALWAYS;
	res.u.created.touch = TS_TOKEN_POLICY_NEVER;
	res.u.created.factory_admin = true;
	res.u.created.factory_puk = true;
	res.u.created.has_check = true;
	res.u.created.check = pubkey(TSW_ALG_P256);
	res.u.created.bundle.len = TS_TOKEN_BUNDLE_MAX;
	memset(res.u.created.bundle.cbor, 0x99, TS_TOKEN_BUNDLE_MAX);
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_OK);
	assert_int_equal(tsw_wr_len(&wr), 6314 + 2);
	assert_int_equal(ts_token_result_decode(&back, buf, 6314 + 2), TS_OK);
	assert_memory_equal(&res, &back, sizeof(res));
#define REFUSED(change)                                                        \
	do {                                                                   \
		back = res;                                                    \
		change;                                                        \
		tsw_wr_init(&wr, buf, sizeof(buf));                            \
		assert_int_equal(ts_token_result_encode(&wr, &back),           \
		    TS_ERR_ARGUMENT);                                          \
	} while (0)
	REFUSED(back.u.created.bundle.len = TS_TOKEN_BUNDLE_MAX + 1);
	REFUSED(back.u.created.id_len = 2);
	REFUSED(back.u.created.key.alg = TSW_ALG_SK_P256);
	REFUSED(back.u.created.pin = (enum ts_token_policy)4);
	REFUSED(back.u.created.touch = (enum ts_token_policy)4);
	REFUSED(back.u.created.kind = TS_TOKEN_KIND_OPENPGP); /* no check */
	REFUSED(back.u.created.attestation.len = 1);
	REFUSED(back.u.created.kind = (enum ts_token_kind)4);
	REFUSED(back = result(TS_TOKEN_MSG_CREATE, true);
		back.u.created.bundle.len = 1);
	REFUSED(back = result(TS_TOKEN_MSG_CREATE, true);
		back.u.created.factory_admin = true);
	REFUSED(back = result(TS_TOKEN_MSG_CREATE, true);
		back.u.created.factory_pin = true);
	REFUSED(back = result(TS_TOKEN_MSG_CREATE, true);
		back.u.created.touch = TS_TOKEN_POLICY_ALWAYS);
#undef REFUSED
}

static void
wrong_results_are_refused(void **state)
{
	struct ts_token_result res, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;

	(void)state;
#define BROKEN(kind, at, value)                                                \
	do {                                                                   \
		res = result(TS_TOKEN_MSG_##kind, true);                       \
		tsw_wr_init(&wr, buf, sizeof(buf));                            \
		assert_int_equal(ts_token_result_encode(&wr, &res), TS_OK);    \
		buf[at] = (value);                                             \
		assert_int_not_equal(ts_token_result_decode(&back, buf,        \
					 tsw_wr_len(&wr)),                     \
		    TS_OK);                                                    \
	} while (0)
	BROKEN(PROBE, 2, TS_TOKEN_MSG_RESULT);	    /* op */
	BROKEN(PROBE, 3, 4);			    /* error number too high */
	BROKEN(PROBE, 6, TS_TOKEN_KEYS_MAX_CNT);    /* index */
	BROKEN(INFO, 6 + 16, 4);		    /* PIN state */
	BROKEN(INFO, 6 + 17, 0x80);		    /* remaining */
	BROKEN(INFO, 6 + 29, 17);		    /* words */
	BROKEN(INFO, 6 + 31, '\x1b');		    /* would reach a terminal */
	BROKEN(INFO, 6 + 31, '\0');		    /* shorter than it came */
	BROKEN(CREATE, 6, TS_TOKEN_KIND_PIV);	    /* no such key */
	BROKEN(CREATE, 6, TS_TOKEN_KIND_STATEMENT); /* no token id */
	BROKEN(CREATE, 7, TSW_ALG_P256);	    /* no sk key */
	BROKEN(CREATE, 7 + 66 + 16, 2);		    /* credential id too long */
	BROKEN(CREATE, 7 + 66 + 18 + 256 + 4, 2);   /* no boolean */
	BROKEN(CREATE, 7 + 66 + 18 + 256 + 7, 1);   /* attestation of FIDO */
	BROKEN(SIGN, 6, 0xff);			    /* signature too long */
	BROKEN(INFO, 6 + 2147 + 1, 8);		    /* an output nobody knows */
	BROKEN(INFO, 6 + 2147, 0);		    /* no applet, but a model */
	BROKEN(INFO, 6 + 2147 + 54, 3);		    /* fault */
	BROKEN(INFO, 6 + 2202, 2);		    /* FIDO */
	BROKEN(INFO, 6 + 2202, 0);	/* no FIDO, but the applet */
	BROKEN(INFO, 6 + 2203, 2);	/* PIV */
	BROKEN(INFO, 6 + 2203 + 24, 6); /* slots */
	BROKEN(INFO, 6 + 2203 + 26, 1); /* no algorithm of cards */
	BROKEN(INFO, 6 + 2203 + 27, 4); /* PIN policy */
	BROKEN(INFO, 6 + 2203 + 28, 4); /* touch policy */
	BROKEN(INFO, 6 + 2253 + 18, 2); /* slots of OpenPGP */
	BROKEN(KEY_INFO, 6, 2);		/* bound */
	BROKEN(KEY_INFO, 6, 0);		/* unbound, with a head */
	BROKEN(KEY_INFO, 6 + 69, 3);	/* role */
	BROKEN(ATTEST, 6, 1);		/* attestation too long */
	BROKEN(LIVE_BEGIN, 6 + 33, 1);	/* a code, too early */
	BROKEN(LIVE_OPEN, 6 + 33, 8);	/* an output nobody knows */
#undef BROKEN
}

/* Seen once: a bit for an option that is not there. */
static void
option_bits_need_an_option(void **state)
{
	struct ts_token_result res = result(TS_TOKEN_MSG_INFO, false);
	uint8_t buf[128];
	struct tsw_wr wr;

	(void)state;
	res.u.info.options_on = 1;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_ERR_ARGUMENT);
	assert_true(ts_token_words_add(&res.u.info.options, "rk"));
	assert_int_equal(ts_token_result_encode(&wr, &res), TS_OK);
}

static void
words_are_safe_to_print(void **state)
{
	struct ts_token_words words = {0};
	char long_word[TS_TOKEN_WORD_MAX + 2];
	int i;

	(void)state;
	memset(long_word, 'x', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_false(ts_token_words_add(&words, ""));
	assert_false(ts_token_words_add(&words, "a b"));
	assert_false(ts_token_words_add(&words, "\x1b[2J"));
	assert_false(ts_token_words_add(&words, "\xc3\xa9"));
	assert_false(ts_token_words_add(&words, long_word));
	assert_int_equal(words.cnt, 0);
	for (i = 0; i < TS_TOKEN_WORDS_MAX_CNT; i++)
		assert_true(ts_token_words_add(&words, "FIDO_2_1:x-.y"));
	assert_false(ts_token_words_add(&words, "one-too-many"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(results_return),
	    cmocka_unit_test(errors_carry_no_payload),
	    cmocka_unit_test(created_applet_keys_return),
	    cmocka_unit_test(created_card_keys_return),
	    cmocka_unit_test(wrong_results_are_refused),
	    cmocka_unit_test(option_bits_need_an_option),
	    cmocka_unit_test(words_are_safe_to_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
