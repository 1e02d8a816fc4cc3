/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv_int.h"

#include <string.h>

#define TAG_TEMPLATE 0x61 /* application property template */
#define TAG_NAME 0x4f
#define TAG_LABEL 0x50
#define TAG_AUTHORITY 0x79
#define RID_LEN 5

const uint8_t fw_piv_aid[FW_PIV_AID_LEN] = {0xa0, 0x00, 0x00, 0x03, 0x08, 0x00,
    0x00, 0x10, 0x00, 0x01, 0x00};

void
fw_piv_init(struct fw_piv *piv, struct fw_ctap2 *c)
{
	memset(piv, 0, sizeof(*piv));
	piv->c = c;
}

/* Part 2 section 3.1.1. */
static void
put_template(struct tsw_wr *rsp)
{
	static const char label[] = "Touchstone PIV";
	size_t start = rsp->len, authority;

	fw_tlv_put(rsp, TAG_NAME, fw_piv_aid + RID_LEN,
	    FW_PIV_AID_LEN - RID_LEN);
	authority = rsp->len;
	fw_tlv_put(rsp, TAG_NAME, fw_piv_aid, RID_LEN);
	fw_tlv_wrap(rsp, authority, TAG_AUTHORITY);
	fw_tlv_put(rsp, TAG_LABEL, label, sizeof(label) - 1);
	fw_tlv_wrap(rsp, start, TAG_TEMPLATE);
}

/* What the command before this one left open, for this one only. */
static void
piv_begin(void *applet, const struct fw_apdu *apdu)
{
	struct fw_piv *piv = applet;

	(void)apdu;
	piv->was_fresh = piv->pin_fresh;
	piv->pin_fresh = false;
	piv->last_auth = piv->auth;
	tsw_wipe(&piv->auth, sizeof(piv->auth));
}

/* It may be selected already: that closes nothing (part 2 section 3.1.1). */
static enum fw_sw
piv_select(void *applet, struct tsw_wr *rsp)
{
	struct fw_piv *piv = applet;

	if (piv->c->fault != FW_FAULT_NONE)
		return FW_SW_MEMORY;
	fw_piv_open(piv);
	put_template(rsp);
	return FW_SW_OK;
}

void
fw_piv_close(struct fw_piv *piv)
{
	piv->pin_ok = piv->pin_fresh = piv->was_fresh = piv->admin_ok = false;
	piv->touched_slot = 0;
	piv->wait = FW_PIV_WAIT_NOTHING;
	tsw_wipe(&piv->auth, sizeof(piv->auth));
	tsw_wipe(&piv->last_auth, sizeof(piv->last_auth));
}

static void
piv_deselect(void *applet)
{
	fw_piv_close(applet);
}

/* Whose words are not there yet gets them here. */
enum fw_sw
fw_piv_wait(struct fw_piv *piv, const struct fw_apdu *apdu,
    enum fw_piv_wait wait)
{
	struct fw_op *op = &piv->c->op;

	piv->wait = wait;
	piv->waiting = *apdu;
	(void)fw_ctap2_wait(piv->c, FW_OP_CARD);
	if (wait == FW_PIV_WAIT_ADMIN)
		fw_words_card_admin(op->text);
	if (wait == FW_PIV_WAIT_RESET) {
		fw_words_card_reset(op->text);
		op->led = HAL_LED_TOUCH_RESET;
	}
	return FW_SW_WAIT_TOUCH;
}

/* Only one that nobody can open any more, or that cannot be read. */
static enum fw_sw
reset(struct fw_piv *piv, const struct fw_apdu *apdu)
{
	struct fw_piv_tries tries = {{0, 0}, {0, 0}};

	if (apdu->p1 != 0 || apdu->p2 != 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len != 0)
		return FW_SW_WRONG_LENGTH;
	if (!piv->is_broken)
		fw_piv_tries_load(piv, &tries);
	if (tries.left[FW_PIV_THE_PIN] != 0 || tries.left[FW_PIV_THE_PUK] != 0)
		return FW_SW_CONDITIONS;
	return fw_piv_wait(piv, apdu, FW_PIV_WAIT_RESET);
}

