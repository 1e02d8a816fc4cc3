/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the vectors cannot show: that encoding refuses what decoding refuses,
 * and what happens when there is no room.
 */
#include <touchstone/wire/statement.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "softtoken.h"

static uint8_t data[TSW_KEY_DATA_MAX + 1];

static struct tsw_key
raw_key(size_t len)
{
	struct tsw_key key;

	memset(&key, 0, sizeof(key));
	key.app = TSW_APP_RAW;
	key.type = TSW_KEY_RAW;
	key.device = soft_slice("laptop");
	key.data.p = data;
	key.data.len = len;
	return key;
}

static struct tsw_statement
genesis(void)
{
	struct soft_token token = soft_token_new(TSW_ALG_SK_P256, 1);
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = 1;
	st.u.genesis.label = soft_slice("alice");
	st.u.genesis.token[0] = soft_token_entry(&token, "blue");
	st.u.genesis.token_cnt = 1;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = 72;
	return st;
}

static struct tsw_statement
update(void)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_UPDATE;
	st.u.update.seq = 1;
	st.u.update.op_cnt = 1;
	st.u.update.op[0].kind = TSW_OP_ADD_KEY;
	st.u.update.op[0].key = raw_key(1);
	return st;
}

static struct tsw_statement
confirm(void)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_CONFIRM;
	st.u.confirm.contact[0] = 1;
	st.u.confirm.contact_label = soft_slice("bob");
	st.u.confirm.method = TSW_METHOD_LIVE;
	return st;
}

static struct tsw_statement
import(void)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_IMPORT;
	st.u.import.from_seq = 2;
	st.u.import.seq = 3;
	st.u.import.head[31] = 1;
	return st;
}

static int
encode(const struct tsw_statement *st)
{
	uint8_t out[2 * TSW_STATEMENT_MAX];
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, out, sizeof(out));
	r = tsw_statement_encode(&wr, st);
	if (r != TSW_OK)
		assert_int_equal(tsw_wr_len(&wr), 0); /* nothing is left */
	return r;
}

static void
genesis_is_checked(void **state)
{
	struct tsw_statement st;

	(void)state;
#define REFUSED(change, want)                                                  \
	st = genesis();                                                        \
	change;                                                                \
	assert_int_equal(encode(&st), want)

	REFUSED((void)0, TSW_OK);
	REFUSED(st.kind = (enum tsw_kind)0, TSW_ERR_KIND);
	REFUSED(st.time = TSW_TIME_MAX + 1, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.label = soft_slice("A"), TSW_ERR_LABEL);
	REFUSED(st.u.genesis.token_cnt = 0, TSW_ERR_TOO_SHORT);
	REFUSED(st.u.genesis.token_cnt = 9, TSW_ERR_TOO_LONG);
	REFUSED(st.u.genesis.threshold = 0, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.threshold = 9, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.timelock_h = 0, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.timelock_h = 721, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.token[0].key.alg = (enum tsw_alg)9, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.token[0].key.len = 64, TSW_ERR_KEY_TYPE);
	REFUSED(st.u.genesis.token[0].key.alg = TSW_ALG_ED25519,
	    TSW_ERR_KEY_TYPE);
	REFUSED(st.u.genesis.token[0].key.data[0] = 2, TSW_ERR_BAD_POINT);
	REFUSED(st.u.genesis.token[0].role = (enum tsw_role)3, TSW_ERR_RANGE);
	REFUSED(st.u.genesis.token[0].evidence = (enum tsw_evidence)6,
	    TSW_ERR_RANGE);
	REFUSED(st.u.genesis.token[0].name = soft_slice(" "), TSW_ERR_NAME);
	REFUSED(
	    {
		    st.u.genesis.token[1] = st.u.genesis.token[0];
		    st.u.genesis.token_cnt = 2;
	    },
	    TSW_ERR_DUPLICATE);
#undef REFUSED
}

