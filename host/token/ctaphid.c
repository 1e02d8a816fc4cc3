/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/ctaphid.h"

#include "token/applet.h"

#include <string.h>

#define CMD_CBOR 0x90 /* with the bit of an initialisation packet */
#define CMD_ERROR 0xbf
#define ERROR_INVALID_CMD 0x01
#define INIT_ROOM 57 /* bytes of a message in its first report */
#define CONT_ROOM 59 /* and in each that follows */
#define MESSAGE_MAX (INIT_ROOM + 128 * CONT_ROOM)
#define STATUS_KEEPALIVE_CANCEL 0x2d

/* One report: id 0, channel, head, then what of rd has room in it. */
static int
put_report(struct ts_hid *hid, struct tsw_slice head, struct tsw_rd *rd)
{
	uint8_t buf[TS_HID_OUT_LEN] = {0};
	struct tsw_wr wr;
	size_t n;

	tsw_wr_init(&wr, buf + 1, TS_HID_REPORT_LEN);
	tsw_wr_u32(&wr, hid->cid);
	tsw_wr_bytes(&wr, head.p, head.len);
	n = TS_HID_REPORT_LEN - tsw_wr_len(&wr);
	if (n > rd->left)
		n = rd->left;
	tsw_wr_bytes(&wr, tsw_rd_view(rd, n), n);
	if (ts_hid_write(hid, buf, sizeof(buf)) < 0)
		return hid->cause;
	return TS_OK;
}

static int
put_message(struct ts_hid *hid, const uint8_t *msg, size_t len)
{
	uint8_t first[3] = {CMD_CBOR}, seq = 0;
	struct tsw_wr wr;
	struct tsw_rd rd;
	int r;

	tsw_wr_init(&wr, first + 1, 2);
	tsw_wr_u16(&wr, (uint16_t)len);
	tsw_rd_init(&rd, msg, len);
	r = put_report(hid, (struct tsw_slice){first, sizeof(first)}, &rd);
	while (r == TS_OK && rd.left > 0) {
		r = put_report(hid, (struct tsw_slice){&seq, 1}, &rd);
		seq++;
	}
	return r;
}

static int
get_report(struct ts_hid *hid, uint8_t buf[TS_HID_REPORT_LEN])
{
	if (ts_hid_read(hid, buf, TS_HID_REPORT_LEN) == TS_HID_REPORT_LEN)
		return TS_OK;
	return hid->cause != TS_OK ? hid->cause : TS_ERR_TOKEN_IO;
}

/* CTAPHID_ERROR: busy is seen by ts_hid. */
static int
error_of(const struct ts_hid *hid, uint8_t code)
{
	if (hid->cause != TS_OK)
		return hid->cause;
	return code == ERROR_INVALID_CMD ? TS_ERR_TOKEN_UNSUPPORTED
					 : TS_ERR_TOKEN_IO;
}

/* The first report of a reply: *left bytes are still to come. */
static int
get_first(struct ts_hid *hid, struct tsw_wr *wr, size_t *left)
{
	uint8_t buf[TS_HID_REPORT_LEN];
	struct tsw_rd rd;
	size_t len, n;
	int r;

	r = get_report(hid, buf);
	if (r != TS_OK)
		return r;
	if (buf[4] == CMD_ERROR)
		return error_of(hid, buf[7]);
	if (buf[4] != CMD_CBOR)
		return TS_ERR_TOKEN_IO;
	tsw_rd_init(&rd, buf + 5, sizeof(buf) - 5);
	len = tsw_rd_u16(&rd);
	if (len < 1 || len > wr->size)
		return TS_ERR_TOKEN_IO;
	n = len < rd.left ? len : rd.left;
	tsw_wr_bytes(wr, tsw_rd_view(&rd, n), n);
	*left = len - n;
	return TS_OK;
}

static int
get_message(struct ts_hid *hid, struct tsw_wr *wr)
{
	uint8_t buf[TS_HID_REPORT_LEN], seq = 0;
	size_t n, left = 0;
	int r;

	r = get_first(hid, wr, &left);
	while (r == TS_OK && left > 0) {
		r = get_report(hid, buf);
		if (r != TS_OK)
			return r;
		if (buf[4] != seq++)
			return TS_ERR_TOKEN_IO; /* another message, or a gap */
		n = left < CONT_ROOM ? left : CONT_ROOM;
		tsw_wr_bytes(wr, buf + 5, n);
		left -= n;
	}
	return r;
}

int
ts_ctaphid_cbor(struct ts_hid *hid, struct ts_ctaphid_reply *out,
    const uint8_t *msg, size_t len)
{
	uint8_t buf[1 + TS_CTAPHID_REPLY_MAX] = {0};
	struct tsw_wr wr;
	int r;

	if (len < 1 || len > MESSAGE_MAX ||
	    hid->cid == TS_TOKEN_CHANNEL_BROADCAST)
		return TS_ERR_INTERNAL;
	r = put_message(hid, msg, len);
	if (r != TS_OK)
		return r;
	tsw_wr_init(&wr, buf, sizeof(buf));
	r = get_message(hid, &wr);
	if (r != TS_OK)
		return r;
	out->status = buf[0];
	out->len = tsw_wr_len(&wr) - 1;
	memcpy(out->cbor, buf + 1, out->len);
	return TS_OK;
}

int
ts_ctaphid_outcome(const struct ts_hid *hid, uint8_t status)
{
	if (status == STATUS_KEEPALIVE_CANCEL && hid->cause != TS_OK)
		return hid->cause;
	return ts_applet_error(status);
}
