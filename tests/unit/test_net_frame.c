/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net/frame.h"

static uint8_t buf[TS_NET_REQUEST_MAX];
static uint8_t body[TS_NET_BODY_MAX + 1];

static struct ts_net_request
good_request(void)
{
	struct ts_net_request req;

	memset(&req, 0, sizeof(req));
	req.post = true;
	req.max = 1000;
	req.timeout_ms = 30000;
	strcpy(req.url, "https://keys.example.org/v1/lookup");
	strcpy(req.type, "application/cbor");
	req.body = (struct tsw_slice){body, 100};
	return req;
}

static int
encode(const struct ts_net_request *req, size_t *len)
{
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf, sizeof(buf));
	r = ts_net_request_encode(&wr, req);
	*len = tsw_wr_len(&wr);
	return r;
}

static void
test_request(void **state)
{
	struct ts_net_request req = good_request(), got;
	size_t len, i;

	(void)state;
	memset(body, 0x5a, sizeof(body));
	assert_int_equal(encode(&req, &len), TS_OK);
	assert_int_equal(ts_net_request_decode(&got, buf, len), TS_OK);
	assert_true(got.post);
	assert_int_equal(got.max, 1000);
	assert_int_equal(got.timeout_ms, 30000);
	assert_string_equal(got.url, req.url);
	assert_string_equal(got.type, req.type);
	assert_int_equal(got.body.len, 100);
	assert_memory_equal(got.body.p, body, 100);
	for (i = 0; i < len; i++)
		assert_int_not_equal(ts_net_request_decode(&got, buf, i),
		    TS_OK);
	assert_int_not_equal(ts_net_request_decode(&got, buf, len + 1), TS_OK);
	buf[0]++;
	assert_int_equal(ts_net_request_decode(&got, buf, len),
	    TSW_ERR_VERSION);

	memset(req.url, 'a', TS_NET_URL_MAX);
	memset(req.type, 'b', TS_NET_TYPE_MAX);
	req.body.len = TS_NET_BODY_MAX;
	assert_int_equal(encode(&req, &len), TS_OK);
	assert_int_equal(len, TS_NET_REQUEST_MAX);
	assert_int_equal(ts_net_request_decode(&got, buf, len), TS_OK);
}

static void
test_bad_request(void **state)
{
	struct ts_net_request req = good_request();
	size_t len;

	(void)state;
#define BAD(change)                                                            \
	do {                                                                   \
		req = good_request();                                          \
		change;                                                        \
		assert_int_equal(encode(&req, &len), TS_ERR_ARGUMENT);         \
	} while (0)
	BAD(req.url[0] = '\0');
	BAD(req.url[3] = '\n');
	BAD(req.url[3] = '\x80');
	BAD(req.type[3] = '\r');
	BAD(req.body.len = TS_NET_BODY_MAX + 1);
	BAD(req.max = TS_NET_ANSWER_MAX + 1);
	BAD(req.timeout_ms = 0);
	BAD(req.timeout_ms = TS_NET_TIMEOUT_MAX_MS + 1);
	BAD(req.post = false);
	BAD(req.post = false; req.body.len = 0);
	req.type[0] = '\0';
	assert_int_equal(encode(&req, &len), TS_OK);
}

static int
pass_reply(const struct ts_net_reply *rep, uint32_t max,
    struct ts_net_reply *got)
{
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, buf, sizeof(buf));
	r = ts_net_reply_encode(&wr, rep);
	if (r != TS_OK)
		return r;
	tsw_wr_bytes(&wr, rep->body.p, rep->body.len);
	return ts_net_reply_decode(got, max, buf, tsw_wr_len(&wr));
}

static void
test_reply(void **state)
{
	struct ts_net_reply rep, got;

	(void)state;
	memset(&rep, 0, sizeof(rep));
	rep.status = 404;
	strcpy(rep.type, "text/plain");
	rep.body = (struct tsw_slice){body, 50};
	assert_int_equal(pass_reply(&rep, 50, &got), TS_OK);
	assert_int_equal(got.err, TS_OK);
	assert_int_equal(got.status, 404);
	assert_string_equal(got.type, "text/plain");
	assert_int_equal(got.body.len, 50);
	assert_int_equal(pass_reply(&rep, 49, &got), TSW_ERR_FORMAT);

	rep.status = 99;
	assert_int_equal(pass_reply(&rep, 50, &got), TS_ERR_ARGUMENT);
	rep.status = 200;
	rep.why[0] = 'x';
	assert_int_equal(pass_reply(&rep, 50, &got), TS_ERR_ARGUMENT);
	rep.err = TS_ERR_DIRECTORY;
	assert_int_equal(pass_reply(&rep, 50, &got), TS_ERR_ARGUMENT);

	memset(&rep, 0, sizeof(rep));
	rep.err = TS_ERR_DIRECTORY;
	strcpy(rep.why, "no route to host");
	assert_int_equal(pass_reply(&rep, 0, &got), TS_OK);
	assert_int_equal(got.err, TS_ERR_DIRECTORY);
	assert_string_equal(got.why, "no route to host");
	rep.err = TS_ERR_WAITING; /* not a helper's to say */
	assert_int_equal(pass_reply(&rep, 0, &got), TS_ERR_ARGUMENT);
	/* Not from the other side, either. */
	rep.err = TS_ERR_DIRECTORY;
	assert_int_equal(pass_reply(&rep, 0, &got), TS_OK);
	buf[2] = (uint8_t)-TS_ERR_WAITING;
	assert_int_equal(ts_net_reply_decode(&got, 0, buf, 11 + 16),
	    TSW_ERR_FORMAT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_bad_request),
	    cmocka_unit_test(test_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
