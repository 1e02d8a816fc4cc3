/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctaphid.h"

#include <string.h>

#include <touchstone/wire/bytes.h>

#define CID_BROADCAST UINT32_C(0xffffffff)
#define CMD_BIT 0x80 /* set in initial packets */
#define NONCE_LEN 8
#define PROTOCOL_VERSION 2
#define CAPABILITIES 0x05 /* WINK | CBOR; no NMSG: there is MSG */
#define VERSION_MAJOR 0
#define VERSION_MINOR 1
#define VERSION_BUILD 0

struct packet {
	uint32_t cid;
	uint8_t cmd; /* without CMD_BIT; a CONT packet has seq instead */
	bool initial;
	uint8_t seq;
	size_t len; /* of the whole message */
	const uint8_t *data;
};

static void
packet_parse(struct packet *p, const uint8_t report[FW_CTAPHID_REPORT_LEN])
{
	struct tsw_rd rd;
	uint8_t b;

	tsw_rd_init(&rd, report, FW_CTAPHID_REPORT_LEN);
	p->cid = tsw_rd_u32(&rd);
	b = tsw_rd_u8(&rd);
	p->initial = (b & CMD_BIT) != 0;
	p->cmd = b & (CMD_BIT - 1);
	p->seq = p->cmd;
	p->len = p->initial ? tsw_rd_u16(&rd) : 0;
	p->data = tsw_rd_view(&rd, rd.left);
}

/* A message that fits one packet. */
static void
put(uint8_t report[FW_CTAPHID_REPORT_LEN], uint32_t cid, uint8_t cmd,
    struct tsw_slice data)
{
	struct tsw_wr wr;

	memset(report, 0, FW_CTAPHID_REPORT_LEN);
	tsw_wr_init(&wr, report, FW_CTAPHID_REPORT_LEN);
	tsw_wr_u32(&wr, cid);
	tsw_wr_u8(&wr, cmd | CMD_BIT);
	tsw_wr_u16(&wr, (uint16_t)data.len);
	tsw_wr_bytes(&wr, data.p, data.len);
}

/* Queue a reply that fits one packet. */
static void
aux_put(struct fw_ctaphid *h, uint32_t cid, uint8_t cmd, struct tsw_slice data)
{
	if (h->aux_cnt == sizeof(h->aux) / sizeof(h->aux[0]))
		return; /* not reached: see fw_ctaphid_can_rx() */
	put(h->aux[h->aux_cnt++], cid, cmd, data);
}

static void
aux_error(struct fw_ctaphid *h, uint32_t cid, enum fw_ctaphid_err err)
{
	uint8_t code = (uint8_t)err;

	aux_put(h, cid, FW_CTAPHID_ERROR, (struct tsw_slice){&code, 1});
}

static void
aux_keepalive(struct fw_ctaphid *h, uint64_t now)
{
	uint8_t status = (uint8_t)h->status;

	aux_put(h, h->cid, FW_CTAPHID_KEEPALIVE,
	    (struct tsw_slice){&status, 1});
	h->deadline = now + FW_CTAPHID_KEEPALIVE_MS;
}

void
fw_ctaphid_keepalive(const struct fw_ctaphid *h,
    uint8_t report[FW_CTAPHID_REPORT_LEN])
{
	uint8_t status = (uint8_t)h->status;

	put(report, h->cid, FW_CTAPHID_KEEPALIVE,
	    (struct tsw_slice){&status, 1});
}

static bool
cid_is_given(const struct fw_ctaphid *h, uint32_t cid)
{
	return cid >= h->cid_first && cid - h->cid_first < h->cid_cnt;
}

static void
to_idle(struct fw_ctaphid *h)
{
	h->state = FW_CTAPHID_IDLE;
	h->taken = false;
	h->cancelled = false;
}

void
fw_ctaphid_init(struct fw_ctaphid *h, uint32_t cid_first)
{
	memset(h, 0, sizeof(*h));
	/* Keep 0 and broadcast out of the range and wrap-around far away. */
	h->cid_first = (cid_first & 0x7fffffff) | 1;
}

void
fw_ctaphid_link_reset(struct fw_ctaphid *h)
{
	uint32_t next = h->cid_first + h->cid_cnt;

	tsw_wipe(h, sizeof(*h));
	fw_ctaphid_init(h, next);
}

/* Answer INIT on channel cid, telling the host to use new_cid. */
static void
init_reply(struct fw_ctaphid *h, const struct packet *p, uint32_t new_cid)
{
	uint8_t buf[NONCE_LEN + 9];
	struct tsw_wr wr;

	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_bytes(&wr, p->data, NONCE_LEN);
	tsw_wr_u32(&wr, new_cid);
	tsw_wr_u8(&wr, PROTOCOL_VERSION);
	tsw_wr_u8(&wr, VERSION_MAJOR);
	tsw_wr_u8(&wr, VERSION_MINOR);
	tsw_wr_u8(&wr, VERSION_BUILD);
	tsw_wr_u8(&wr, CAPABILITIES);
	aux_put(h, p->cid, FW_CTAPHID_INIT,
	    (struct tsw_slice){buf, tsw_wr_len(&wr)});
}

