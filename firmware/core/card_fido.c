/* SPDX-License-Identifier: BSD-2-Clause */
#include "card_fido.h"

#include <string.h>

#include "applet.h"
#include "ctaphid.h"
#include "u2f.h"

#define CLA 0x80
#define INS_MSG 0x10
#define INS_GET_RESPONSE 0x11
#define INS_CONTROL 0x12
#define P1_POLLS 0x80	    /* of MSG: the host knows GET_RESPONSE */
#define P1_CANCEL 0x11	    /* of GET_RESPONSE */
#define P1_END_MSG 0x01	    /* of CONTROL */
#define NAME "TOUCHSTONE_1" /* what SELECT says of the statement applet */

static const uint8_t aid_fido[] = {0xa0, 0x00, 0x00, 0x06, 0x47, 0x2f, 0x00,
    0x01};
/* Unregistered (ISO 7816-5: F), and our name. */
static const uint8_t aid_statements[] = {0xf0, 'T', 'o', 'u', 'c', 'h', 's',
    't', 'o', 'n', 'e'};

/* A command of the card that the host polls. */
static bool
is_polled(const struct fw_ctap2 *c)
{
	return fw_ctap2_is_busy(c) && c->op.polled &&
	    c->op.cid == FW_CTAP2_CID_CARD;
}

static enum fw_sw
select(void *applet, struct tsw_wr *rsp)
{
	const struct fw_card_fido *f = applet;
	const char *name = f->statements ? NAME : FW_U2F_VERSION;

	tsw_wr_bytes(rsp, (const uint8_t *)name, strlen(name));
	return FW_SW_OK;
}

static void
deselect(void *applet)
{
	struct fw_ctap2 *c = ((struct fw_card_fido *)applet)->c;

	if (is_polled(c))
		fw_ctap2_abort(c);
	if (c->series.cid == FW_CTAP2_CID_CARD)
		tsw_wipe(&c->series, sizeof(c->series));
	if (c->listing.cid == FW_CTAP2_CID_CARD)
		tsw_wipe(&c->listing, sizeof(c->listing));
}

static bool
is_poll(const struct fw_apdu *apdu)
{
	return apdu->cla == CLA && apdu->ins == INS_GET_RESPONSE &&
	    (apdu->p1 == 0 || apdu->p1 == P1_CANCEL) && apdu->p2 == 0 &&
	    apdu->data.len == 0;
}

/* What is polled lies where the next command's data goes. */
static void
begin(void *applet, const struct fw_apdu *apdu)
{
	struct fw_ctap2 *c = ((struct fw_card_fido *)applet)->c;

	if (is_polled(c) && c->op.kind != FW_OP_U2F && !is_poll(apdu))
		fw_ctap2_abort(c);
}

/* SPEC 12.8: what the statement applet has beside its own commands. */
static bool
has(const struct fw_card_fido *f, uint8_t cmd)
{
	return !f->statements || fw_applet_has(cmd) ||
	    cmd == FW_CTAP2_GET_INFO || cmd == FW_CTAP2_CLIENT_PIN ||
	    cmd == FW_CTAP2_SELECTION;
}

static enum fw_sw
say_waiting(struct tsw_wr *rsp)
{
	tsw_wr_u8(rsp, FW_CTAPHID_UPNEEDED);
	return FW_SW_GOES_ON;
}

static enum fw_sw
message(const struct fw_card_fido *f, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	bool polls = (apdu->p1 & P1_POLLS) != 0;

	if ((apdu->p1 & ~P1_POLLS) != 0 || apdu->p2 != 0)
		return FW_SW_WRONG_P1P2;
	if (apdu->data.len > 0 && !has(f, apdu->data.p[0])) {
		tsw_wr_u8(rsp, FW_CTAP_INVALID_COMMAND);
		return FW_SW_OK;
	}
	if (fw_ctap2_start(f->c, rsp, FW_CTAP2_CID_CARD, apdu->data) !=
	    FW_CTAP_WAIT_TOUCH)
		return FW_SW_OK;
	f->c->op.polled = polls;
	return polls ? say_waiting(rsp) : FW_SW_WAIT_TOUCH;
}

static enum fw_sw
poll(const struct fw_card_fido *f, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	struct fw_ctap2 *c = f->c;
	enum fw_touch touch = c->op.touch;

	if (!is_poll(apdu))
		return FW_SW_WRONG_P1P2;
	if (!is_polled(c) || c->op.kind == FW_OP_U2F)
		return FW_SW_CONDITIONS;
	if (apdu->p1 == P1_CANCEL)
		touch = FW_TOUCH_CANCELLED;
	else if (!c->op.decided)
		return say_waiting(rsp);
	(void)fw_ctap2_finish(c, rsp, touch);
	return FW_SW_OK;
}

static enum fw_sw
run(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	struct fw_card_fido *f = applet;

	if (apdu->cla != CLA && !f->statements)
		return fw_u2f_run(f->c, rsp, FW_CTAP2_CID_CARD, apdu);
	if (apdu->cla != CLA)
		return FW_SW_CLA;
	switch (apdu->ins) {
	case INS_MSG:
		return message(f, rsp, apdu);
	case INS_GET_RESPONSE:
		return poll(f, rsp, apdu);
	case INS_CONTROL: /* begin() has ended what there was */
		return apdu->p1 == P1_END_MSG && apdu->p2 == 0
		    ? FW_SW_OK
		    : FW_SW_WRONG_P1P2;
	default:
		return FW_SW_INS;
	}
}

static enum fw_sw
finish(void *applet, struct tsw_wr *rsp, enum fw_touch touch)
{
	(void)fw_ctap2_finish(((struct fw_card_fido *)applet)->c, rsp, touch);
	return FW_SW_OK;
}

static struct fw_applet
row(struct fw_card_fido *self, struct tsw_slice aid)
{
	return (struct fw_applet){.aid = aid,
	    .select = select,
	    .deselect = deselect,
	    .run = run,
	    .finish = finish,
	    .applet = self,
	    .begin = begin};
}

struct fw_applet
fw_card_fido(struct fw_card_fido *self, struct fw_ctap2 *c)
{
	self->c = c;
	self->statements = false;
	return row(self, (struct tsw_slice){aid_fido, sizeof(aid_fido)});
}

struct fw_applet
fw_card_statements(struct fw_card_fido *self, struct fw_ctap2 *c)
{
	self->c = c;
	self->statements = true;
	return row(self,
	    (struct tsw_slice){aid_statements, sizeof(aid_statements)});
}