static void
update_is_checked(void **state)
{
	struct tsw_statement st;

	(void)state;
#define REFUSED(change, want)                                                  \
	st = update();                                                         \
	change;                                                                \
	assert_int_equal(encode(&st), want)

	REFUSED((void)0, TSW_OK);
	REFUSED(st.u.update.seq = 0, TSW_ERR_RANGE);
	REFUSED(st.u.update.op_cnt = 0, TSW_ERR_TOO_SHORT);
	REFUSED(st.u.update.op_cnt = 9, TSW_ERR_TOO_LONG);
	REFUSED(st.u.update.op[0].kind = (enum tsw_op_kind)9, TSW_ERR_RANGE);
	REFUSED(st.u.update.op[0].key.app = (enum tsw_app)0, TSW_ERR_RANGE);
	REFUSED(st.u.update.op[0].key.type = TSW_KEY_X25519, TSW_ERR_KEY_TYPE);
	REFUSED(st.u.update.op[0].key.data.len = 0, TSW_ERR_KEY_TYPE);
	REFUSED(st.u.update.op[0].key.data.len = 545, TSW_ERR_KEY_TYPE);
	REFUSED(st.u.update.op[0].key.app = TSW_APP_SSH, TSW_ERR_KEY_TYPE);
	REFUSED(st.u.update.op[0].key.expires = TSW_TIME_MAX + 1,
	    TSW_ERR_RANGE);
	REFUSED(st.u.update.op[0].key.device = soft_slice("a\n"), TSW_ERR_NAME);
	REFUSED(
	    {
		    st.u.update.has_checkpoint = true;
		    st.u.update.checkpoint.size = TSW_LOG_SIZE_MAX + 1ull;
	    },
	    TSW_ERR_RANGE);
	REFUSED(
	    {
		    st.u.update.op[1] = st.u.update.op[0];
		    st.u.update.op_cnt = 2;
	    },
	    TSW_ERR_DUPLICATE);
	REFUSED(
	    {
		    st.u.update.op[1].kind = TSW_OP_VETO;
		    st.u.update.op_cnt = 2;
	    },
	    TSW_ERR_ALONE);
#undef REFUSED
}

static void
confirm_is_checked(void **state)
{
	struct tsw_statement st;

	(void)state;
#define REFUSED(change, want)                                                  \
	st = confirm();                                                        \
	change;                                                                \
	assert_int_equal(encode(&st), want)

	REFUSED((void)0, TSW_OK);
	REFUSED(st.u.confirm.contact[0] = 0, TSW_ERR_REFLECTED);
	REFUSED(st.u.confirm.contact_label = soft_slice("@"), TSW_ERR_LABEL);
	REFUSED(st.u.confirm.method = (enum tsw_method)0, TSW_ERR_RANGE);
	REFUSED(st.u.confirm.method = (enum tsw_method)5, TSW_ERR_RANGE);
#undef REFUSED
}

static void
import_is_checked(void **state)
{
	struct tsw_statement st;

	(void)state;
#define REFUSED(change, want)                                                  \
	st = import();                                                         \
	change;                                                                \
	assert_int_equal(encode(&st), want)

	REFUSED((void)0, TSW_OK);
	REFUSED(st.u.import.seq = 2, TSW_OK); /* beside */
	REFUSED(st.u.import.from_head[31] = 1, TSW_OK);
	REFUSED((st.u.import.seq = 2, st.u.import.head[31] = 0), TSW_ERR_RANGE);
	REFUSED(st.u.import.seq = 1, TSW_ERR_RANGE);
	REFUSED(st.u.import.from_seq = UINT32_MAX, TSW_ERR_RANGE);
	REFUSED(st.time = TSW_TIME_MAX + 1, TSW_ERR_RANGE);
	REFUSED(st.kind = (enum tsw_kind)5, TSW_ERR_KIND);
#undef REFUSED
}

