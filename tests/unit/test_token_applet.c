/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests and answers of the statement applet, byte for byte. */
#include "token/applet.h"

#include <touchstone/wire/cbor.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[TSW_STATEMENT_MAX];

static size_t
encode(uint8_t *buf, size_t size, const struct ts_applet_request *req)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, size);
	assert_int_equal(ts_applet_request_encode(&wr, req), TS_OK);
	return tsw_wr_len(&wr);
}

static void
a_request_without_fields_is_one_byte(void **state)
{
	const struct ts_applet_request req = {.cmd = TSW_APPLET_LIVE_END};
	uint8_t buf[4];

	(void)state;
	assert_int_equal(encode(buf, sizeof(buf), &req), 1);
	assert_int_equal(buf[0], 0x5b);
}

/* All fields at once, which no command has, in the order of their numbers. */
static void
fields_stand_in_their_order(void **state)
{
	const struct ts_applet_request req = {.cmd = TSW_APPLET_LIVE_ANSWER,
	    .handle = {bytes, 1},
	    .statement = {bytes, 2},
	    .alg = TSW_ALG_SK_P256,
	    .value = {bytes, 3},
	    .self = {bytes, 4},
	    .peer = {bytes, 5},
	    .auth_protocol = 1,
	    .auth_len = 6};
	static const uint8_t expected[] = {0x57, 0xa8, 0x01, 0x41, 0, 0x02,
	    0x42, 0, 0, 0x03, 0x02, 0x04, 0x43, 0, 0, 0, 0x05, 0x44, 0, 0, 0, 0,
	    0x06, 0x45, 0, 0, 0, 0, 0, 0x07, 0x01, 0x08, 0x46, 0, 0, 0, 0, 0,
	    0};
	uint8_t buf[64];
	struct tsw_wr wr;

	(void)state;
	assert_int_equal(encode(buf, sizeof(buf), &req), sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
	tsw_wr_init(&wr, buf, sizeof(expected) - 1);
	assert_int_equal(ts_applet_request_encode(&wr, &req), TSW_ERR_NO_SPACE);
}

static void
the_longest_requests_fit(void **state)
{
	struct ts_applet_request req = {.cmd = TSW_APPLET_SIGN,
	    .handle = {bytes, TSW_ID_LEN},
	    .statement = {bytes, TSW_STATEMENT_MAX},
	    .auth_protocol = 2,
	    .auth_len = TSW_APPLET_AUTH_MAX};
	uint8_t buf[TS_APPLET_REQUEST_MAX];
	struct tsw_wr wr;

	(void)state;
	assert_true(encode(buf, sizeof(buf), &req) > TSW_STATEMENT_MAX);
	tsw_wr_init(&wr, buf, TS_APPLET_AUTHED_MAX);
	assert_int_equal(ts_applet_authed(&wr, &req), TS_OK);
	assert_int_equal(tsw_wr_len(&wr), 33 + TSW_ID_LEN + TSW_STATEMENT_MAX);
	req.statement.p = NULL;
	req.value = req.handle;
	req.self = (struct tsw_slice){bytes, TSW_APPLET_PARTY_MAX};
	req.peer = req.self;
	assert_true(encode(buf, sizeof(buf), &req) > 2 * TSW_APPLET_PARTY_MAX);
	/* Half an auth is a mistake of ours. */
	req.auth_protocol = 0;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_applet_request_encode(&wr, &req), TS_ERR_INTERNAL);
}

/* SPEC 12.1: 32 * ff || command || handle, statement, alg, value, self, peer */
static void
auth_is_over_every_field(void **state)
{
	static const uint8_t a[] = {1}, b[] = {2, 2}, c[] = {3}, d[] = {4},
			     e[] = {5, 5};
	const struct ts_applet_request req = {.cmd = TSW_APPLET_CREATE,
	    .handle = {a, 1},
	    .statement = {b, 2},
	    .alg = TSW_ALG_SK_ED25519,
	    .value = {c, 1},
	    .self = {d, 1},
	    .peer = {e, 2}};
	static const uint8_t tail[] = {0x51, 1, 2, 2, 1, 3, 4, 5, 5};
	uint8_t buf[64], ff[32];
	struct tsw_wr wr;

	(void)state;
	memset(ff, 0xff, sizeof(ff));
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_applet_authed(&wr, &req), TS_OK);
	assert_int_equal(tsw_wr_len(&wr), sizeof(ff) + sizeof(tail));
	assert_memory_equal(buf, ff, sizeof(ff));
	assert_memory_equal(buf + 32, tail, sizeof(tail));
}

