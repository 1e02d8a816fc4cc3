/* SPDX-License-Identifier: BSD-2-Clause */
#include "sequence.h"

#include <stdlib.h>
#include <string.h>

#define RP TSW_APPLET_RP_ID
#define AUTH_SURE_MS 29000 /* a token that nobody used lives 30 s */

struct seq seq;

void
seq_compare(void)
{
	struct view model, token;

	if (seq.now.deaf || memboard.noise != MEMBOARD_NOISE_GOOD)
		return; /* it would say nothing of itself */
	model_view(&model, &seq.now);
	view_read(&token, &model);
	if (view_differs(&token, &model) != NULL)
		model_fail(view_differs(&token, &model));
}

static void
do_plug(void *arg)
{
	(void)arg;
	rig_plug();
}

void
seq_plug(void)
{
	if (memboard_run(do_plug, NULL, 0, MEMBOARD_CUT_ALL) != MEMBOARD_DONE)
		model_fail("halted at power-up");
	model_plug(&seq.now);
}

/* The power went: the token is in one of the states it may be in. */
static void
after_cut(void)
{
	struct model *may[] = {&seq.now, &seq.mid, &seq.next};
	struct view model, token;
	bool left = rig_reply_left();
	size_t i;

	seq.was_cut = !left;
	seq_plug();
	model_plug(&seq.mid);
	model_plug(&seq.next);
	seq.mid.counter = seq.next.counter = seq.now.counter;
	if (seq.now.deaf)
		return;
	for (i = left ? 2 : 0; i < 3; i++) {
		model_view(&model, may[i]);
		view_read(&token, &model);
		if (view_differs(&token, &model) == NULL)
			break;
	}
	if (i == 3)
		model_fail(left ? "answered before it was so"
				: "a third state after a power cut");
	if (i != 0)
		seq.now = *may[i];
}

/* Run it; false if the power went. */
static bool
run(void (*act)(void *), void *arg)
{
	enum memboard_end end;

	if (memboard.noise != MEMBOARD_NOISE_GOOD) {
		seq.now.deaf = true;
		seq.now.live = MODEL_IDLE;
		seq.mid = seq.next = seq.now;
	}
	seq.status = RIG_SILENT;
	rig.answered = false;
	end = memboard_run(act, arg, seq.cut_at, seq.cut);
	seq.cut_at = 0;
	if (end == MEMBOARD_HALTED)
		model_fail("halted");
	seq.was_cut = false;
	if (end == MEMBOARD_POWER_CUT)
		after_cut();
	return end == MEMBOARD_DONE;
}

unsigned int
seq_finger(bool is_long, bool fido)
{
	switch (rig.touch) {
	case RIG_SHORT:
		return is_long ? FW_CTAP_USER_ACTION_TIMEOUT : FW_CTAP_OK;
	case RIG_HELD:
		return fido ? FW_CTAP_USER_ACTION_TIMEOUT
			    : TSW_APPLET_ST_TOUCH_HELD;
	case RIG_NONE:
		return FW_CTAP_USER_ACTION_TIMEOUT;
	case RIG_CANCEL:
		return FW_CTAP_KEEPALIVE_CANCEL;
	case RIG_UNPLUG: /* ctapclient knows only statuses */
		return fido ? (unsigned int)FW_CTAP_OTHER
			    : (unsigned int)RIG_SILENT;
	case RIG_TOUCH:
	case RIG_ACT:
	default:
		return FW_CTAP_OK;
	}
}

/* A touch was taken, or the plug pulled: what that ends. */
static void
after_wait(void)
{
	if (!rig.asked)
		return;
	if (rig.touch == RIG_UNPLUG) {
		model_plug(&seq.now);
		return;
	}
	if (seq.status != FW_CTAP_USER_ACTION_TIMEOUT &&
	    seq.status != TSW_APPLET_ST_TOUCH_HELD &&
	    seq.status != FW_CTAP_KEEPALIVE_CANCEL)
		seq.now.auth = false;
}

bool
seq_other(void (*act)(void *), void *arg, unsigned int expected)
{
	if (memboard.noise != MEMBOARD_NOISE_GOOD || seq.now.deaf)
		expected = TSW_APPLET_ST_ENTROPY;
	if (!run(act, arg))
		return false;
	if (seq.status != expected)
		model_fail("another status than the rules give");
	if (seq.status == FW_CTAP_OK)
		seq.now = seq.next;
	after_wait();
	return seq.status == FW_CTAP_OK;
}

static void
act_applet(void *arg)
{
	seq.status = view_applet(&seq.answer, arg);
}