static enum fw_sw
serial(const struct fw_piv *piv, struct tsw_wr *rsp)
{
	tsw_wr_u32(rsp, fw_piv_serial(piv));
	return FW_SW_OK;
}

static enum fw_sw
version(struct tsw_wr *rsp)
{
	fw_piv_put_version(rsp);
	return FW_SW_OK;
}

/* What there is to a store that can be read. */
static enum fw_sw
dispatch(struct fw_piv *piv, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	switch (apdu->ins) {
	case FW_PIV_INS_VERIFY:
		return fw_piv_verify(piv, apdu);
	case FW_PIV_INS_CHANGE:
		return fw_piv_change(piv, apdu);
	case FW_PIV_INS_UNBLOCK:
		return fw_piv_unblock(piv, apdu);
	case FW_PIV_INS_GENERATE:
		return fw_piv_generate(piv, rsp, apdu);
	case FW_PIV_INS_AUTHENTICATE:
		return fw_piv_authenticate(piv, rsp, apdu);
	case FW_PIV_INS_GET_DATA:
		return fw_piv_get_data(piv, rsp, apdu);
	case FW_PIV_INS_PUT_DATA:
		return fw_piv_put_data(piv, rsp, apdu);
	case FW_PIV_INS_MOVE:
		return fw_piv_move(piv, apdu);
	case FW_PIV_INS_METADATA:
		return fw_piv_metadata(piv, rsp, apdu);
	case FW_PIV_INS_ATTEST:
		return fw_piv_attest(piv, rsp, apdu);
	case FW_PIV_INS_SET_TRIES:
		return fw_piv_set_tries(piv, apdu);
	case FW_PIV_INS_SET_ADMIN:
		return fw_piv_set_admin(piv, apdu);
	default:
		return FW_SW_INS;
	}
}

static enum fw_sw
piv_run(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	struct fw_piv *piv = applet;
	enum fw_sw sw;

	if (apdu->cla != 0)
		return FW_SW_CLA;
	if (piv->c->fault != FW_FAULT_NONE)
		return FW_SW_MEMORY;
	fw_piv_open(piv); /* the token may have been reset */
	if (apdu->ins == FW_PIV_INS_VERSION)
		return version(rsp);
	if (apdu->ins == FW_PIV_INS_SERIAL)
		return serial(piv, rsp);
	if (apdu->ins == FW_PIV_INS_RESET)
		return reset(piv, apdu);
	sw = piv->is_broken ? FW_SW_MEMORY : dispatch(piv, rsp, apdu);
	tsw_wipe(&piv->last_auth, sizeof(piv->last_auth));
	return sw;
}

static enum fw_sw
piv_finish(void *applet, struct tsw_wr *rsp, enum fw_touch touch)
{
	struct fw_piv *piv = applet;
	enum fw_piv_wait wait = piv->wait;

	piv->wait = FW_PIV_WAIT_NOTHING;
	if (touch != FW_TOUCH_GIVEN)
		return FW_SW_CONDITIONS;
	switch (wait) {
	case FW_PIV_WAIT_KEY:
		return fw_piv_use_finish(piv, rsp);
	case FW_PIV_WAIT_ADMIN:
		return fw_piv_admin_finish(piv, rsp);
	case FW_PIV_WAIT_RESET:
		fw_piv_wipe(piv);
		return FW_SW_OK;
	case FW_PIV_WAIT_NOTHING:
	default:
		hal_halt(HAL_FAULT_BUG);
	}
}

struct fw_applet
fw_piv_applet(struct fw_piv *piv)
{
	return (struct fw_applet){.aid = {fw_piv_aid, sizeof(fw_piv_aid)},
	    .select = piv_select,
	    .deselect = piv_deselect,
	    .run = piv_run,
	    .finish = piv_finish,
	    .applet = piv,
	    .begin = piv_begin};
}