static const struct {
	enum tsw_applet_cmd cmd;
	uint8_t fields[9]; /* ends with 0 */
} honest[] = {
    {TSW_APPLET_INFO, {1, 9, 10, 11, 12, 13, 14, 15}},
    {TSW_APPLET_CREATE, {2, 3, 4}},
    {TSW_APPLET_SIGN, {5, 6, 7}},
    {TSW_APPLET_CONFIRM, {5, 6, 7}},
    {TSW_APPLET_IMPORT, {5, 6, 7}},
    {TSW_APPLET_ATTEST, {4}},
    {TSW_APPLET_LIVE_BEGIN, {8}},
    {TSW_APPLET_LIVE_ANSWER, {8}},
    {TSW_APPLET_LIVE_OPEN, {8, 9}},
    {TSW_APPLET_LIVE_CONFIRM, {5, 6, 7}},
    {TSW_APPLET_LIVE_TYPE, {0}},
    {TSW_APPLET_LIVE_END, {0}},
    {TSW_APPLET_KEY, {2, 3, 16, 17, 18, 19, 20}},
    {TSW_APPLET_FORGET, {0}},
};
#define HONEST_CNT (sizeof(honest) / sizeof(honest[0]))

/* A value of field; every number in it differs from its default. */
static void
put_field(struct tsw_wr *wr, uint8_t field)
{
	static const uint8_t number[] = {[1] = 1,
	    [2] = 1,
	    [6] = 5,
	    [7] = 9,
	    [9] = 3,
	    [10] = 2,
	    [11] = 6,
	    [12] = 8,
	    [13] = 1,
	    [16] = 1,
	    [18] = 7,
	    [20] = 2};
	static const uint8_t len[] = {[3] = 32,
	    [5] = 64,
	    [8] = 32,
	    [14] = 16,
	    [15] = 32,
	    [17] = 32,
	    [19] = 32,
	    [20] = 0};

	tsw_wr_cb_uint(wr, field);
	if (field == 4) {
		tsw_wr_cb_array(wr, 1);
		tsw_wr_cb_uint(wr, 4);
	} else if (field < sizeof(len) && len[field] != 0) {
		tsw_wr_cb_bytes(wr, bytes, len[field]);
	} else {
		tsw_wr_cb_uint(wr, number[field]);
	}
}

/* The answer of honest[i], without the field at skip and with extra. */
static size_t
answer(uint8_t *buf, size_t size, size_t i, uint8_t skip, uint8_t extra)
{
	const uint8_t *fields = honest[i].fields;
	bool added = extra == 0;
	struct tsw_wr wr;
	size_t j, cnt = 0;

	for (j = 0; fields[j] != 0; j++)
		cnt += fields[j] != skip ? 1 : 0;
	cnt += extra != 0 ? 1 : 0;
	if (cnt == 0)
		return 0;
	tsw_wr_init(&wr, buf, size);
	tsw_wr_cb_map(&wr, cnt);
	for (j = 0; fields[j] != 0; j++) {
		if (!added && extra < fields[j]) {
			put_field(&wr, extra);
			added = true;
		}
		if (fields[j] != skip)
			put_field(&wr, fields[j]);
	}
	if (!added)
		put_field(&wr, extra);
	return tsw_wr_len(&wr);
}

static bool
has(size_t i, uint8_t field)
{
	return memchr(honest[i].fields, field,
		   strlen((const char *)honest[i].fields)) != NULL;
}

/* Each answer decodes; cut anywhere, with a field less or more it does not. */
static void
answers_have_exactly_their_fields(void **state)
{
	struct ts_applet_answer out;
	uint8_t buf[512], field;
	size_t i, n, len;
	int r;

	(void)state;
	for (i = 0; i < HONEST_CNT; i++) {
		len = answer(buf, sizeof(buf), i, 0, 0);
		assert_int_equal(ts_applet_answer_decode(&out, honest[i].cmd,
				     buf, len),
		    TS_OK);
		memset(&out, 0xee, sizeof(out));
		for (n = 0; n < len; n++)
			assert_int_not_equal(ts_applet_answer_decode(&out,
						 honest[i].cmd, buf, n),
			    TS_OK);
		buf[len] = 0;
		assert_int_not_equal(ts_applet_answer_decode(&out,
					 honest[i].cmd, buf, len + 1),
		    TS_OK);
		for (field = 1; field <= 20; field++) {
			if (honest[i].cmd == TSW_APPLET_LIVE_OPEN && field == 8)
				continue; /* may be missing */
			len = has(i, field)
			    ? answer(buf, sizeof(buf), i, field, 0)
			    : answer(buf, sizeof(buf), i, 0, field);
			r = ts_applet_answer_decode(&out, honest[i].cmd, buf,
			    len);
			if (field == 2 && has(i, 3)) /* a key of what kind? */
				assert_int_equal(r, TSW_ERR_RANGE);
			else
				assert_int_equal(r,
				    has(i, field) ? TSW_ERR_MISSING_FIELD
						  : TSW_ERR_UNKNOWN_FIELD);
		}
		assert_int_equal(out.flags, 0xee);
	}
}

