/* SPDX-License-Identifier: BSD-2-Clause */
/* The frames between agent and helper. */
#include "token/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[TS_TOKEN_CRED_MAX];
static uint8_t text[TSW_STATEMENT_MAX];

static struct tsw_pubkey
pubkey(enum tsw_alg alg)
{
	struct tsw_pubkey key = {.alg = alg, .len = 32};

	if (alg == TSW_ALG_SK_P256) {
		key.len = 65;
		key.data[0] = 4;
	}
	return key;
}

/* The shortest or the longest request of its kind. */
static struct ts_token_request
request(enum ts_token_message op, bool longest)
{
	struct ts_token_request r = {.op = op,
	    .transport = longest ? TS_TOKEN_STREAM : TS_TOKEN_HIDRAW,
	    .budget_ms = longest ? TS_TOKEN_BUDGET_MAX_MS : 1,
	    .orphan = longest ? TS_TOKEN_CHANNEL_BROADCAST - 1 : 0};
	static const char label[] = "a234567890123456789012345678901234567890"
				    "12345678901234567890123b";
	size_t i;

	if (op == TS_TOKEN_MSG_PROBE || op == TS_TOKEN_MSG_CREATE)
		r.key_cnt = longest ? TS_TOKEN_KEYS_MAX_CNT : 1;
	if (op == TS_TOKEN_MSG_CREATE && !longest)
		r.key_cnt = 0;
	if (op == TS_TOKEN_MSG_SIGN)
		r.key_cnt = 1;
	for (i = 0; i < r.key_cnt; i++) {
		r.key[i].id.p = bytes;
		r.key[i].id.len = longest ? TS_TOKEN_CRED_MAX : 1;
		r.key[i].key =
		    pubkey(longest ? TSW_ALG_SK_P256 : TSW_ALG_SK_ED25519);
	}
	if (op == TS_TOKEN_MSG_CREATE) {
		r.alg_cnt = longest ? 2 : 1;
		r.alg[0] = TSW_ALG_SK_ED25519;
		r.alg[1] = longest ? TSW_ALG_SK_P256 : (enum tsw_alg)0;
		memset(r.user, 0x55, sizeof(r.user));
		r.label.p = (const uint8_t *)label;
		r.label.len = longest ? TSW_LABEL_MAX : 1;
	}
	if (op == TS_TOKEN_MSG_SIGN) {
		r.ns = longest ? TSW_NS_ID_STATEMENT : TSW_NS_ID_CONFIRM;
		r.need_uv = longest;
		r.statement.p = text;
		r.statement.len = longest ? TSW_STATEMENT_MAX : 1;
	}
	return r;
}

static size_t
encode(uint8_t *buf, size_t size, const struct ts_token_request *req)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, size);
	assert_int_equal(ts_token_request_encode(&wr, req), TS_OK);
	return tsw_wr_len(&wr);
}

static void
assert_same(const struct ts_token_request *a, const struct ts_token_request *b)
{
	size_t i;

	assert_int_equal(a->op, b->op);
	assert_int_equal(a->transport, b->transport);
	assert_int_equal(a->budget_ms, b->budget_ms);
	assert_int_equal(a->orphan, b->orphan);
	assert_int_equal(a->key_cnt, b->key_cnt);
	for (i = 0; i < a->key_cnt; i++) {
		assert_int_equal(a->key[i].id.len, b->key[i].id.len);
		assert_memory_equal(a->key[i].id.p, b->key[i].id.p,
		    a->key[i].id.len);
		assert_memory_equal(&a->key[i].key, &b->key[i].key,
		    sizeof(a->key[i].key));
	}
	assert_int_equal(a->alg_cnt, b->alg_cnt);
	assert_memory_equal(a->alg, b->alg, sizeof(a->alg));
	assert_memory_equal(a->user, b->user, sizeof(a->user));
	assert_int_equal(a->label.len, b->label.len);
	assert_int_equal(a->ns, b->ns);
	assert_int_equal(a->need_uv, b->need_uv);
	assert_int_equal(a->statement.len, b->statement.len);
}

static const struct {
	enum ts_token_message id;
	size_t min, max;
} table[] = {
#define X(name, id, min, max) {TS_TOKEN_MSG_##name, min, max},
#include "token/proto.def"
#undef X
};

