/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/ctapcard.h"

#include "token/deadline.h"

#include <poll.h>
#include <string.h>

#define CLA_CTAP 0x80
#define INS_MSG 0x10
#define INS_GET_RESPONSE 0x11
#define P1_CAN_POLL 0x80
#define P1_CANCEL 0x11
#define SW_OK 0x9000
#define SW_WAITS 0x9100
#define SW_WRONG_P1P2 0x6a86
#define SW_WRONG_PARAMETERS 0x6b00
#define SW_NO_INS 0x6d00
#define SW_NO_CLA 0x6e00
#define STATUS_TOUCH 2 /* as in KEEPALIVE (section 11.2.9.1.7) */
/* A card that has been touched already need not wait for us; one that waits
 * for a person need not be asked all the time. */
#define POLL_PAUSE_MIN_MS 2
#define POLL_PAUSE_MAX_MS 50
#define CANCEL_WAIT_MS 1000
#define NE_ALL 256
#define NE_LONG TS_CARD_DATA_MAX

enum ctap {
	CTAP_MAKE_CREDENTIAL = 0x01,
	CTAP_GET_ASSERTION = 0x02,
	CTAP_CLIENT_PIN = 0x06,
	CTAP_RESET = 0x07,
	CTAP_VENDOR = 0x40
};
/* CTAPHID (section 11.2.9.1.3), as libfido2 knows it. */
#define HID_INIT 0x06
#define HID_CBOR 0x10
#define HID_INIT_REPLY_LEN 17
#define HID_PROTOCOL 2
#define HID_CAPABILITIES 0x0c /* CBOR, and no CTAP1 messages */

/* clientPIN without a PIN in it: getPINRetries, getKeyAgreement. */
#define PLAIN_PIN_MAX 8

void
ts_ctapcard_init(struct ts_ctapcard *c, struct ts_card *card,
    uint32_t budget_ms)
{
	memset(c, 0, sizeof(*c));
	c->card = card;
	c->deadline = ts_deadline_in(budget_ms);
}

/* The first cause stays. */
static int
fail(struct ts_ctapcard *c, int cause)
{
	if (c->cause == TS_OK)
		c->cause = cause;
	return c->cause;
}

int
ts_ctapcard_select(struct ts_ctapcard *c)
{
	static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x06, 0x47, 0x2f, 0x00,
	    0x01};
	struct ts_card_reply reply;

	/* Which of the versions it names does not matter: getInfo will tell. */
	return ts_card_select(c->card, &reply,
	    (struct tsw_slice){aid, sizeof(aid)});
}

/* Commands that make the user touch, or the card think. */
static bool
takes_time(uint8_t cmd)
{
	return cmd == CTAP_MAKE_CREDENTIAL || cmd == CTAP_GET_ASSERTION ||
	    cmd == CTAP_RESET || cmd >= CTAP_VENDOR;
}

static void
set_pace(const struct ts_ctapcard *c, uint8_t cmd)
{
	c->card->pace = TS_CARD_QUICK;
	/* A card may take P1_CAN_POLL and be silent all the same. */
	if (takes_time(cmd))
		c->card->pace = c->polls ? TS_CARD_SLOW : TS_CARD_MAY_TOUCH;
}

static int
send_message(struct ts_ctapcard *c, struct ts_card_reply *reply,
    struct tsw_slice msg)
{
	struct ts_card_command cmd = {.cla = CLA_CTAP,
	    .ins = INS_MSG,
	    .data = msg,
	    .ne = c->card->extended ? NE_LONG : NE_ALL,
	    .is_secret =
		msg.p[0] == CTAP_CLIENT_PIN && msg.len > PLAIN_PIN_MAX};
	int r;

	if (!c->cannot_poll) {
		cmd.p1 = P1_CAN_POLL;
		set_pace(c, msg.p[0]);
		r = ts_card_send(c->card, reply, &cmd);
		if (r != TS_OK ||
		    (reply->sw != SW_WRONG_P1P2 &&
			reply->sw != SW_WRONG_PARAMETERS))
			return r;
		c->cannot_poll = true; /* it did nothing */
		cmd.p1 = 0;
	}
	set_pace(c, msg.p[0]);
	return ts_card_send(c->card, reply, &cmd);
}

/* TS_OK, or why the card has to stop. */
static int
check_time(struct ts_ctapcard *c)
{
	if (ts_control_is_cancelled(c->card->control))
		return TS_ERR_CANCELLED;
	if (ts_deadline_left(c->deadline) > 0)
		return TS_OK;
	return c->card->touching ? TS_ERR_NO_TOUCH : TS_ERR_TOKEN_IO;
}

/* Longer each time. */
static void
pause_a_little(const struct ts_ctapcard *c, int *ms)
{
	struct pollfd p = {.fd = c->card->control->fd, .events = POLLIN};

	/* Once it is to stop the socket has nothing more to say. */
	if (c->card->stopping)
		p.fd = -1;
	(void)poll(&p, 1, *ms);
	*ms = *ms * 2 < POLL_PAUSE_MAX_MS ? *ms * 2 : POLL_PAUSE_MAX_MS;
}