static void
an_empty_map_is_left_out(void **state)
{
	static const uint8_t empty[] = {0xa0};
	struct ts_applet_answer out;

	(void)state;
	assert_int_equal(ts_applet_answer_decode(&out, TSW_APPLET_FORGET, NULL,
			     0),
	    TS_OK);
	assert_int_equal(ts_applet_answer_decode(&out, TSW_APPLET_FORGET, empty,
			     1),
	    TSW_ERR_NOT_CANONICAL);
	assert_int_equal(ts_applet_answer_decode(&out, (enum tsw_applet_cmd)0,
			     NULL, 0),
	    TS_ERR_INTERNAL);
}

static void
answers_arrive_in_their_places(void **state)
{
	struct ts_applet_answer out;
	uint8_t buf[512];
	size_t i, len;

	(void)state;
	memset(bytes, 0x77, 64);
	for (i = 0; i < HONEST_CNT; i++) {
		len = answer(buf, sizeof(buf), i, 0, 0);
		assert_int_equal(ts_applet_answer_decode(&out, honest[i].cmd,
				     buf, len),
		    TS_OK);
		assert_int_equal(out.info.present,
		    honest[i].cmd == TSW_APPLET_INFO);
		assert_int_equal(out.info.outputs, has(i, 10) ? 3 : 0);
		assert_int_equal(out.info.used, has(i, 10) ? 2 : 0);
		assert_int_equal(out.info.free, has(i, 11) ? 6 : 0);
		assert_int_equal(out.info.runs, has(i, 12) ? 8 : 0);
		assert_int_equal(out.info.unlocked, has(i, 13));
		assert_int_equal(out.info.model[15], has(i, 14) ? 0x77 : 0);
		assert_int_equal(out.info.image[31], has(i, 15) ? 0x77 : 0);
		assert_int_equal(out.key.alg, has(i, 2) ? 1 : 0);
		assert_int_equal(out.key.len, has(i, 3) ? 32 : 0);
		assert_int_equal(out.attestation.len, has(i, 4) ? 2 : 0);
		assert_int_equal(out.sig[63], has(i, 5) ? 0x77 : 0);
		assert_int_equal(out.flags, has(i, 6) ? 5 : 0);
		assert_int_equal(out.counter, has(i, 7) ? 9 : 0);
		assert_int_equal(out.live.has_value, has(i, 8));
		assert_int_equal(out.live.outputs,
		    honest[i].cmd == TSW_APPLET_LIVE_OPEN ? 3 : 0);
		assert_int_equal(out.key_info.bound, has(i, 16));
		assert_int_equal(out.key_info.seq, has(i, 18) ? 7 : 0);
		assert_int_equal(out.key_info.head[31], has(i, 19) ? 0x77 : 0);
		assert_int_equal(out.key_info.role, has(i, 20) ? 2 : 0);
	}
	memset(bytes, 0, 64);
}

static void
every_status_has_an_error_of_its_own(void **state)
{
	static const struct {
		uint8_t status;
		int err;
	} table[] = {
	    {0xf0, TS_ERR_TOKEN_FORK},
	    {0xf1, TS_ERR_TOKEN_PREV},
	    {0xf2, TS_ERR_TOKEN_SKIP},
	    {0xf3, TS_ERR_TOKEN_REPLAY},
	    {0xf4, TS_ERR_TOKEN_IDENTITY},
	    {0xf5, TS_ERR_TOKEN_STATEMENT},
	    {0xf6, TS_ERR_TOKEN_KIND},
	    {0xf7, TS_ERR_TOKEN_MAY_NOT},
	    {0xf8, TS_ERR_TOKEN_HELD},
	    {0xf9, TS_ERR_TOKEN_LIVE_EARLY},
	    {0xfa, TS_ERR_TOKEN_LIVE_BUSY},
	    {0xfb, TS_ERR_TOKEN_LIVE_BUDGET},
	    {0xfc, TS_ERR_TOKEN_LIVE_COMMITMENT},
	    {0xfd, TS_ERR_TOKEN_LIVE_PARTY},
	    {0xfe, TS_ERR_TOKEN_ENTROPY},
	    {0xff, TS_ERR_TOKEN_STORE},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(ts_applet_error(table[i].status),
		    table[i].err);
	assert_int_equal(ts_applet_error(0), TS_OK);
	assert_int_equal(ts_applet_error(0x36), TS_ERR_PIN_REQUIRED);
	assert_int_equal(ts_applet_error(0x2e), TS_ERR_WRONG_TOKEN);
	assert_int_equal(ts_applet_error(0xef), TS_ERR_TOKEN_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_without_fields_is_one_byte),
	    cmocka_unit_test(fields_stand_in_their_order),
	    cmocka_unit_test(the_longest_requests_fit),
	    cmocka_unit_test(auth_is_over_every_field),
	    cmocka_unit_test(answers_have_exactly_their_fields),
	    cmocka_unit_test(an_empty_map_is_left_out),
	    cmocka_unit_test(answers_arrive_in_their_places),
	    cmocka_unit_test(every_status_has_an_error_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
