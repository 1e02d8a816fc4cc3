/* SPDX-License-Identifier: BSD-2-Clause */
#include "token.h"

#include <string.h>

#include "hal.h"
#include "panel.h"
#include "u2f.h"

_Static_assert(FW_CTAP2_RSP_MAX <= FW_TOKEN_RSP_MAX, "rsp fits an answer");
_Static_assert(FW_CCID_PACKET_LEN == HAL_PACKET_LEN, "packets are packets");

static void
card_init(struct fw_token *t)
{
	size_t cnt = 0;

	t->applets[cnt++] = fw_card_fido(&t->fido, &t->ctap2);
	if (t->ctap2.profile == FW_PROFILE_FULL)
		t->applets[cnt++] =
		    fw_card_statements(&t->statements, &t->ctap2);
	fw_piv_init(&t->piv, &t->ctap2);
	t->applets[cnt++] = fw_piv_applet(&t->piv);
	fw_card_init(&t->card, t->applets, cnt);
}

void
fw_token_init(struct fw_token *t, enum fw_profile profile)
{
	uint8_t b[4] = {0}; /* without noise all channels begin at one place */
	uint64_t now = hal_millis();
	struct tsw_rd rd;

	tsw_wipe(t, sizeof(*t));
	fw_ctap2_init(&t->ctap2, now, profile);
	if (fw_rng_is_healthy(&t->ctap2.rng))
		fw_rng_bytes(&t->ctap2.rng, b, sizeof(b));
	tsw_rd_init(&rd, b, sizeof(b));
	fw_ctaphid_init(&t->hid, tsw_rd_u32(&rd));
	fw_ccid_init(&t->ccid);
	card_init(t);
	hal_display("");
	fw_panel_update(t, now);
}

/* The command under way came on this way. */
static bool
is_of_card(const struct fw_token *t)
{
	return fw_ctap2_is_busy(&t->ctap2) &&
	    t->ctap2.op.cid == FW_CTAP2_CID_CARD;
}

/* And keeps CTAPHID busy until it is answered. */
static bool
blocks_hid(const struct fw_token *t)
{
	return fw_ctap2_is_busy(&t->ctap2) && !is_of_card(t) &&
	    !t->ctap2.op.polled;
}

/* A question that was asked before a command went with it; another one may have
 * come. */
static void
settle(struct fw_token *t, bool waited, uint64_t now)
{
	if (waited && (!fw_ctap2_is_waiting(&t->ctap2) || !t->ctap2.op.shown))
		t->settles_at = now + FW_TOKEN_SETTLE_MS;
}

static void
abort_wait(struct fw_token *t, uint64_t now)
{
	if (!fw_ctap2_is_busy(&t->ctap2))
		return;
	if (fw_ctap2_is_waiting(&t->ctap2))
		t->settles_at = now + FW_TOKEN_SETTLE_MS;
	if (t->card.waits)
		fw_card_abort(&t->card);
	fw_ctap2_abort(&t->ctap2);
}

void
fw_token_link_reset(struct fw_token *t)
{
	struct fw_ctap2 *c = &t->ctap2;

	abort_wait(t, hal_millis());
	fw_puat_stop(&c->puat);
	tsw_wipe(&c->series, sizeof(c->series));
	tsw_wipe(&c->listing, sizeof(c->listing));
	fw_show_stop_typing(&c->show);
	fw_ctaphid_link_reset(&t->hid);
	fw_ccid_init(&t->ccid);
	fw_card_reset(&t->card);
}

/* Take reports while their answers have room. */
static void
receive(struct fw_token *t, uint64_t now)
{
	uint8_t report[HAL_HID_REPORT_LEN];

	while (fw_ctaphid_can_rx(&t->hid) &&
	    hal_recv(HAL_PIPE_HID, report) == sizeof(report)) {
		fw_ctaphid_rx(&t->hid, report, now);
		/* INIT on its own channel ends a command; its request is
		 * about to be overwritten. */
		if (blocks_hid(t) && !fw_ctaphid_wants_reply(&t->hid))
			abort_wait(t, now);
	}
}

