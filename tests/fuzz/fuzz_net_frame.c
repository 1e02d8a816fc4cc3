/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request or a reply that decodes encodes to the same bytes; its texts are
 * safe to print, its lengths within their bounds.
 */
#include "net/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *text, size_t max)
{
	assert(strlen(text) <= max);
	for (; *text != '\0'; text++)
		assert(*text >= ' ' && *text <= '~');
}

static void
check_request(const uint8_t *data, size_t len)
{
	static uint8_t buf[TS_NET_REQUEST_MAX];
	struct ts_net_request req;
	struct tsw_wr wr;

	if (ts_net_request_decode(&req, data, len) != TS_OK)
		return;
	check_text(req.url, TS_NET_URL_MAX);
	check_text(req.type, TS_NET_TYPE_MAX);
	assert(req.body.len <= TS_NET_BODY_MAX);
	assert(req.max <= TS_NET_ANSWER_MAX);
	assert(req.timeout_ms <= TS_NET_TIMEOUT_MAX_MS);
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert(ts_net_request_encode(&wr, &req) == TS_OK);
	assert(tsw_wr_len(&wr) == len);
	assert(memcmp(buf, data, len) == 0);
}

static void
check_reply(const uint8_t *data, size_t len, uint32_t max)
{
	uint8_t buf[TS_NET_REPLY_HEAD_MAX];
	struct ts_net_reply rep;
	struct tsw_wr wr;
	size_t head;

	if (ts_net_reply_decode(&rep, max, data, len) != TS_OK)
		return;
	check_text(rep.type, TS_NET_TYPE_MAX);
	check_text(rep.why, TS_NET_WHY_MAX);
	assert(rep.body.len <= max);
	assert(rep.err <= 0);
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert(ts_net_reply_encode(&wr, &rep) == TS_OK);
	head = tsw_wr_len(&wr);
	assert(head + rep.body.len == len);
	assert(memcmp(buf, data, head) == 0);
	assert(rep.body.len == 0 || rep.body.p == data + head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_request(data, len);
	check_reply(data, len, TS_NET_ANSWER_MAX);
	check_reply(data, len, 16);
	return 0;
}