/* INIT, in any state. */
static void
rx_init(struct fw_ctaphid *h, const struct packet *p)
{
	if (p->len != NONCE_LEN) {
		aux_error(h, p->cid, FW_CTAPHID_ERR_INVALID_LEN);
		return;
	}
	if (p->cid != CID_BROADCAST) {
		if (h->state != FW_CTAPHID_IDLE && h->cid == p->cid)
			to_idle(h);
		init_reply(h, p, p->cid);
		return;
	}
	if (h->cid_cnt == 0x7ffffffe) {
		aux_error(h, p->cid, FW_CTAPHID_ERR_CHANNEL_BUSY);
		return;
	}
	h->cid_cnt++;
	init_reply(h, p, h->cid_first + h->cid_cnt - 1);
}

/* The message is complete: answer what needs no token, or offer it. */
static void
msg_complete(struct fw_ctaphid *h, uint64_t now)
{
	h->pos = 0;
	if (h->cmd == FW_CTAPHID_PING) {
		h->state = FW_CTAPHID_SEND;
		return;
	}
	h->state = FW_CTAPHID_BUSY;
	h->taken = false;
	h->cancelled = false;
	h->status = FW_CTAPHID_PROCESSING;
	h->deadline = now + FW_CTAPHID_KEEPALIVE_MS;
}

static void
msg_append(struct fw_ctaphid *h, const struct packet *p, uint64_t now)
{
	size_t room =
	    p->initial ? FW_CTAPHID_INIT_DATA_LEN : FW_CTAPHID_CONT_DATA_LEN;
	size_t n = h->len - h->pos;

	if (n > room)
		n = room;
	memcpy(h->msg + h->pos, p->data, n);
	h->pos += n;
	h->deadline = now + FW_CTAPHID_PACKET_TIMEOUT_MS;
	if (h->pos == h->len)
		msg_complete(h, now);
}

static bool
len_fits_cmd(const struct packet *p)
{
	if (p->len > FW_CTAPHID_MSG_MAX)
		return false;
	if (p->cmd == FW_CTAPHID_WINK)
		return p->len == 0;
	if (p->cmd == FW_CTAPHID_CBOR || p->cmd == FW_CTAPHID_MSG)
		return p->len > 0;
	return true;
}

/* Allowed: PING, WINK, CBOR, MSG.  CANCEL has nothing to cancel. */
static void
rx_idle(struct fw_ctaphid *h, const struct packet *p, uint64_t now)
{
	if (p->cmd == FW_CTAPHID_CANCEL)
		return;
	if (p->cmd != FW_CTAPHID_PING && p->cmd != FW_CTAPHID_WINK &&
	    p->cmd != FW_CTAPHID_CBOR && p->cmd != FW_CTAPHID_MSG) {
		aux_error(h, p->cid, FW_CTAPHID_ERR_INVALID_CMD);
		return;
	}
	if (!len_fits_cmd(p)) {
		aux_error(h, p->cid, FW_CTAPHID_ERR_INVALID_LEN);
		return;
	}
	h->state = FW_CTAPHID_RECV;
	h->cid = p->cid;
	h->cmd = p->cmd;
	h->len = p->len;
	h->pos = 0;
	h->seq = 0;
	msg_append(h, p, now);
}

/* Allowed: nothing but INIT and CONT, which come by other ways. */
static void
rx_recv(struct fw_ctaphid *h, const struct packet *p)
{
	if (p->cid != h->cid) {
		if (p->cmd != FW_CTAPHID_CANCEL)
			aux_error(h, p->cid, FW_CTAPHID_ERR_CHANNEL_BUSY);
		return;
	}
	to_idle(h);
	aux_error(h, p->cid, FW_CTAPHID_ERR_INVALID_SEQ);
}

/* Allowed: CANCEL on the channel of the transaction, without an answer. */
static void
rx_busy(struct fw_ctaphid *h, const struct packet *p)
{
	if (p->cmd != FW_CTAPHID_CANCEL) {
		aux_error(h, p->cid, FW_CTAPHID_ERR_CHANNEL_BUSY);
		return;
	}
	if (h->state == FW_CTAPHID_BUSY && p->cid == h->cid)
		h->cancelled = true;
}

/* CONT: goes on with the message of its channel, else it is a stray. */
static void
rx_cont(struct fw_ctaphid *h, const struct packet *p, uint64_t now)
{
	if (h->state != FW_CTAPHID_RECV || p->cid != h->cid)
		return;
	if (p->seq != h->seq) {
		to_idle(h);
		aux_error(h, p->cid, FW_CTAPHID_ERR_INVALID_SEQ);
		return;
	}
	h->seq++;
	msg_append(h, p, now);
}

bool
fw_ctaphid_can_rx(const struct fw_ctaphid *h)
{
	/* One report makes at most two answers: a timeout and its own. */
	return h->aux_cnt == 0;
}