static bool
transmit(struct fw_token *t)
{
	uint8_t report[HAL_HID_REPORT_LEN];
	bool sent = false;

	while (hal_can_send(HAL_PIPE_HID) && fw_ctaphid_tx(&t->hid, report)) {
		hal_send(HAL_PIPE_HID, report, sizeof(report));
		sent = true;
	}
	return sent;
}

/* Signs of life while the chip computes, which this loop cannot send. */
static void
compute_begin(const struct fw_token *t, enum hal_pipe pipe)
{
	uint8_t packet[HAL_PACKET_LEN];
	size_t len = HAL_HID_REPORT_LEN;

	if (pipe == HAL_PIPE_CCID)
		len = fw_ccid_extension(&t->ccid, packet);
	else
		fw_ctaphid_keepalive(&t->hid, packet);
	hal_repeat(pipe, packet, len);
}

static void
compute_end(enum hal_pipe pipe)
{
	hal_repeat(pipe, NULL, 0);
}

/* A command of the card that is over, or waits. */
static void
conclude_card(struct fw_token *t, struct tsw_wr *rsp)
{
	compute_end(HAL_PIPE_CCID);
	fw_ccid_set_waiting(&t->ccid, t->card.waits);
	if (!t->card.waits)
		fw_ccid_reply(&t->ccid, rsp->p, tsw_wr_len(rsp));
	tsw_wipe(rsp->p, rsp->size);
}

static void
run_card(struct fw_token *t, uint64_t now)
{
	bool waited = fw_ctap2_is_waiting(&t->ctap2);
	struct tsw_slice command;
	struct tsw_wr rsp;

	if (!fw_ccid_request(&t->ccid, &command))
		return;
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	t->card.busy = fw_ctap2_is_busy(&t->ctap2) && !is_of_card(t);
	compute_begin(t, HAL_PIPE_CCID);
	fw_ctap2_reseed(&t->ctap2);
	(void)fw_card_run(&t->card, &rsp, command);
	conclude_card(t, &rsp);
	settle(t, waited, now);
}

/* What the host did to the card beside giving it commands. */
static void
mind_card(struct fw_token *t, uint64_t now)
{
	if (t->card.waits && !fw_ccid_wants_reply(&t->ccid))
		abort_wait(t, now);
	if (!fw_ccid_take_power(&t->ccid))
		return;
	if (is_of_card(t))
		abort_wait(t, now);
	fw_card_reset(&t->card);
}

static bool
transmit_card(struct fw_token *t)
{
	uint8_t packet[HAL_PACKET_LEN];
	bool sent = false;
	size_t len;

	while (
	    hal_can_send(HAL_PIPE_CCID) && fw_ccid_tx(&t->ccid, packet, &len)) {
		hal_send(HAL_PIPE_CCID, packet, len);
		sent = true;
	}
	return sent;
}

static bool
serve_card(struct fw_token *t, uint64_t now)
{
	uint8_t packet[HAL_PACKET_LEN];
	size_t len;

	fw_ccid_tick(&t->ccid, now);
	while (fw_ccid_can_rx(&t->ccid) &&
	    (len = hal_recv(HAL_PIPE_CCID, packet)) > 0) {
		fw_ccid_rx(&t->ccid, packet, len, now);
		mind_card(t, now);
	}
	if (fw_show_may_run(&t->ctap2.show, now))
		run_card(t, now);
	return transmit_card(t);
}

/* A command began to wait: show what for, and look at the button afresh. */
static void
ask(struct fw_token *t, uint64_t now)
{
	struct fw_op *op = &t->ctap2.op;

	if (!fw_ctap2_is_waiting(&t->ctap2) || op->shown)
		return;
	op->shown = true;
	t->button_armed = false;
	t->button_down = false;
	t->arms_at = now < t->settles_at ? now + FW_TOKEN_SETTLE_MS : now;
	fw_panel_ask(t);
	if (blocks_hid(t))
		fw_ctaphid_set_status(&t->hid, FW_CTAPHID_UPNEEDED, now);
}