/* Every request, at both ends of its bounds, comes back as it was. */
static void
requests_return_at_their_bounds(void **state)
{
	struct ts_token_request req, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	size_t i, len, seen = 0;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].id >= 0x20)
			continue;
		seen++;
		req = request(table[i].id, true);
		len = encode(buf, sizeof(buf), &req);
		assert_int_equal(len, table[i].max + 2);
		assert_int_equal(ts_token_request_decode(&back, buf, len),
		    TS_OK);
		assert_same(&req, &back);
		req = request(table[i].id, false);
		len = encode(buf, sizeof(buf), &req);
		assert_int_equal(len, table[i].min + 2);
		assert_int_equal(ts_token_request_decode(&back, buf, len),
		    TS_OK);
		assert_same(&req, &back);
	}
	assert_int_equal(seen, 8);
}

/* Cut anywhere, or with a byte too many, nothing decodes or is written. */
static void
cut_requests_are_refused(void **state)
{
	struct ts_token_request req, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX] = {0};
	size_t i, n, len;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].id >= 0x20)
			continue;
		req = request(table[i].id, true);
		len = encode(buf, sizeof(buf), &req);
		memset(&back, 0xee, sizeof(back));
		for (n = 0; n <= len + 1; n++) {
			if (n == len)
				continue;
			assert_int_not_equal(ts_token_request_decode(&back, buf,
						 n),
			    TS_OK);
		}
		assert_int_equal(back.budget_ms, 0xeeeeeeeeU);
	}
}

static int
encode_error(const struct ts_token_request *req)
{
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	return ts_token_request_encode(&wr, req);
}