/* What the PIN gives; sure: nothing else is possible. */
static unsigned int
pin_gate(bool *sure, enum seq_need need)
{
	*sure = true;
	if (seq.now.deaf || memboard.noise != MEMBOARD_NOISE_GOOD)
		return TSW_APPLET_ST_ENTROPY;
	if (need == SEQ_NO_PIN)
		return FW_CTAP_OK;
	if (seq.auth == SEQ_AUTH_NONE)
		return need == SEQ_UNLOCKED && seq.now.unlocked
		    ? FW_CTAP_OK
		    : FW_CTAP_PUAT_REQUIRED;
	if (seq.now.pin < 0)
		return FW_CTAP_PIN_NOT_SET;
	if (seq.auth == SEQ_AUTH_BAD || !seq.now.auth)
		return FW_CTAP_PIN_AUTH_INVALID;
	*sure = memboard.millis - seq.now.auth_since < AUTH_SURE_MS;
	return FW_CTAP_OK;
}

bool
seq_applet(struct applet_cmd *cmd, const struct seq_rule *rule)
{
	unsigned int expected;
	bool sure;

	if (rule->need != SEQ_NO_PIN && seq.auth != SEQ_AUTH_NONE) {
		cmd->token = seq.now.token;
		cmd->proto = FW_PINPROTO_TWO;
		cmd->bad_auth = seq.auth == SEQ_AUTH_BAD;
	}
	expected = pin_gate(&sure, rule->need);
	if (expected == FW_CTAP_OK)
		expected = rule->wanted;
	if (expected == FW_CTAP_OK && rule->asks)
		expected = seq_finger(cmd->cmd == TSW_APPLET_FORGET, false);
	if (!run(act_applet, cmd))
		return false;
	if (seq.status != expected &&
	    !(!sure && seq.status == FW_CTAP_PIN_AUTH_INVALID))
		model_fail("another status than the rules give");
	if (rig.asked && !rule->asks)
		model_fail("a touch for nothing");
	if (seq.status == FW_CTAP_OK)
		seq.now = seq.next;
	after_wait();
	return seq.status == FW_CTAP_OK;
}

/* --- the PIN --- */

static void
act_set(void *arg)
{
	seq.status = ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO,
	    model_pin[*(const int *)arg]);
}

static int
pin_of(uint8_t a)
{
	return a % MODEL_PINS_CNT;
}

static void
has_pin(struct model *m, int pin)
{
	m->pin = pin;
	m->tries = FW_PIN_TRIES;
	m->wrong_row = 0;
	m->unlocked = true;
	m->auth = false;
}

void
seq_set_pin(uint8_t a)
{
	int pin = pin_of(a);
	bool set = seq.now.pin >= 0;

	seq.mid = seq.next = seq.now;
	if (!set)
		has_pin(&seq.next, pin);
	(void)seq_other(act_set, &pin,
	    set ? FW_CTAP_PIN_AUTH_INVALID : FW_CTAP_OK);
}

/* Status of a try with this PIN.  seq.mid: a try is gone. */
static unsigned int
try_pin(int pin)
{
	struct model *m = &seq.now;

	if (m->pin < 0)
		return FW_CTAP_PIN_NOT_SET;
	if (m->tries == 0)
		return FW_CTAP_PIN_BLOCKED;
	if (m->wrong_row >= FW_PIN_TRIES_ROW)
		return FW_CTAP_PIN_AUTH_BLOCKED;
	seq.mid.tries--;
	if (pin == m->pin)
		return FW_CTAP_OK;
	seq.next.tries--;
	seq.next.wrong_row++;
	seq.next.auth = false;
	if (seq.next.tries == 0)
		return FW_CTAP_PIN_BLOCKED;
	return seq.next.wrong_row < FW_PIN_TRIES_ROW ? FW_CTAP_PIN_INVALID
						     : FW_CTAP_PIN_AUTH_BLOCKED;
}

/* Try pin; a right one makes pin_then the PIN.  A wrong one is refused and yet
 * changes the state. */
static bool
guess(void (*act)(void *), void *arg, int pin, int pin_then)
{
	unsigned int expected = try_pin(pin);
	struct model after = seq.next;

	if (expected == FW_CTAP_OK) {
		has_pin(&seq.next, pin_then);
		after.wrong_row = 0;
	}
	if (seq_other(act, arg, expected))
		return true;
	if (seq.status == expected && expected != FW_CTAP_OK)
		seq.now = after;
	return false;
}

static void
act_change(void *arg)
{
	const int *pin = arg;

	seq.status = ctapclient_change_pin(&rig.client, FW_PINPROTO_TWO,
	    model_pin[pin[0]], model_pin[pin[1]]);
}

static uint8_t fresh[32];