/* A command of CTAPHID ended with st, or waits. */
static void
conclude(struct fw_token *t, struct tsw_wr *rsp, enum fw_status st)
{
	compute_end(HAL_PIPE_HID);
	if (st != FW_CTAP_WAIT_TOUCH)
		fw_ctaphid_reply(&t->hid, rsp->p, tsw_wr_len(rsp));
	tsw_wipe(rsp->p, rsp->size);
}

static enum fw_status
run_cbor(struct fw_token *t, struct tsw_wr *rsp,
    const struct fw_ctaphid_req *req, uint64_t now)
{
	struct tsw_slice msg = {req->data, req->len};

	if (is_of_card(t))
		return fw_ctap2_beside(&t->ctap2, rsp, req->cid, msg);
	abort_wait(t, now); /* of U2F, which another request ends */
	return fw_ctap2_start(&t->ctap2, rsp, req->cid, msg);
}

static enum fw_status
run_u2f(struct fw_token *t, struct tsw_wr *rsp,
    const struct fw_ctaphid_req *req, uint64_t now)
{
	bool waited = fw_ctap2_is_waiting(&t->ctap2);

	if (is_of_card(t)) {
		tsw_wr_u16(rsp, FW_SW_CONDITIONS);
		return FW_CTAP_OK;
	}
	fw_u2f_msg(&t->ctap2, rsp, req->cid,
	    (struct tsw_slice){req->data, req->len});
	settle(t, waited, now);
	return FW_CTAP_OK;
}

static void
run_request(struct fw_token *t, uint64_t now)
{
	struct fw_ctaphid_req req;
	struct tsw_wr rsp;
	enum fw_status st;

	if (!fw_show_may_run(&t->ctap2.show, now) ||
	    !fw_ctaphid_request(&t->hid, &req))
		return;
	if (req.cmd == FW_CTAPHID_WINK) {
		t->wink_until = now + FW_TOKEN_WINK_MS;
		fw_ctaphid_reply(&t->hid, NULL, 0);
		return;
	}
	if (req.cmd == FW_CTAPHID_CBOR)
		fw_panel_busy(t);
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	compute_begin(t, HAL_PIPE_HID);
	st = req.cmd == FW_CTAPHID_MSG ? run_u2f(t, &rsp, &req, now)
				       : run_cbor(t, &rsp, &req, now);
	conclude(t, &rsp, st);
}

bool
fw_token_wants_long_touch(const struct fw_token *t)
{
	return fw_ctap2_wants_long_touch(&t->ctap2);
}

/*
 * True once the button went down after it was seen up: a touch that began
 * before the question was asked is no answer to it, nor is one that was on its
 * way to another question.  A long touch must last.
 */
static bool
is_touched(struct fw_token *t, uint64_t now)
{
	bool down = hal_button();

	if (down && !t->button_armed)
		t->arms_at = now + FW_TOKEN_SETTLE_MS;
	if (!down && now >= t->arms_at)
		t->button_armed = true;
	if (!down || !t->button_armed) {
		t->button_down = false;
		return false;
	}
	if (!t->button_down)
		t->button_since = now;
	t->button_down = true;
	return !fw_token_wants_long_touch(t) ||
	    now - t->button_since >= FW_TOKEN_LONG_TOUCH_MS;
}

/* What became of the touch; false: nothing yet. */
static bool
look(struct fw_token *t, enum fw_touch *touch, uint64_t now)
{
	if (blocks_hid(t) && fw_ctaphid_cancelled(&t->hid))
		*touch = FW_TOUCH_CANCELLED;
	else if (now >= t->ctap2.op.deadline)
		*touch = t->button_armed ? FW_TOUCH_TIMEOUT : FW_TOUCH_HELD;
	else if (is_touched(t, now))
		*touch = FW_TOUCH_GIVEN;
	else
		return false;
	if (*touch != FW_TOUCH_GIVEN)
		t->settles_at = now + FW_TOKEN_SETTLE_MS;
	return true;
}