/* Into any smaller room it does not fit, and says so. */
static void
room(void **state)
{
	struct tsw_statement st[] = {genesis(), update(), confirm(), import()};
	uint8_t out[TSW_STATEMENT_MAX];
	size_t i, len, whole;
	struct tsw_wr wr;

	(void)state;
	for (i = 0; i < sizeof(st) / sizeof(st[0]); i++) {
		tsw_wr_init(&wr, out, sizeof(out));
		assert_int_equal(tsw_statement_encode(&wr, &st[i]), TSW_OK);
		whole = tsw_wr_len(&wr);
		for (len = 0; len < whole; len++) {
			tsw_wr_init(&wr, out, len);
			assert_int_equal(tsw_statement_encode(&wr, &st[i]),
			    TSW_ERR_NO_SPACE);
		}
		tsw_wr_init(&wr, out, whole);
		assert_int_equal(tsw_statement_encode(&wr, &st[i]), TSW_OK);
	}
}

/* Who filled the room before is told so, and not that this is too long. */
static void
room_that_is_full(void **state)
{
	static const uint8_t much[3 * TSW_STATEMENT_MAX];
	struct tsw_statement st = import();
	uint8_t out[2 * TSW_STATEMENT_MAX];
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, out, sizeof(out));
	tsw_wr_bytes(&wr, much, sizeof(much));
	assert_int_equal(tsw_statement_encode(&wr, &st), TSW_ERR_NO_SPACE);
}

static void
longest(void **state)
{
	struct tsw_statement st = update(), back;
	uint8_t out[2 * TSW_STATEMENT_MAX];
	struct tsw_wr wr;
	size_t n;

	(void)state;
	st.u.update.op_cnt = 2;
	st.u.update.op[1] = st.u.update.op[0];
	st.u.update.op[0].key = raw_key(TSW_KEY_DATA_MAX);
	for (n = 2; n < TSW_KEY_DATA_MAX; n++) {
		st.u.update.op[1].key = raw_key(n);
		tsw_wr_init(&wr, out, sizeof(out));
		if (tsw_statement_encode(&wr, &st) != TSW_OK)
			break;
		assert_int_equal(tsw_statement_decode(&back, out,
				     tsw_wr_len(&wr)),
		    TSW_OK);
	}
	/* The last that fitted had exactly the most that is allowed. */
	st.u.update.op[1].key = raw_key(n - 1);
	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(tsw_statement_encode(&wr, &st), TSW_OK);
	assert_int_equal(tsw_wr_len(&wr), TSW_STATEMENT_MAX);
	st.u.update.op[1].key = raw_key(n);
	assert_int_equal(encode(&st), TSW_ERR_TOO_LONG);
}

static void
ids(void **state)
{
	uint8_t a[TSW_HASH_LEN], b[TSW_HASH_LEN];
	struct soft_token token = soft_token_new(TSW_ALG_SK_ED25519, 1);
	struct soft_token card = soft_token_new(TSW_ALG_ED25519, 1);
	struct tsw_key key = raw_key(5);

	(void)state;
	assert_int_equal(tsw_key_id(a, &key), TSW_OK);
	key.proto = 9;
	key.expires = 77;
	assert_int_equal(tsw_key_id(b, &key), TSW_OK);
	assert_memory_equal(a, b, sizeof(a)); /* a renewed key is the same */
	key.device = soft_slice("phone");
	assert_int_equal(tsw_key_id(b, &key), TSW_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	memcpy(a, b, sizeof(a));
	key.data.len = 0;
	assert_int_equal(tsw_key_id(b, &key), TSW_ERR_KEY_TYPE);
	assert_memory_equal(a, b, sizeof(a));

	tsw_token_id(a, &token.key);
	tsw_token_id(b, &card.key);
	assert_memory_not_equal(a, b, sizeof(a)); /* the type is part of it */
}

static void
envelopes(void **state)
{
	struct tsw_envelope env;
	uint8_t out[64];
	struct tsw_wr wr;
	size_t len, whole;

	(void)state;
	memset(&env, 0, sizeof(env));
	tsw_wr_init(&wr, out, sizeof(out));
	env.statement = soft_slice("statement");
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_ERR_TOO_SHORT);
	env.sig_cnt = 1;
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_ERR_TOO_SHORT);
	env.sig[0] = soft_slice("signature");
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_OK);
	whole = tsw_wr_len(&wr);
	for (len = 0; len < whole; len++) {
		tsw_wr_init(&wr, out, len);
		assert_int_equal(tsw_envelope_encode(&wr, &env),
		    TSW_ERR_NO_SPACE);
	}
	env.sig_cnt = TSW_SIGS_MAX_CNT + 1;
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_ERR_TOO_LONG);
	env.sig_cnt = 1;
	env.sig[0].len = TSW_SSHSIG_MAX + 1;
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_ERR_TOO_LONG);
	env.sig[0].len = 1;
	env.statement.len = 0;
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_ERR_TOO_SHORT);
	env.statement.len = TSW_STATEMENT_MAX + 1;
	assert_int_equal(tsw_envelope_encode(&wr, &env), TSW_ERR_TOO_LONG);
}