/* "Has it been touched?" */
static int
ask_again(struct ts_ctapcard *c, struct ts_card_reply *reply, bool cancel)
{
	const struct ts_card_command cmd = {.cla = CLA_CTAP,
	    .ins = INS_GET_RESPONSE,
	    .p1 = cancel ? P1_CANCEL : 0,
	    .ne = c->card->extended ? NE_LONG : NE_ALL};

	c->card->pace = TS_CARD_QUICK;
	return ts_card_send(c->card, reply, &cmd);
}

/*
 * Until the card has an answer.  A wish to stop is told to the card once, and
 * its answer waited for a little longer, so that it does not go on waiting for
 * a touch that somebody else would take for theirs.
 */
static int
wait_answer(struct ts_ctapcard *c, struct ts_card_reply *reply)
{
	int pause_ms = POLL_PAUSE_MIN_MS;
	int64_t stop_by = 0;
	bool cancel;
	int r = TS_OK;

	while (r == TS_OK && reply->sw == SW_WAITS) {
		ts_card_touch(c->card,
		    reply->len >= 1 && reply->data[0] == STATUS_TOUCH);
		cancel = false;
		if (stop_by == 0 && check_time(c) != TS_OK) {
			(void)fail(c, check_time(c));
			stop_by = ts_deadline_in(CANCEL_WAIT_MS);
			c->card->stopping = cancel = true;
		} else if (stop_by != 0 && ts_deadline_left(stop_by) == 0) {
			r = c->cause;
			break;
		} else {
			pause_a_little(c, &pause_ms);
		}
		r = ask_again(c, reply, cancel);
	}
	ts_card_touch(c->card, false);
	c->card->stopping = false;
	return r;
}

static int
judge(uint16_t sw)
{
	if (sw == SW_OK)
		return TS_OK;
	return sw == SW_NO_INS || sw == SW_NO_CLA ? TS_ERR_TOKEN_UNSUPPORTED
						  : TS_ERR_TOKEN_IO;
}

int
ts_ctapcard_message(struct ts_ctapcard *c, uint8_t *answer, size_t *answer_len,
    const uint8_t *msg, size_t len)
{
	struct ts_card_reply reply;
	int r;

	if (c->cause != TS_OK)
		return c->cause;
	if (len < 1)
		return TS_ERR_INTERNAL;
	r = send_message(c, &reply, (struct tsw_slice){msg, len});
	if (r == TS_OK && reply.sw == SW_WAITS) {
		c->polls = true;
		r = wait_answer(c, &reply);
	}
	c->card->pace = TS_CARD_QUICK;
	if (r != TS_OK)
		return fail(c, r);
	r = judge(reply.sw);
	/* Other commands may be known: the cause would stand in their way. */
	if (r != TS_OK)
		return r;
	if (reply.len < 1 || reply.len > *answer_len)
		return TS_ERR_TOKEN_IO;
	if (msg[0] == CTAP_CLIENT_PIN && len > PLAIN_PIN_MAX)
		c->card->in_doubt = reply.data[0] != 0;
	memcpy(answer, reply.data, reply.len);
	*answer_len = reply.len;
	return TS_OK;
}

int
ts_ctapcard_tx(struct ts_ctapcard *c, uint8_t cmd, const uint8_t *buf,
    size_t len)
{
	c->len = 0;
	if (cmd == HID_INIT && len == sizeof(c->nonce)) {
		memcpy(c->nonce, buf, len);
		return fail(c, ts_ctapcard_select(c)) == TS_OK ? 0 : -1;
	}
	if (cmd != HID_CBOR || len < 1 || len > sizeof(c->msg))
		return -1;
	memcpy(c->msg, buf, len);
	c->len = len;
	return 0;
}

int
ts_ctapcard_rx(struct ts_ctapcard *c, uint8_t cmd, uint8_t *buf, size_t len)
{
	struct tsw_wr wr;
	int r;

	if (cmd == HID_INIT) {
		tsw_wr_init(&wr, buf, len);
		tsw_wr_bytes(&wr, c->nonce, sizeof(c->nonce));
		tsw_wr_u32(&wr, 1); /* channel */
		tsw_wr_u8(&wr, HID_PROTOCOL);
		tsw_wr_u16(&wr, 0); /* version of the device */
		tsw_wr_u8(&wr, 0);
		tsw_wr_u8(&wr, HID_CAPABILITIES);
		return wr.full ? -1 : HID_INIT_REPLY_LEN;
	}
	if (cmd != HID_CBOR || c->len == 0)
		return -1;
	r = ts_ctapcard_message(c, buf, &len, c->msg, c->len);
	tsw_wipe(c->msg, c->len);
	c->len = 0;
	return r == TS_OK ? (int)len : -1;
}
