/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/serve.h"

#include "http/fetch.h"
#include "net/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
read_all(int fd, uint8_t *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = read(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return TS_ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return TS_OK;
}

static int
write_all(int fd, const uint8_t *p, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return TS_ERR_IO;
		p += n;
		len -= (size_t)n;
	}
	return TS_OK;
}

static int
take_request(struct ts_net_request *req, uint8_t *buf, int fd)
{
	struct tsw_rd rd;
	size_t len;
	int r;

	r = read_all(fd, buf, TS_NET_HEAD_LEN);
	if (r != TS_OK)
		return r;
	tsw_rd_init(&rd, buf, TS_NET_HEAD_LEN);
	len = tsw_rd_u32(&rd);
	if (len > TS_NET_REQUEST_MAX)
		return TSW_ERR_TOO_LONG;
	r = read_all(fd, buf, len);
	return r == TS_OK ? ts_net_request_decode(req, buf, len) : r;
}

/* The caller ended, or has something to say, which can only be "stop". */
static bool
is_over(void *ctx)
{
	const int *fd = ctx;
	struct pollfd p = {*fd, POLLIN | POLLRDHUP, 0};

	return poll(&p, 1, 0) != 0;
}

static void
fetch(struct ts_net_reply *rep, uint8_t *out, const struct ts_net_request *req,
    int *fd)
{
	const struct ts_fetch_options options = {.user_agent = "touchstone"};
	const struct ts_fetch_request what = {
	    .url = req->url,
	    .post = req->post,
	    .body = req->body,
	    .type = req->type,
	    .max = req->max,
	    .timeout_ms = (int)req->timeout_ms,
	    .cancelled = is_over,
	    .ctx = fd,
	};
	struct ts_fetch_answer answer;
	struct ts_fetch *client = NULL;

	rep->err = ts_fetch_new(&client, &options);
	if (rep->err != TS_OK)
		return;
	rep->err = ts_fetch_do(client, &answer, out, &what);
	if (rep->err == TS_OK) {
		rep->status = answer.status;
		rep->body = (struct tsw_slice){out, answer.len};
		(void)snprintf(rep->type, sizeof(rep->type), "%s", answer.type);
	} else {
		(void)snprintf(rep->why, sizeof(rep->why), "%.*s",
		    TS_NET_WHY_MAX, ts_fetch_error(client));
	}
	ts_fetch_free(&client);
}

static int
give_reply(int fd, const struct ts_net_reply *rep)
{
	uint8_t head[TS_NET_HEAD_LEN + TS_NET_REPLY_HEAD_MAX];
	struct tsw_wr wr, len;
	int r;

	tsw_wr_init(&wr, head + TS_NET_HEAD_LEN, TS_NET_REPLY_HEAD_MAX);
	r = ts_net_reply_encode(&wr, rep);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&len, head, TS_NET_HEAD_LEN);
	tsw_wr_u32(&len, (uint32_t)(tsw_wr_len(&wr) + rep->body.len));
	r = write_all(fd, head, TS_NET_HEAD_LEN + tsw_wr_len(&wr));
	return r == TS_OK ? write_all(fd, rep->body.p, rep->body.len) : r;
}

int
ts_net_warm_up(void)
{
	const struct ts_fetch_options none = {0};
	struct ts_fetch *client = NULL;
	int r = ts_fetch_new(&client, &none);

	ts_fetch_free(&client);
	return r;
}

int
ts_net_serve(int fd)
{
	static uint8_t in[TS_NET_REQUEST_MAX];
	struct ts_net_request req;
	struct ts_net_reply rep;
	uint8_t *out;
	int r;

	memset(&rep, 0, sizeof(rep));
	r = take_request(&req, in, fd);
	if (r != TS_OK)
		return r;
	out = malloc(req.max == 0 ? 1 : req.max);
	if (out == NULL)
		rep.err = TS_ERR_NO_MEMORY;
	else
		fetch(&rep, out, &req, &fd);
	r = give_reply(fd, &rep);
	free(out);
	return r;
}