static void
envelope_too_long(void **state)
{
	uint8_t *p = calloc(1, TSW_ENVELOPE_MAX + 1);
	struct tsw_envelope env;

	(void)state;
	assert_non_null(p);
	assert_int_equal(tsw_envelope_decode(&env, p, TSW_ENVELOPE_MAX + 1),
	    TSW_ERR_TOO_LONG);
	free(p);
}

static void
words(void **state)
{
	static const struct {
		const char *word;
		enum tsw_app app;
	} t[] = {
#define X(name, id, word, type, min, max) {word, TSW_APP_##name},
#include <touchstone/wire/app.def>
#undef X
	};
	enum tsw_app app = TSW_APP_RAW;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_string_equal(tsw_app_word(t[i].app), t[i].word);
		assert_int_equal(tsw_app_from_word(&app, t[i].word), TSW_OK);
		assert_int_equal(app, t[i].app);
	}
	app = TSW_APP_AGE;
	assert_int_equal(tsw_app_from_word(&app, "SSH"), TSW_ERR_NOT_FOUND);
	assert_int_equal(app, TSW_APP_AGE);
	for (i = 1; i <= 4; i++)
		assert_non_null(tsw_alg_word((enum tsw_alg)i));
	for (i = 1; i <= 5; i++)
		assert_non_null(tsw_evidence_word((enum tsw_evidence)i));
	for (i = 1; i <= 4; i++)
		assert_non_null(tsw_method_word((enum tsw_method)i));
	assert_null(tsw_app_word((enum tsw_app)0));
	assert_null(tsw_alg_word((enum tsw_alg)5));
	assert_null(tsw_evidence_word((enum tsw_evidence)6));
	assert_null(tsw_method_word((enum tsw_method)0));
}

static void
sentences(void **state)
{
	static const int err[] = {
#define X(name, number, text) TSW_ERR_##name,
#include <touchstone/wire/err.def>
#undef X
	};
	size_t i, j;

	(void)state;
	assert_string_equal(tsw_strerror(TSW_OK), "no error");
	assert_string_equal(tsw_strerror(-9999), "unknown error");
	for (i = 0; i < sizeof(err) / sizeof(err[0]); i++) {
		assert_true(err[i] < 0);
		assert_string_not_equal(tsw_strerror(err[i]), "unknown error");
		for (j = 0; j < i; j++) {
			assert_int_not_equal(err[i], err[j]);
			assert_string_not_equal(tsw_strerror(err[i]),
			    tsw_strerror(err[j]));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(genesis_is_checked),
	    cmocka_unit_test(update_is_checked),
	    cmocka_unit_test(confirm_is_checked),
	    cmocka_unit_test(import_is_checked),
	    cmocka_unit_test(room),
	    cmocka_unit_test(room_that_is_full),
	    cmocka_unit_test(longest),
	    cmocka_unit_test(ids),
	    cmocka_unit_test(envelopes),
	    cmocka_unit_test(envelope_too_long),
	    cmocka_unit_test(words),
	    cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
