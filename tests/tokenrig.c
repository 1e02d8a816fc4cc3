/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokenrig.h"

#include <stdlib.h>
#include <string.h>

#define LEN HAL_HID_REPORT_LEN
#define STEP_MS 100
#define PATIENCE_MS 60000

struct tokenrig rig;

static uint8_t
client_send(struct ctapclient *t, const uint8_t *req, size_t len)
{
	unsigned int st = rig_send(req, len);

	(void)t;
	/* Of what ctapclient builds everything gets an answer. */
	return st > 0xff ? (uint8_t)FW_CTAP_OTHER : (uint8_t)st;
}

void
rig_settle(void)
{
	while (fw_token_step(&rig.t) == 0)
		;
}

void
rig_wait_ms(uint64_t ms)
{
	memboard.millis += ms;
	rig_settle();
}

void
rig_report(const uint8_t report[LEN])
{
	memboard_put_report(report);
}

/* Packets of a message, initial and continuations (CTAP 2.1 11.2.4). */
static void
put_message(uint8_t cmd, const uint8_t *data, size_t len)
{
	size_t pos = 0, n;
	uint8_t seq = 0;
	uint8_t r[LEN];
	struct tsw_wr wr;

	do {
		memset(r, 0, sizeof(r));
		tsw_wr_init(&wr, r, sizeof(r));
		tsw_wr_bytes(&wr, rig.cid, sizeof(rig.cid));
		if (pos == 0) {
			tsw_wr_u8(&wr, cmd | 0x80);
			tsw_wr_u16(&wr, (uint16_t)len);
		} else {
			tsw_wr_u8(&wr, seq++);
		}
		n = LEN - tsw_wr_len(&wr);
		n = len - pos < n ? len - pos : n;
		tsw_wr_bytes(&wr, data + pos, n);
		pos += n;
		memboard_put_report(r);
	} while (pos < len);
}

/* True once the answer is complete. */
static bool
take_packet(const uint8_t r[LEN])
{
	bool initial = (r[4] & 0x80) != 0;
	size_t at = initial ? 7 : 5, n;

	if (memcmp(r, rig.cid, 4) != 0)
		return false;
	if (initial && r[4] == (0x80 | FW_CTAPHID_ERROR)) {
		rig.hid_error = r[7];
		return true;
	}
	if (initial && r[4] != (0x80 | FW_CTAPHID_CBOR) &&
	    r[4] != (0x80 | FW_CTAPHID_MSG))
		return false; /* keepalives */
	if (initial) {
		rig.in_len = (size_t)r[5] << 8 | r[6];
		rig.in_pos = 0;
	}
	n = rig.in_len - rig.in_pos < LEN - at ? rig.in_len - rig.in_pos
					       : LEN - at;
	memcpy(rig.in + rig.in_pos, r + at, n);
	rig.in_pos += n;
	return rig.in_pos == rig.in_len;
}

static bool
take_answer(void)
{
	uint8_t r[LEN];

	while (memboard_take_report(r))
		if (take_packet(r))
			return true;
	return false;
}

static void
press(bool down)
{
	memboard.button = down;
	rig_settle();
}

/* The button goes down and stays, at most that long, until the wait is over.
 * Before, somebody looks at what is asked, if the token insists on it. */
static void
touch_for(uint64_t ms)
{
	uint64_t until;

	press(false);
	if (!rig.t.button_armed)
		rig_wait_ms(FW_TOKEN_SETTLE_MS);
	until = memboard.millis + ms;
	press(true);
	while (fw_ctap2_is_waiting(&rig.t.ctap2) && memboard.millis < until)
		rig_wait_ms(STEP_MS);
	if (!fw_ctap2_is_waiting(&rig.t.ctap2))
		rig.taken++;
	press(false);
}

static void
cancel(void)
{
	put_message(FW_CTAPHID_CANCEL, NULL, 0);
	rig_settle();
}

/* The token waits: the person acts. */
static void
person(void)
{
	rig.asked = true;
	rig.led = memboard.led;
	memcpy(rig.display, memboard.display, sizeof(rig.display));
	switch (rig.touch) {
	case RIG_TOUCH:
		touch_for(10000);
		break;
	case RIG_SHORT:
		touch_for(500);
		break;
	case RIG_CANCEL:
		cancel();
		break;
	case RIG_UNPLUG:
		rig_plug();
		break;
	case RIG_ACT:
		rig.act();
		break;
	case RIG_HELD:
	case RIG_NONE:
		break;
	}
}

unsigned int
rig_u2f(const uint8_t *req, size_t len)
{
	rig.in_len = rig.in_pos = 0;
	memboard.out_cnt = 0;
	put_message(FW_CTAPHID_MSG, req, len);
	rig_settle();
	if (!take_answer() || rig.in_len < 2)
		return RIG_SILENT;
	rig.in_len -= 2;
	return (unsigned int)rig.in[rig.in_len] << 8 | rig.in[rig.in_len + 1];
}

void
rig_touch(void)
{
	touch_for(10000);
}

unsigned int
rig_send(const uint8_t *req, size_t len)
{
	uint64_t end = memboard.millis + PATIENCE_MS;

	rig.asked = false;
	rig.answered = false;
	rig.hid_error = 0;
	rig.in_len = rig.in_pos = 0;
	memboard.out_cnt = 0;
	if (rig.touch == RIG_HELD)
		press(true);
	put_message(FW_CTAPHID_CBOR, req, len);
	rig_settle();
	if (fw_ctap2_is_waiting(&rig.t.ctap2))
		person();
	if (rig.asked && rig.touch == RIG_UNPLUG)
		return RIG_SILENT;
	rig.answered = take_answer();
	while (!rig.answered && memboard.millis < end) {
		rig_wait_ms(STEP_MS);
		rig.answered = take_answer();
	}
	memboard.button = false;
	if (!rig.answered)
		return RIG_SILENT;
	if (rig.hid_error != 0)
		return RIG_HID_ERROR;
	if (rig.in_len == 0 || rig.in_len > sizeof(rig.client.rsp))
		abort();
	memcpy(rig.client.rsp, rig.in, rig.in_len);
	rig.client.rsp_len = rig.in_len;
	return rig.client.rsp[0];
}

bool
rig_reply_left(void)
{
	size_t i;

	for (i = 0; i < memboard.out_cnt; i++)
		if (memcmp(memboard.out[i], rig.cid, 4) == 0 &&
		    memboard.out[i][4] == (0x80 | FW_CTAPHID_CBOR))
			return memboard.out[i][7] == FW_CTAP_OK;
	return rig.answered && rig.in[0] == FW_CTAP_OK;
}

void
rig_channel(void)
{
	static const uint8_t broadcast[4] = {0xff, 0xff, 0xff, 0xff};
	uint8_t r[LEN];

	memboard.out_cnt = 0;
	memcpy(rig.cid, broadcast, sizeof(rig.cid));
	put_message(FW_CTAPHID_INIT, (const uint8_t *)"12345678", 8);
	rig_settle();
	if (!memboard_take_report(r))
		abort();
	memcpy(rig.cid, r + 15, sizeof(rig.cid));
}

void
rig_plug(void)
{
	memboard.in_cnt = 0;
	memboard.out_cnt = 0;
	memboard.button = false;
	memboard.can_send = true;
	memboard.millis += 1000;
	fw_token_init(&rig.t, rig.profile);
	rig_channel();
	if (rig.client.c == NULL)
		ctapclient_init(&rig.client, &rig.t.ctap2);
	rig.client.send = client_send;
}

void
rig_new(void)
{
	memboard_reset();
	memset(&rig, 0, sizeof(rig));
	rig_plug();
}
