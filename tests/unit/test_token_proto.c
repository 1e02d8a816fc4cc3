/* SPDX-License-Identifier: BSD-2-Clause */
/* The frames between agent and helper, but for the result. */
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

	if (alg == TSW_ALG_SK_P256 || alg == TSW_ALG_P256) {
		key.len = 65;
		key.data[0] = 4;
	}
	return key;
}

/* Requests about one key of the applet. */
static bool
is_about_applet_key(enum ts_token_message op)
{
	return op == TS_TOKEN_MSG_KEY_INFO || op == TS_TOKEN_MSG_IMPORT ||
	    op == TS_TOKEN_MSG_ATTEST || op == TS_TOKEN_MSG_LIVE_BEGIN ||
	    op == TS_TOKEN_MSG_LIVE_ANSWER || op == TS_TOKEN_MSG_LIVE_CONFIRM ||
	    op == TS_TOKEN_MSG_FORGET;
}

/* What requests of the applet carry besides a key. */
static void
add_applet_fields(struct ts_token_request *r, bool longest)
{
	if (r->op == TS_TOKEN_MSG_IMPORT || r->op == TS_TOKEN_MSG_LIVE_CONFIRM)
		r->statement =
		    (struct tsw_slice){text, longest ? TSW_STATEMENT_MAX : 1};
	if (r->op == TS_TOKEN_MSG_LIVE_BEGIN ||
	    r->op == TS_TOKEN_MSG_LIVE_ANSWER) {
		r->self = (struct tsw_slice){text,
		    longest ? TSW_APPLET_PARTY_MAX : 1};
		r->peer = r->self;
	}
	if (r->op == TS_TOKEN_MSG_ATTEST || r->op == TS_TOKEN_MSG_LIVE_ANSWER ||
	    r->op == TS_TOKEN_MSG_LIVE_OPEN)
		memset(r->value, 0x77, sizeof(r->value));
}

/* The longest place is a card, and PINs that only cards have. */
static void
set_place(struct ts_token_request *r, bool longest)
{
	bool card = longest || r->op == TS_TOKEN_MSG_PIN_UNBLOCK;

	r->transport = card ? TS_TOKEN_CARD : TS_TOKEN_HIDRAW;
	if (card)
		memset(r->reader, 'R', longest ? TS_TOKEN_READER_MAX : 1);
	if (r->op == TS_TOKEN_MSG_PIN_UNBLOCK)
		r->kind = TS_TOKEN_KIND_PIV;
}

static bool
changes_pin(enum ts_token_message op)
{
	return op == TS_TOKEN_MSG_PIN_CHANGE || op == TS_TOKEN_MSG_PIN_UNBLOCK;
}

/* The key that the card has to have. */
static void
add_card_key(struct ts_token_request *r)
{
	static const uint8_t slot = TS_TOKEN_PIV_AUTH;

	r->kind = TS_TOKEN_KIND_PIV;
	r->key_cnt = 1;
	r->key[0].kind = TS_TOKEN_KIND_PIV;
	r->key[0].id = (struct tsw_slice){&slot, 1};
	r->key[0].key = pubkey(TSW_ALG_P256);
	r->key[0].has_check = true;
	r->key[0].check = pubkey(TSW_ALG_P256);
}

