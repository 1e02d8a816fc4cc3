/* SPDX-License-Identifier: BSD-2-Clause */
/* The command under way: what it asks of a person, and what became of it. */
#include "ctap2.h"

static enum hal_led
led_of(enum fw_op_kind kind)
{
	switch (kind) {
	case FW_OP_MAKE:
	case FW_OP_EXCLUDED:
		return HAL_LED_TOUCH_REGISTER;
	case FW_OP_ASSERT:
		return HAL_LED_TOUCH_LOGIN;
	case FW_OP_RESET:
		return HAL_LED_TOUCH_RESET;
	case FW_OP_SELECTION:
	case FW_OP_PROBE:
		return HAL_LED_TOUCH_SELECT;
	case FW_OP_CARD:
		return HAL_LED_TOUCH_CARD;
	case FW_OP_U2F: /* makes or signs; u2f.c says which */
	case FW_OP_NONE:
	case FW_OP_APPLET: /* has one of its own for each command */
	default:
		return HAL_LED_IDLE;
	}
}

/* FIDO2 commands have one text for each kind; the applet has written its own.
 */
static void
write_text(struct fw_op *op)
{
	switch (op->kind) {
	case FW_OP_MAKE:
	case FW_OP_EXCLUDED:
		fw_words_register(op->text, op->mc.common.rp_id);
		break;
	case FW_OP_ASSERT:
		fw_words_login(op->text, op->ga.common.rp_id);
		break;
	case FW_OP_RESET:
		fw_words_reset(op->text);
		break;
	case FW_OP_SELECTION:
	case FW_OP_PROBE:
		fw_words_select(op->text);
		break;
	case FW_OP_NONE:
	case FW_OP_APPLET:
	case FW_OP_CARD: /* its applet's run() writes it */
	case FW_OP_U2F:
	default:
		break;
	}
}

enum fw_status
fw_ctap2_wait(struct fw_ctap2 *c, enum fw_op_kind kind)
{
	if (kind == FW_OP_CARD)
		c->op.cid = FW_CTAP2_CID_CARD;
	c->op.kind = kind;
	c->op.led = led_of(kind);
	c->op.deadline = c->now + FW_CTAP2_TOUCH_MS;
	write_text(&c->op);
	return FW_CTAP_WAIT_TOUCH;
}

bool
fw_ctap2_is_busy(const struct fw_ctap2 *c)
{
	return c->op.kind != FW_OP_NONE;
}

bool
fw_ctap2_is_waiting(const struct fw_ctap2 *c)
{
	return fw_ctap2_is_busy(c) && !c->op.decided;
}

void
fw_ctap2_decide(struct fw_ctap2 *c, enum fw_touch touch)
{
	c->op.decided = true;
	c->op.touch = touch;
	c->op.deadline = c->now + FW_CTAP2_GRANT_MS;
}

void
fw_ctap2_abort(struct fw_ctap2 *c)
{
	tsw_wipe(&c->op, sizeof(c->op));
}

bool
fw_ctap2_wants_long_touch(const struct fw_ctap2 *c)
{
	if (!fw_ctap2_is_waiting(c))
		return false;
	return c->op.kind == FW_OP_RESET ||
	    (c->op.kind == FW_OP_CARD && c->op.led == HAL_LED_TOUCH_RESET) ||
	    (c->op.kind == FW_OP_APPLET &&
		c->op.applet.cmd == TSW_APPLET_FORGET);
}