static void
finish_card(struct fw_token *t, enum fw_touch touch)
{
	struct tsw_wr rsp;

	fw_ccid_set_waiting(&t->ccid, false);
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	compute_begin(t, HAL_PIPE_CCID);
	fw_card_finish(&t->card, &rsp, touch);
	fw_ctap2_abort(&t->ctap2);
	conclude_card(t, &rsp);
}

static void
finish_hid(struct fw_token *t, enum fw_touch touch, uint64_t now)
{
	struct tsw_wr rsp;
	enum fw_status st;

	/* The host sees at once that the wait is over. */
	fw_ctaphid_set_status(&t->hid, FW_CTAPHID_PROCESSING, now);
	(void)transmit(t);
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	compute_begin(t, HAL_PIPE_HID);
	st = fw_ctap2_finish(&t->ctap2, &rsp, touch);
	conclude(t, &rsp, st);
}

static void
run_touch(struct fw_token *t, uint64_t now)
{
	const struct fw_op *op = &t->ctap2.op;
	enum fw_touch touch;

	if (!fw_ctap2_is_busy(&t->ctap2))
		return;
	if (op->decided) {
		if (now >= op->deadline) /* and nobody asked for it */
			fw_ctap2_abort(&t->ctap2);
		return;
	}
	if (!look(t, &touch, now))
		return;
	if (t->card.waits)
		finish_card(t, touch);
	else if (!op->polled)
		finish_hid(t, touch, now);
	else if (op->kind == FW_OP_U2F && touch != FW_TOUCH_GIVEN)
		fw_ctap2_abort(&t->ctap2); /* the host asks no more */
	else
		fw_ctap2_decide(&t->ctap2, touch);
}

static uint32_t
sooner(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
until(uint64_t deadline, uint64_t now)
{
	if (deadline <= now)
		return 0;
	return deadline - now < UINT32_MAX ? (uint32_t)(deadline - now)
					   : UINT32_MAX;
}

/* When time alone brings work. */
static uint32_t
next_ms(const struct fw_token *t, uint64_t now)
{
	uint32_t ms = sooner(fw_ctaphid_next_ms(&t->hid, now),
	    fw_ccid_next_ms(&t->ccid, now));

	if (fw_ctap2_is_busy(&t->ctap2))
		ms = sooner(ms, until(t->ctap2.op.deadline, now));
	if (fw_ctap2_is_waiting(&t->ctap2) && !t->button_armed &&
	    t->arms_at > now)
		ms = sooner(ms, until(t->arms_at, now));
	if (fw_token_wants_long_touch(t) && t->button_down)
		ms = sooner(ms,
		    until(t->button_since + FW_TOKEN_LONG_TOUCH_MS, now));
	if (t->ctap2.live.state != FW_LIVE_IDLE)
		ms = sooner(ms, until(t->ctap2.live.deadline, now));
	if (t->led == HAL_LED_WINK)
		ms = sooner(ms, until(t->wink_until, now));
	return sooner(ms, fw_show_next_ms(&t->ctap2.show, now));
}

uint32_t
fw_token_step(struct fw_token *t)
{
	uint64_t now = hal_millis();
	bool sent;

	fw_ctap2_tick(&t->ctap2, now);
	fw_show_tick(&t->ctap2.show, now, fw_ctap2_is_waiting(&t->ctap2));
	(void)transmit(t);
	receive(t, now);
	fw_ctaphid_tick(&t->hid, now);
	sent = serve_card(t, now);
	run_request(t, now);
	ask(t, now);
	sent = transmit(t) || sent;
	run_touch(t, now);
	sent = transmit(t) || sent;
	sent = transmit_card(t) || sent;
	fw_panel_update(t, now);
	/* Room for answers was made: reports may be waiting for it. */
	return sent ? 0 : next_ms(t, now);
}