/* The shortest or the longest request of its kind. */
static struct ts_token_request
request(enum ts_token_message op, bool longest)
{
	struct ts_token_request r = {.op = op,
	    .budget_ms = longest ? TS_TOKEN_BUDGET_MAX_MS : 1};
	static const char label[] = "a234567890123456789012345678901234567890"
				    "12345678901234567890123b";
	size_t i;

	if (op == TS_TOKEN_MSG_PROBE || op == TS_TOKEN_MSG_CREATE)
		r.key_cnt = longest ? TS_TOKEN_KEYS_MAX_CNT : 1;
	if (op == TS_TOKEN_MSG_CREATE && !longest)
		r.key_cnt = 0;
	if (op == TS_TOKEN_MSG_SIGN || is_about_applet_key(op))
		r.key_cnt = 1;
	if (changes_pin(op) && longest)
		add_card_key(&r);
	for (i = 0; i < r.key_cnt && !changes_pin(op); i++) {
		r.key[i].id.p = bytes;
		r.key[i].id.len = longest ? TS_TOKEN_CRED_MAX : 1;
		r.key[i].key =
		    pubkey(longest ? TSW_ALG_SK_P256 : TSW_ALG_SK_ED25519);
		if (is_about_applet_key(op)) {
			r.key[i].kind = TS_TOKEN_KIND_STATEMENT;
			r.key[i].id.len = TSW_ID_LEN;
		}
	}
	if (op == TS_TOKEN_MSG_CREATE) {
		r.want_applet = longest;
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
	add_applet_fields(&r, longest);
	set_place(&r, longest);
	return r;
}

/* CREATE of a key on a card, or SIGN with it. */
static struct ts_token_request
card_request(enum ts_token_message op, enum ts_token_kind kind)
{
	static const uint8_t slots[] = {TS_TOKEN_PIV_SIGN,
	    TS_TOKEN_OPENPGP_SIGN};
	const uint8_t *slot = &slots[kind == TS_TOKEN_KIND_OPENPGP ? 1 : 0];
	struct ts_token_request r = request(op, true);

	if (op == TS_TOKEN_MSG_CREATE) {
		r.kind = kind;
		r.slot = *slot;
		r.replace = true;
		r.want_applet = false;
		r.alg[0] = TSW_ALG_ED25519;
		r.alg[1] = TSW_ALG_P256;
	} else {
		r.key[0].kind = kind;
		r.key[0].id = (struct tsw_slice){slot, 1};
		r.key[0].key = pubkey(TSW_ALG_P256);
		r.key[0].has_check = kind == TS_TOKEN_KIND_PIV;
		if (r.key[0].has_check)
			r.key[0].check = pubkey(TSW_ALG_ED25519);
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
	assert_memory_equal(a->reader, b->reader, sizeof(a->reader));
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->slot, b->slot);
	assert_int_equal(a->replace, b->replace);
	assert_int_equal(a->key_cnt, b->key_cnt);
	for (i = 0; i < a->key_cnt; i++) {
		assert_int_equal(a->key[i].id.len, b->key[i].id.len);
		assert_memory_equal(a->key[i].id.p, b->key[i].id.p,
		    a->key[i].id.len);
		assert_int_equal(a->key[i].kind, b->key[i].kind);
		assert_int_equal(a->key[i].has_check, b->key[i].has_check);
		assert_memory_equal(&a->key[i].check, &b->key[i].check,
		    sizeof(a->key[i].check));
		assert_memory_equal(&a->key[i].key, &b->key[i].key,
		    sizeof(a->key[i].key));
	}
	assert_int_equal(a->alg_cnt, b->alg_cnt);
	assert_memory_equal(a->alg, b->alg, sizeof(a->alg));
	assert_memory_equal(a->user, b->user, sizeof(a->user));
	assert_int_equal(a->label.len, b->label.len);
	assert_int_equal(a->ns, b->ns);
	assert_int_equal(a->need_uv, b->need_uv);
	assert_int_equal(a->want_applet, b->want_applet);
	assert_int_equal(a->statement.len, b->statement.len);
	assert_int_equal(a->self.len, b->self.len);
	assert_int_equal(a->peer.len, b->peer.len);
	assert_memory_equal(a->value, b->value, sizeof(a->value));
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
	assert_int_equal(seen, 19);
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

#define REFUSED(kind, change)                                                  \
	do {                                                                   \
		req = request(TS_TOKEN_MSG_##kind, true);                      \
		change;                                                        \
		assert_int_equal(encode_error(&req), TS_ERR_ARGUMENT);         \
	} while (0)

static void
fields_out_of_bounds_are_refused(void **state)
{
	struct ts_token_request req;

	(void)state;
	REFUSED(INFO, req.budget_ms = 0);
	REFUSED(INFO, req.budget_ms = TS_TOKEN_BUDGET_MAX_MS + 1);
	REFUSED(INFO, req.transport = (enum ts_token_transport)4);
	REFUSED(INFO, req.transport = TS_TOKEN_STREAM); /* has no reader */
	REFUSED(INFO, req.orphan = 1);			/* nor a card this */
	REFUSED(INFO, memset(req.reader, 0, sizeof(req.reader)));
	REFUSED(INFO, req.reader[3] = '\x1b');
	REFUSED(INFO, req.reader[3] = '\x7f');
	REFUSED(INFO, memset(req.reader, 0, sizeof(req.reader));
		req.transport = TS_TOKEN_STREAM;
		req.orphan = TS_TOKEN_CHANNEL_BROADCAST);
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
	/* The id of an applet's key is a token id. */
	REFUSED(SIGN, req.key[0].kind = TS_TOKEN_KIND_STATEMENT);
	REFUSED(SIGN, req.key[0].kind = (enum ts_token_kind)4);
	REFUSED(SIGN, req.key[0].has_check = true); /* only PIV has one */
	REFUSED(KEY_INFO, req.key[0].kind = TS_TOKEN_KIND_FIDO);
}

static void
fields_of_the_applet_out_of_bounds_are_refused(void **state)
{
	struct ts_token_request req;

	(void)state;
	REFUSED(KEY_INFO, req.key_cnt = 0);
	REFUSED(KEY_INFO, req.key_cnt = 2; req.key[1] = req.key[0]);
	REFUSED(IMPORT, req.statement.len = 0);
	REFUSED(LIVE_BEGIN, req.self.len = 0);
	REFUSED(LIVE_BEGIN, req.peer.len = TSW_APPLET_PARTY_MAX + 1);
	REFUSED(LIVE_ANSWER, req.self.len = TSW_APPLET_PARTY_MAX + 1);
	REFUSED(LIVE_ANSWER, req.peer.len = 0);
	REFUSED(LIVE_CONFIRM, req.statement.len = TSW_STATEMENT_MAX + 1);
	REFUSED(FORGET, req.key[0].id.len = TSW_ID_LEN - 1);
	REFUSED(PIN_CHANGE, req.kind = TS_TOKEN_KIND_STATEMENT);
	REFUSED(PIN_CHANGE, req.kind = TS_TOKEN_KIND_PIV;
		memset(req.reader, 0, sizeof(req.reader));
		req.transport = TS_TOKEN_STREAM);
	REFUSED(PIN_UNBLOCK, req.kind = TS_TOKEN_KIND_FIDO);
	REFUSED(PIN_CHANGE, req.kind = TS_TOKEN_KIND_FIDO);
	REFUSED(PIN_CHANGE, req.kind = TS_TOKEN_KIND_OPENPGP);
	REFUSED(PIN_UNBLOCK, req.kind = TS_TOKEN_KIND_OPENPGP);
	REFUSED(PIN_UNBLOCK, req.key_cnt = 2; req.key[1] = req.key[0]);
	REFUSED(CREATE, req.slot = TS_TOKEN_PIV_SIGN);
	REFUSED(CREATE, req.replace = true);
	REFUSED(CREATE, req.kind = TS_TOKEN_KIND_STATEMENT);
}
#undef REFUSED

/* Keys on cards are plain keys in a slot. */
static void
card_requests(void **state)
{
	struct ts_token_request req, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	size_t len;
	int kind, op;

	(void)state;
	for (kind = TS_TOKEN_KIND_PIV; kind <= TS_TOKEN_KIND_OPENPGP; kind++) {
		for (op = TS_TOKEN_MSG_CREATE; op <= TS_TOKEN_MSG_SIGN; op++) {
			req = card_request((enum ts_token_message)op,
			    (enum ts_token_kind)kind);
			len = encode(buf, sizeof(buf), &req);
			assert_int_equal(ts_token_request_decode(&back, buf,
					     len),
			    TS_OK);
			assert_same(&req, &back);
		}
	}
#define REFUSED(op, kind, change)                                              \
	do {                                                                   \
		req = card_request(TS_TOKEN_MSG_##op, TS_TOKEN_KIND_##kind);   \
		change;                                                        \
		assert_int_equal(encode_error(&req), TS_ERR_ARGUMENT);         \
	} while (0)
	REFUSED(CREATE, PIV, req.slot = 0x9e);
	REFUSED(CREATE, PIV, req.alg[0] = TSW_ALG_SK_ED25519);
	REFUSED(CREATE, PIV, req.want_applet = true);
	REFUSED(CREATE, OPENPGP, req.slot = TS_TOKEN_PIV_SIGN);
	REFUSED(SIGN, PIV, req.key[0].key = pubkey(TSW_ALG_SK_P256));
	REFUSED(SIGN, PIV, req.key[0].check = pubkey(TSW_ALG_SK_P256));
	REFUSED(SIGN, PIV, req.key[0].id.len = 2);
	REFUSED(SIGN, OPENPGP, req.key[0].id.p = bytes);
	REFUSED(SIGN, OPENPGP, req.key[0].has_check = true;
		req.key[0].check = pubkey(TSW_ALG_P256));
#undef REFUSED
}

static void
heads_are_told_apart(void **state)
{
	uint8_t buf[12] = {TS_TOKEN_PROTO_VERSION, TS_TOKEN_MSG_INFO,
	    TS_TOKEN_STREAM, 0, 0, 0, 1};
	enum ts_token_message id = TS_TOKEN_MSG_RESULT;
	struct ts_token_request req;

	(void)state;
	assert_int_equal(ts_token_request_decode(&req, buf, 12), TS_OK);
	assert_int_equal(ts_token_peek(&id, buf, 1), TSW_ERR_TOO_SHORT);
	assert_int_equal(ts_token_peek(&id, buf, 11), TSW_ERR_TOO_SHORT);
	buf[0]++;
	assert_int_equal(ts_token_peek(&id, buf, 12), TSW_ERR_VERSION);
	buf[0]--;
	buf[1] = 0x7f;
	assert_int_equal(ts_token_peek(&id, buf, 12), TSW_ERR_KIND);
	buf[1] = TS_TOKEN_MSG_CANCEL;
	assert_int_equal(ts_token_peek(&id, buf, 12), TSW_ERR_TOO_LONG);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_return_at_their_bounds),
	    cmocka_unit_test(cut_requests_are_refused),
	    cmocka_unit_test(fields_out_of_bounds_are_refused),
	    cmocka_unit_test(fields_of_the_applet_out_of_bounds_are_refused),
	    cmocka_unit_test(card_requests),
	    cmocka_unit_test(heads_are_told_apart),
	    cmocka_unit_test(channels_return),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