void
fw_ctaphid_rx(struct fw_ctaphid *h, const uint8_t report[FW_CTAPHID_REPORT_LEN],
    uint64_t now)
{
	struct packet p;

	fw_ctaphid_tick(h, now);
	packet_parse(&p, report);
	if (!p.initial) {
		rx_cont(h, &p, now);
		return;
	}
	if (p.cid == CID_BROADCAST && p.cmd == FW_CTAPHID_INIT) {
		rx_init(h, &p);
		return;
	}
	if (!cid_is_given(h, p.cid)) {
		aux_error(h, p.cid, FW_CTAPHID_ERR_INVALID_CHANNEL);
		return;
	}
	if (p.cmd == FW_CTAPHID_INIT) {
		rx_init(h, &p);
		return;
	}
	switch (h->state) {
	case FW_CTAPHID_IDLE:
		rx_idle(h, &p, now);
		break;
	case FW_CTAPHID_RECV:
		rx_recv(h, &p);
		break;
	case FW_CTAPHID_BUSY:
	case FW_CTAPHID_SEND:
		rx_busy(h, &p);
		break;
	}
}

void
fw_ctaphid_tick(struct fw_ctaphid *h, uint64_t now)
{
	if (h->aux_cnt != 0 || now < h->deadline)
		return;
	if (h->state == FW_CTAPHID_RECV) {
		to_idle(h);
		aux_error(h, h->cid, FW_CTAPHID_ERR_MSG_TIMEOUT);
	} else if (h->state == FW_CTAPHID_BUSY) {
		aux_keepalive(h, now);
	}
}

/* Next packet of the reply; the initial one is what leaves pos behind 0. */
static void
tx_msg(struct fw_ctaphid *h, uint8_t report[FW_CTAPHID_REPORT_LEN])
{
	bool initial = h->pos == 0;
	struct tsw_wr wr;
	size_t n = h->len - h->pos;

	memset(report, 0, FW_CTAPHID_REPORT_LEN);
	tsw_wr_init(&wr, report, FW_CTAPHID_REPORT_LEN);
	tsw_wr_u32(&wr, h->cid);
	if (initial) {
		h->seq = 0;
		tsw_wr_u8(&wr, h->cmd | CMD_BIT);
		tsw_wr_u16(&wr, (uint16_t)h->len);
	} else {
		tsw_wr_u8(&wr, h->seq++);
	}
	if (n > FW_CTAPHID_REPORT_LEN - wr.len)
		n = FW_CTAPHID_REPORT_LEN - wr.len;
	tsw_wr_bytes(&wr, h->msg + h->pos, n);
	h->pos += n;
	if (h->pos == h->len) {
		tsw_wipe(h->msg, h->len);
		to_idle(h);
	}
}

bool
fw_ctaphid_tx(struct fw_ctaphid *h, uint8_t report[FW_CTAPHID_REPORT_LEN])
{
	if (h->aux_cnt > 0) {
		memcpy(report, h->aux[0], FW_CTAPHID_REPORT_LEN);
		h->aux_cnt--;
		memcpy(h->aux[0], h->aux[1], FW_CTAPHID_REPORT_LEN);
		return true;
	}
	if (h->state != FW_CTAPHID_SEND)
		return false;
	tx_msg(h, report);
	return true;
}

bool
fw_ctaphid_request(struct fw_ctaphid *h, struct fw_ctaphid_req *req)
{
	if (h->state != FW_CTAPHID_BUSY || h->taken)
		return false;
	h->taken = true;
	req->cid = h->cid;
	req->cmd = (enum fw_ctaphid_cmd)h->cmd;
	req->data = h->msg;
	req->len = h->len;
	return true;
}

bool
fw_ctaphid_cancelled(const struct fw_ctaphid *h)
{
	return h->state == FW_CTAPHID_BUSY && h->cancelled;
}

bool
fw_ctaphid_wants_reply(const struct fw_ctaphid *h)
{
	return h->state == FW_CTAPHID_BUSY && h->taken;
}

void
fw_ctaphid_set_status(struct fw_ctaphid *h, enum fw_ctaphid_status status,
    uint64_t now)
{
	if (h->state != FW_CTAPHID_BUSY || h->status == status)
		return;
	h->status = status;
	if (h->aux_cnt < sizeof(h->aux) / sizeof(h->aux[0]))
		aux_keepalive(h, now);
	else
		h->deadline = now; /* as soon as there is room */
}

void
fw_ctaphid_reply(struct fw_ctaphid *h, const uint8_t *data, size_t len)
{
	if (!fw_ctaphid_wants_reply(h) || len > sizeof(h->msg))
		return;
	tsw_wipe(h->msg, h->len); /* PINs and salts of the request */
	if (len > 0)
		memcpy(h->msg, data, len);
	h->len = len;
	h->pos = 0;
	h->state = FW_CTAPHID_SEND;
}

uint32_t
fw_ctaphid_next_ms(const struct fw_ctaphid *h, uint64_t now)
{
	if (h->state != FW_CTAPHID_RECV && h->state != FW_CTAPHID_BUSY)
		return UINT32_MAX;
	return h->deadline <= now ? 0 : (uint32_t)(h->deadline - now);
}