static void
fields_out_of_bounds_are_refused(void **state)
{
	struct ts_token_request req;

	(void)state;
#define REFUSED(kind, change)                                                  \
	do {                                                                   \
		req = request(TS_TOKEN_MSG_##kind, true);                      \
		change;                                                        \
		assert_int_equal(encode_error(&req), TS_ERR_ARGUMENT);         \
	} while (0)
	REFUSED(INFO, req.budget_ms = 0);
	REFUSED(INFO, req.budget_ms = TS_TOKEN_BUDGET_MAX_MS + 1);
	REFUSED(INFO, req.transport = (enum ts_token_transport)3);
	REFUSED(INFO, req.orphan = TS_TOKEN_CHANNEL_BROADCAST);
	REFUSED(INFO, req.op = TS_TOKEN_MSG_CANCEL);
	REFUSED(PROBE, req.key_cnt = 0);
	REFUSED(PROBE, req.key_cnt = TS_TOKEN_KEYS_MAX_CNT + 1);
	REFUSED(PROBE, req.key[3].id.len = 0);
	REFUSED(PROBE, req.key[3].id.len = TS_TOKEN_CRED_MAX + 1);
	REFUSED(PROBE, req.key[7].key = pubkey(TSW_ALG_ED25519));
	REFUSED(PROBE, req.key[7].key.len = 64);
	REFUSED(PROBE, req.key[7].key.data[0] = 3);
	REFUSED(CREATE, req.alg_cnt = 0);
	REFUSED(CREATE, req.alg_cnt = 3);
	REFUSED(CREATE, req.alg[1] = req.alg[0]);
	REFUSED(CREATE, req.alg[0] = TSW_ALG_P256);
	REFUSED(CREATE, req.label.len = 0);
	REFUSED(CREATE, req.label.p = (const uint8_t *)"Upper Case";
		req.label.len = 10);
	REFUSED(SIGN, req.key_cnt = 0);
	REFUSED(SIGN, req.key_cnt = 2);
	REFUSED(SIGN, req.need_uv = false); /* chain statements need it */
	REFUSED(SIGN, req.ns = (enum tsw_ns)3);
	REFUSED(SIGN, req.statement.len = 0);
	REFUSED(SIGN, req.statement.len = TSW_STATEMENT_MAX + 1);
#undef REFUSED
}

static void
heads_are_told_apart(void **state)
{
	uint8_t buf[11] = {TS_TOKEN_PROTO_VERSION, TS_TOKEN_MSG_INFO,
	    TS_TOKEN_STREAM, 0, 0, 0, 1};
	enum ts_token_message id = TS_TOKEN_MSG_RESULT;
	struct ts_token_request req;

	(void)state;
	assert_int_equal(ts_token_request_decode(&req, buf, 11), TS_OK);
	assert_int_equal(ts_token_peek(&id, buf, 1), TSW_ERR_TOO_SHORT);
	assert_int_equal(ts_token_peek(&id, buf, 10), TSW_ERR_TOO_SHORT);
	buf[0]++;
	assert_int_equal(ts_token_peek(&id, buf, 11), TSW_ERR_VERSION);
	buf[0]--;
	buf[1] = 0x7f;
	assert_int_equal(ts_token_peek(&id, buf, 11), TSW_ERR_KIND);
	buf[1] = TS_TOKEN_MSG_CANCEL;
	assert_int_equal(ts_token_peek(&id, buf, 11), TSW_ERR_TOO_LONG);
	assert_int_equal(id, TS_TOKEN_MSG_RESULT);
	assert_int_equal(ts_token_peek(&id, buf, 2), TS_OK);
	assert_int_equal(id, TS_TOKEN_MSG_CANCEL);
	assert_int_equal(ts_token_request_decode(&req, buf, 2), TSW_ERR_KIND);
}

/* Only a number that a token can have given to somebody. */
static void
channels_return(void **state)
{
	uint8_t buf[7] = {TS_TOKEN_PROTO_VERSION, TS_TOKEN_MSG_CHANNEL, 1, 2, 3,
	    4};
	uint8_t out[6];
	uint32_t channel = 7;
	struct tsw_wr wr;
	size_t n;

	(void)state;
	for (n = 0; n < 6; n++)
		assert_int_equal(ts_token_channel_decode(&channel, buf, n),
		    TSW_ERR_TOO_SHORT);
	assert_int_equal(ts_token_channel_decode(&channel, buf, 7),
	    TSW_ERR_TOO_LONG);
	memset(buf + 2, 0, 4);
	assert_int_equal(ts_token_channel_decode(&channel, buf, 6),
	    TS_ERR_ARGUMENT);
	memset(buf + 2, 0xff, 4);
	assert_int_equal(ts_token_channel_decode(&channel, buf, 6),
	    TS_ERR_ARGUMENT);
	buf[1] = TS_TOKEN_MSG_RESULT;
	assert_int_equal(ts_token_channel_decode(&channel, buf, 6),
	    TSW_ERR_KIND);
	assert_int_equal(channel, 7);

	tsw_wr_init(&wr, out, sizeof(out));
	assert_int_equal(ts_token_channel_encode(&wr, TS_TOKEN_CHANNEL_NONE),
	    TS_ERR_ARGUMENT);
	assert_int_equal(ts_token_channel_encode(&wr,
			     TS_TOKEN_CHANNEL_BROADCAST),
	    TS_ERR_ARGUMENT);
	assert_int_equal(tsw_wr_len(&wr), 0);
	assert_int_equal(ts_token_channel_encode(&wr, 0xfffffffe), TS_OK);
	assert_int_equal(tsw_wr_len(&wr), 6);
	assert_int_equal(ts_token_channel_decode(&channel, out, 6), TS_OK);
	assert_int_equal(channel, 0xfffffffe);
	tsw_wr_init(&wr, out, 5);
	assert_int_equal(ts_token_channel_encode(&wr, 1), TSW_ERR_NO_SPACE);
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
	for (op = TS_TOKEN_MSG_INFO; op <= TS_TOKEN_MSG_WINK; op++) {
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
				assert_int_equal(len, 2151 + 2);
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
	BROKEN(PROBE, 2, TS_TOKEN_MSG_RESULT);	  /* op */
	BROKEN(PROBE, 3, 4);			  /* error number too high */
	BROKEN(PROBE, 6, TS_TOKEN_KEYS_MAX_CNT);  /* index */
	BROKEN(INFO, 6 + 16, 4);		  /* PIN state */
	BROKEN(INFO, 6 + 17, 0x80);		  /* remaining */
	BROKEN(INFO, 6 + 29, 17);		  /* words */
	BROKEN(INFO, 6 + 31, '\x1b');		  /* would reach a terminal */
	BROKEN(INFO, 6 + 31, '\0');		  /* shorter than it came */
	BROKEN(CREATE, 6, TSW_ALG_P256);	  /* no sk key */
	BROKEN(CREATE, 6 + 66 + 16, 2);		  /* credential id too long */
	BROKEN(CREATE, 6 + 66 + 18 + 256 + 4, 2); /* no boolean */
	BROKEN(SIGN, 6, 0xff);			  /* signature too long */
#undef BROKEN
}

/* Seen once: a bit for an option that is not there. */
static void
option_bits_need_an_option(void **state)
{
	struct ts_token_result res = result(TS_TOKEN_MSG_INFO, false);
	uint8_t buf[64];
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
	    cmocka_unit_test(requests_return_at_their_bounds),
	    cmocka_unit_test(cut_requests_are_refused),
	    cmocka_unit_test(fields_out_of_bounds_are_refused),
	    cmocka_unit_test(heads_are_told_apart),
	    cmocka_unit_test(channels_return),
	    cmocka_unit_test(results_return),
	    cmocka_unit_test(errors_carry_no_payload),
	    cmocka_unit_test(wrong_results_are_refused),
	    cmocka_unit_test(option_bits_need_an_option),
	    cmocka_unit_test(words_are_safe_to_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
