/* SPDX-License-Identifier: BSD-2-Clause */
#include "net/frame.h"

#include <string.h>

#define GET 1
#define POST 2

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

/* len bytes and a NUL into out, which has room for them. */
static void
read_text(struct tsw_rd *rd, char *out, size_t len, size_t max)
{
	const uint8_t *p;

	out[0] = '\0';
	if (len > max) {
		tsw_rd_fail(rd);
		return;
	}
	p = tsw_rd_view(rd, len);
	if (p == NULL)
		return;
	memcpy(out, p, len);
	out[len] = '\0';
	if (strlen(out) != len || !is_printable(out))
		tsw_rd_fail(rd);
}

static void
write_text(struct tsw_wr *wr, const char *text)
{
	const size_t len = strlen(text);
	size_t i;

	for (i = 0; i < len; i++)
		tsw_wr_u8(wr, (uint8_t)text[i]);
}

static bool
request_is_ok(const struct ts_net_request *req)
{
	if (req->max > TS_NET_ANSWER_MAX || req->timeout_ms == 0 ||
	    req->timeout_ms > TS_NET_TIMEOUT_MAX_MS)
		return false;
	if (req->url[0] == '\0' || !is_printable(req->url) ||
	    !is_printable(req->type) || req->body.len > TS_NET_BODY_MAX)
		return false;
	return req->post || (req->body.len == 0 && req->type[0] == '\0');
}

int
ts_net_request_encode(struct tsw_wr *wr, const struct ts_net_request *req)
{
	if (!request_is_ok(req))
		return TS_ERR_ARGUMENT;
	tsw_wr_u8(wr, TS_NET_VERSION);
	tsw_wr_u8(wr, req->post ? POST : GET);
	tsw_wr_u32(wr, req->max);
	tsw_wr_u32(wr, req->timeout_ms);
	tsw_wr_u16(wr, (uint16_t)strlen(req->url));
	write_text(wr, req->url);
	tsw_wr_u8(wr, (uint8_t)strlen(req->type));
	write_text(wr, req->type);
	tsw_wr_u32(wr, (uint32_t)req->body.len);
	tsw_wr_bytes(wr, req->body.p, req->body.len);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_net_request_decode(struct ts_net_request *out, const uint8_t *p, size_t len)
{
	struct ts_net_request req;
	uint8_t version, method;
	struct tsw_rd rd;

	memset(&req, 0, sizeof(req));
	tsw_rd_init(&rd, p, len);
	version = tsw_rd_u8(&rd);
	method = tsw_rd_u8(&rd);
	req.max = tsw_rd_u32(&rd);
	req.timeout_ms = tsw_rd_u32(&rd);
	read_text(&rd, req.url, tsw_rd_u16(&rd), TS_NET_URL_MAX);
	read_text(&rd, req.type, tsw_rd_u8(&rd), TS_NET_TYPE_MAX);
	req.body.len = tsw_rd_u32(&rd);
	req.body.p = tsw_rd_view(&rd, req.body.len);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (version != TS_NET_VERSION)
		return TSW_ERR_VERSION;
	req.post = method == POST;
	if ((method != GET && method != POST) || !request_is_ok(&req))
		return TSW_ERR_FORMAT;
	*out = req;
	return TS_OK;
}

static bool
reply_is_ok(const struct ts_net_reply *rep)
{
	if (!is_printable(rep->type) || !is_printable(rep->why) ||
	    rep->body.len > TS_NET_ANSWER_MAX)
		return false;
	if (rep->err == TS_OK)
		return rep->status >= 100 && rep->status <= 999 &&
		    rep->why[0] == '\0';
	if (rep->status != 0 || rep->type[0] != '\0' || rep->body.len != 0)
		return false;
	return rep->err == TS_ERR_ARGUMENT || rep->err == TS_ERR_DIRECTORY ||
	    rep->err == TS_ERR_CANCELLED || rep->err == TS_ERR_NO_MEMORY ||
	    rep->err == TS_ERR_INTERNAL;
}

int
ts_net_reply_encode(struct tsw_wr *wr, const struct ts_net_reply *rep)
{
	if (!reply_is_ok(rep))
		return TS_ERR_ARGUMENT;
	tsw_wr_u8(wr, TS_NET_VERSION);
	tsw_wr_u16(wr, (uint16_t)-rep->err);
	tsw_wr_u16(wr, (uint16_t)rep->status);
	tsw_wr_u8(wr, (uint8_t)strlen(rep->type));
	write_text(wr, rep->type);
	tsw_wr_u8(wr, (uint8_t)strlen(rep->why));
	write_text(wr, rep->why);
	tsw_wr_u32(wr, (uint32_t)rep->body.len);
	return wr->full ? TSW_ERR_NO_SPACE : TS_OK;
}

int
ts_net_reply_decode(struct ts_net_reply *out, uint32_t max, const uint8_t *p,
    size_t len)
{
	struct ts_net_reply rep;
	struct tsw_rd rd;
	uint8_t version;

	memset(&rep, 0, sizeof(rep));
	tsw_rd_init(&rd, p, len);
	version = tsw_rd_u8(&rd);
	rep.err = -(int)tsw_rd_u16(&rd);
	rep.status = tsw_rd_u16(&rd);
	read_text(&rd, rep.type, tsw_rd_u8(&rd), TS_NET_TYPE_MAX);
	read_text(&rd, rep.why, tsw_rd_u8(&rd), TS_NET_WHY_MAX);
	rep.body.len = tsw_rd_u32(&rd);
	rep.body.p = tsw_rd_view(&rd, rep.body.len);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	if (version != TS_NET_VERSION)
		return TSW_ERR_VERSION;
	if (!reply_is_ok(&rep) || rep.body.len > max)
		return TSW_ERR_FORMAT;
	*out = rep;
	return TS_OK;
}
