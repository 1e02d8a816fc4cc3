/* SPDX-License-Identifier: BSD-2-Clause */
#include "token.h"

#include <string.h>

#include "hal.h"

_Static_assert(FW_CTAP2_RSP_MAX <= FW_CCID_DATA_MAX, "rsp fits an answer");
_Static_assert(FW_CCID_PACKET_LEN == HAL_PACKET_LEN, "packets are packets");

/* What the LED shows, the most urgent first. */
static enum hal_led
led_choose(const struct fw_token *t, uint64_t now)
{
	if (fw_ctap2_is_waiting(&t->ctap2))
		return t->ctap2.op.led;
	if (fw_show_uses_led(&t->ctap2.show))
		return fw_show_led(&t->ctap2.show, now);
	/* No wink covers that the token signs nothing. */
	if (t->ctap2.fault == FW_FAULT_ENTROPY)
		return HAL_LED_FAULT_ENTROPY;
	if (t->ctap2.fault == FW_FAULT_STORE)
		return HAL_LED_FAULT_STORE;
	return now < t->wink_until ? HAL_LED_WINK : HAL_LED_IDLE;
}

static void
led_update(struct fw_token *t, uint64_t now)
{
	enum hal_led led = led_choose(t, now);

	if (led == t->led)
		return;
	t->led = led;
	hal_led(led);
}

static enum fw_display
display_choose(const struct fw_token *t)
{
	const struct fw_ctap2 *c = &t->ctap2;

	if (fw_ctap2_is_waiting(c))
		return FW_DISPLAY_ASKS;
	if (c->fault == FW_FAULT_ENTROPY)
		return FW_DISPLAY_ENTROPY;
	if (c->fault == FW_FAULT_STORE)
		return FW_DISPLAY_STORE;
	return c->show.is_on ? FW_DISPLAY_CODE : FW_DISPLAY_BLANK;
}

/* What is asked is on the display exactly while its touch is waited for:
 * conclude() writes it there. */
static void
display_update(struct fw_token *t)
{
	enum fw_display display = display_choose(t);
	char secret_text[FW_WORDS_MAX] = "";

	if (display == t->display)
		return;
	t->display = display;
	if (display == FW_DISPLAY_ENTROPY)
		fw_words_entropy(secret_text);
	else if (display == FW_DISPLAY_STORE)
		fw_words_store(secret_text);
	else if (display == FW_DISPLAY_CODE)
		fw_words_live_code(secret_text, t->ctap2.live.pair.peer.label,
		    t->ctap2.show.secret_code, false);
	hal_display(secret_text);
	tsw_wipe(secret_text, sizeof(secret_text));
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
	fw_card_init(&t->card, NULL, 0); /* no applet yet */
	led_update(t, now);
	hal_display("");
	display_update(t);
}

static void
abort_wait(struct fw_token *t, uint64_t now)
{
	if (!fw_ctap2_is_waiting(&t->ctap2))
		return;
	fw_ctap2_abort(&t->ctap2);
	t->settles_at = now + FW_TOKEN_SETTLE_MS;
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
		if (!fw_ctaphid_wants_reply(&t->hid))
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

static void
run_card(struct fw_token *t)
{
	struct tsw_slice command;
	struct tsw_wr rsp;

	if (fw_ccid_take_power(&t->ccid))
		fw_card_reset(&t->card);
	if (!fw_ccid_request(&t->ccid, &command))
		return;
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	fw_card_run(&t->card, &rsp, command);
	fw_ccid_reply(&t->ccid, rsp.p, tsw_wr_len(&rsp));
	tsw_wipe(rsp.p, rsp.size);
}

/* The card answers at once, also while a touch is waited for.  True if
 * something was sent. */
static bool
serve_card(struct fw_token *t, uint64_t now)
{
	uint8_t packet[HAL_PACKET_LEN];
	bool sent = false;
	size_t len;

	fw_ccid_tick(&t->ccid, now);
	while (fw_ccid_can_rx(&t->ccid) &&
	    (len = hal_recv(HAL_PIPE_CCID, packet)) > 0)
		fw_ccid_rx(&t->ccid, packet, len, now);
	run_card(t);
	while (
	    hal_can_send(HAL_PIPE_CCID) && fw_ccid_tx(&t->ccid, packet, &len)) {
		hal_send(HAL_PIPE_CCID, packet, len);
		sent = true;
	}
	return sent;
}

/* Keepalives while the chip computes, which this loop cannot send. */
static void
compute_begin(const struct fw_token *t)
{
	uint8_t report[HAL_HID_REPORT_LEN];

	fw_ctaphid_keepalive(&t->hid, report);
	hal_repeat(HAL_PIPE_HID, report, sizeof(report));
}

static void
compute_end(void)
{
	hal_repeat(HAL_PIPE_HID, NULL, 0);
}

/* A command ended with st, or waits. */
static void
conclude(struct fw_token *t, struct tsw_wr *rsp, enum fw_status st)
{
	uint64_t now = t->ctap2.now;

	if (st == FW_CTAP_WAIT_TOUCH) {
		t->button_armed = false;
		t->button_down = false;
		t->arms_at =
		    now < t->settles_at ? now + FW_TOKEN_SETTLE_MS : now;
		t->display = FW_DISPLAY_ASKS;
		hal_display(t->ctap2.op.text);
		fw_ctaphid_set_status(&t->hid, FW_CTAPHID_UPNEEDED, now);
	} else {
		fw_ctaphid_reply(&t->hid, rsp->p, tsw_wr_len(rsp));
	}
	tsw_wipe(rsp->p, rsp->size);
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
	if (!fw_show_uses_led(&t->ctap2.show)) {
		hal_led(HAL_LED_BUSY);
		t->led = HAL_LED_BUSY;
	}
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	compute_begin(t);
	st = fw_ctap2_start(&t->ctap2, &rsp, req.cid,
	    (struct tsw_slice){req.data, req.len});
	compute_end();
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

static void
run_touch(struct fw_token *t, uint64_t now)
{
	enum fw_touch touch;
	enum fw_status st;
	struct tsw_wr rsp;

	if (!fw_ctap2_is_waiting(&t->ctap2))
		return;
	if (fw_ctaphid_cancelled(&t->hid))
		touch = FW_TOUCH_CANCELLED;
	else if (now >= t->ctap2.op.deadline)
		touch = t->button_armed ? FW_TOUCH_TIMEOUT : FW_TOUCH_HELD;
	else if (is_touched(t, now))
		touch = FW_TOUCH_GIVEN;
	else
		return;
	if (touch != FW_TOUCH_GIVEN)
		t->settles_at = now + FW_TOKEN_SETTLE_MS;
	/* The host sees at once that the wait is over. */
	fw_ctaphid_set_status(&t->hid, FW_CTAPHID_PROCESSING, now);
	(void)transmit(t);
	tsw_wr_init(&rsp, t->rsp, sizeof(t->rsp));
	compute_begin(t);
	st = fw_ctap2_finish(&t->ctap2, &rsp, touch);
	compute_end();
	conclude(t, &rsp, st);
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

	if (fw_ctap2_is_waiting(&t->ctap2)) {
		ms = sooner(ms, until(t->ctap2.op.deadline, now));
		if (!t->button_armed && t->arms_at > now)
			ms = sooner(ms, until(t->arms_at, now));
	}
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
	sent = transmit(t) || sent;
	run_touch(t, now);
	sent = transmit(t) || sent;
	led_update(t, now);
	display_update(t);
	/* Room for answers was made: reports may be waiting for it. */
	return sent ? 0 : next_ms(t, now);
}