static void
act_token(void *arg)
{
	seq.status = ctapclient_token(&rig.client, fresh, FW_PINPROTO_TWO,
	    model_pin[*(const int *)arg], RP);
}

/* After a cut the PIN may be the old one or pin: only a try tells. */
static void
find_pin(int pin)
{
	struct model *m = &seq.now;

	if (m->deaf || m->tries == 0 ||
	    memboard_run(act_token, &pin, 0, MEMBOARD_CUT_ALL) != MEMBOARD_DONE)
		return;
	if (seq.status == FW_CTAP_OK) {
		has_pin(m, pin);
		return;
	}
	m->tries--;
	m->wrong_row++;
	m->auth = false;
}

void
seq_change_pin(uint8_t a, uint8_t b)
{
	int pin[2] = {pin_of(a), pin_of(b)};
	bool right = pin[0] == seq.now.pin;

	seq.mid = seq.next = seq.now;
	(void)guess(act_change, pin, pin[0], pin[1]);
	if (!seq.was_cut || !right)
		return;
	seq.now.pin = pin[0];
	find_pin(pin[1]);
}

void
seq_token(uint8_t a)
{
	int pin = pin_of(a);

	seq.mid = seq.next = seq.now;
	if (!guess(act_token, &pin, pin, pin))
		return;
	seq.now.auth = true;
	seq.now.auth_since = memboard.millis;
	memcpy(seq.now.token, fresh, sizeof(fresh));
}

/* --- FIDO2 and reset --- */

static void
act_make(void *arg)
{
	const struct ctapclient_cmd *cmd = arg;

	seq.status = ctapclient_make(&rig.client, seq.cred, cmd);
}

static uint32_t
made_counter(void)
{
	struct tsw_slice auth;
	struct tsw_cb cb;
	struct tsw_rd rd;

	tsw_cb_init(&cb, rig.client.rsp + 1, rig.client.rsp_len - 1);
	(void)tsw_cb_map(&cb);
	tsw_cb_skip(&cb);
	tsw_cb_skip(&cb);
	tsw_cb_skip(&cb);
	auth = tsw_cb_bytes(&cb, 37, SIZE_MAX);
	if (cb.err != TSW_OK)
		abort();
	tsw_rd_init(&rd, auth.p + 33, 4);
	return tsw_rd_u32(&rd);
}

void
seq_make(uint8_t a)
{
	struct ctapclient_cmd cmd = {.rp = a % 4 == 0 ? RP : "a.example",
	    .user = "u",
	    .alg = a % 2 == 0 ? 0 : FW_COSE_EDDSA};

	seq.mid = seq.next = seq.now;
	if (seq_other(act_make, &cmd,
		a % 4 == 0 ? FW_CTAP_NOT_ALLOWED : seq_finger(false, true))) {
		seq.has_cred = true;
		model_signature(&seq.now, made_counter());
	}
}

static void
act_assert(void *arg)
{
	seq.status = ctapclient_assert(&rig.client, arg);
}

void
seq_assert(uint8_t a)
{
	bool reserved = a % 4 == 0;
	struct ctapclient_cmd cmd = {.rp = reserved ? RP : "a.example",
	    .list_id = {seq.cred, FW_CRED_ID_LEN}};
	uint8_t id[FW_CRED_ID_LEN], flags;
	uint32_t counter;

	if (a % 8 == 4)
		cmd.list_id.len = 0;
	seq.mid = seq.next = seq.now;
	if (!seq_other(act_assert, &cmd,
		reserved ? FW_CTAP_NOT_ALLOWED
		    : seq.has_cred && cmd.list_id.len > 0
		    ? seq_finger(false, true)
		    : FW_CTAP_NO_CREDENTIALS))
		return;
	ctapclient_assertion(&rig.client, id, &flags, &counter);
	model_signature(&seq.now, counter);
}

static void
act_reset(void *arg)
{
	(void)arg;
	seq.status = ctapclient_plain(&rig.client, FW_CTAP2_RESET);
}

void
seq_reset(void)
{
	bool late =
	    memboard.millis - rig.t.ctap2.power_up > FW_CTAP2_RESET_WINDOW_MS;
	bool had = seq.has_cred;

	seq.mid = seq.next = seq.now;
	model_new(&seq.next);
	seq.next.counter = seq.now.counter;
	seq.next.touches = seq.now.touches;
	seq.has_cred = false;
	if (!seq_other(act_reset, NULL,
		late ? FW_CTAP_NOT_ALLOWED : seq_finger(true, true)))
		/* After a cut nobody knows without trying. */
		seq.has_cred = had && (!seq.was_cut || seq.now.pin >= 0);
}
