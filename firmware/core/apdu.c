/* SPDX-License-Identifier: BSD-2-Clause */
#include "apdu.h"

#include <string.h>

#define CLA_PLAIN 0x00 /* no chaining, no secure messaging, channel 0 */
#define CLA_FIDO 0x80
#define INS_SELECT 0xa4
#define INS_GET_RESPONSE 0xc0
#define P1_BY_NAME 0x04
#define P2_FIRST 0x00	     /* the first of that name, answered with data */
#define P2_FIRST_SILENT 0x0c /* without */

/* An Le field of that many bytes: all zero is the most there can be. */
static uint32_t
le_read(struct tsw_rd *rd, bool extended)
{
	uint32_t le = extended ? tsw_rd_u16(rd) : tsw_rd_u8(rd);

	if (le == 0)
		le = extended ? FW_APDU_EXTENDED_NE : FW_APDU_SHORT_NE;
	return le;
}

/* Lc and data of len bytes in all; Le follows if anything does. */
static void
body_read(struct tsw_rd *rd, struct fw_apdu *a, bool extended)
{
	a->data.len = extended ? tsw_rd_u16(rd) : tsw_rd_u8(rd);
	if (a->data.len == 0)
		tsw_rd_fail(rd); /* a command without data has no Lc */
	a->data.p = tsw_rd_view(rd, a->data.len);
	if (rd->left > 0)
		a->ne = le_read(rd, extended);
}

bool
fw_apdu_parse(struct fw_apdu *out, const uint8_t *p, size_t len)
{
	struct fw_apdu a = {0};
	struct tsw_rd rd;
	bool extended;

	tsw_rd_init(&rd, p, len);
	a.cla = tsw_rd_u8(&rd);
	a.ins = tsw_rd_u8(&rd);
	a.p1 = tsw_rd_u8(&rd);
	a.p2 = tsw_rd_u8(&rd);
	/* A body of one byte is a short Le; more that begin with 0 are extended
	 * fields, as a short Lc is not 0. */
	extended = rd.left > 1 && rd.p[0] == 0;
	a.extended = extended;
	if (extended)
		(void)tsw_rd_u8(&rd);
	if (rd.left == (extended ? 2 : 1))
		a.ne = le_read(&rd, extended);
	else if (extended || rd.left > 0)
		body_read(&rd, &a, extended);
	if (!tsw_rd_done(&rd))
		return false;
	*out = a;
	return true;
}

void
fw_card_init(struct fw_card *card, const struct fw_applet *applets,
    size_t applet_cnt)
{
	tsw_wipe(card, sizeof(*card));
	card->applets = applets;
	card->applet_cnt = applet_cnt;
}

/* PINs and keys do not wait for the next command. */
static void
drop_data(struct fw_card *card)
{
	tsw_wipe(card->in, sizeof(card->in));
	card->in_len = 0;
	card->chaining = false;
}

static void
drop_answer(struct fw_card *card)
{
	tsw_wipe(card->out, sizeof(card->out));
	card->out_len = 0;
	card->out_pos = 0;
}

void
fw_card_abort(struct fw_card *card)
{
	const struct fw_applet *a = card->selected;
	struct tsw_wr out;

	tsw_wr_init(&out, card->out, sizeof(card->out));
	if (card->waits)
		(void)a->finish(a->applet, &out, FW_TOUCH_CANCELLED);
	card->waits = false;
	drop_data(card);
	drop_answer(card);
}

void
fw_card_reset(struct fw_card *card)
{
	const struct fw_applet *a = card->selected;

	fw_card_abort(card);
	card->selected = NULL;
	if (a != NULL && a->deselect != NULL)
		a->deselect(a->applet);
}

/* An applet's name begins with this one. */
static const struct fw_applet *
find(const struct fw_card *card, struct tsw_slice name)
{
	const struct fw_applet *a;
	size_t i;

	if (name.len < FW_AID_MIN || name.len > FW_AID_MAX)
		return NULL;
	for (i = 0; i < card->applet_cnt; i++) {
		a = &card->applets[i];
		if (name.len <= a->aid.len &&
		    memcmp(name.p, a->aid.p, name.len) == 0)
			return a;
	}
	return NULL;
}

/* What was selected stays so until another one is. */
static enum fw_sw
select_applet(struct fw_card *card, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	const struct fw_applet *a = find(card, apdu->data);
	const struct fw_applet *old = card->selected;
	enum fw_sw sw;

	if (apdu->p2 != P2_FIRST && apdu->p2 != P2_FIRST_SILENT)
		return FW_SW_WRONG_P1P2;
	if (a == NULL)
		return FW_SW_FILE_NOT_FOUND;
	sw = a->select(a->applet, rsp);
	if (sw == FW_SW_OK) {
		card->selected = a;
		if (old != NULL && old != a && old->deselect != NULL)
			old->deselect(old->applet);
	}
	if (apdu->p2 == P2_FIRST_SILENT)
		rsp->len = 0;
	return sw;
}

static uint8_t
unchained(uint8_t cla)
{
	return cla & (uint8_t)~FW_CLA_CHAIN;
}

static bool
is_select(const struct fw_apdu *apdu)
{
	return unchained(apdu->cla) == CLA_PLAIN && apdu->ins == INS_SELECT &&
	    apdu->p1 == P1_BY_NAME;
}

static enum fw_sw
run(struct fw_card *card, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	const struct fw_applet *a = card->selected;

	if (is_select(apdu))
		return select_applet(card, rsp, apdu);
	if (a == NULL)
		return apdu->cla == CLA_PLAIN ? FW_SW_INS : FW_SW_CLA;
	return card->busy ? FW_SW_CONDITIONS : a->run(a->applet, rsp, apdu);
}

/* A part of a command that another follows: classes of ISO 7816-4 and those of
 * FIDO. */
static bool
is_part(const struct fw_apdu *apdu)
{
	uint8_t cla = unchained(apdu->cla);

	return (apdu->cla & FW_CLA_CHAIN) != 0 &&
	    (cla == CLA_PLAIN || cla == CLA_FIDO);
}

static bool
continues(const struct fw_card *card, const struct fw_apdu *apdu)
{
	const struct fw_apdu *m = &card->apdu;

	return card->chaining && unchained(apdu->cla) == m->cla &&
	    apdu->ins == m->ins && apdu->p1 == m->p1 && apdu->p2 == m->p2;
}

/* Take the data of a command: FW_SW_OK if card->apdu is it, with that of the
 * parts before. */
static enum fw_sw
collect(struct fw_card *card, const struct fw_apdu *apdu)
{
	bool part = is_part(apdu);

	if (part && card->selected == NULL)
		return FW_SW_CLA;
	if (part && is_select(apdu))
		return FW_SW_CHAINING;
	if (!continues(card, apdu)) {
		card->chaining = false;
		card->in_len = 0;
	}
	if (apdu->data.len > sizeof(card->in) - card->in_len)
		return FW_SW_WRONG_LENGTH;
	if (apdu->data.len > 0)
		memcpy(card->in + card->in_len, apdu->data.p, apdu->data.len);
	card->in_len += apdu->data.len;
	card->apdu = *apdu;
	card->apdu.cla = part ? unchained(apdu->cla) : apdu->cla;
	card->apdu.data = (struct tsw_slice){card->in_len > 0 ? card->in : NULL,
	    card->in_len};
	card->chaining = part;
	return FW_SW_OK;
}

/* The next piece of the answer, as much as the host expects and rsp has room
 * for. */
static void
give(struct fw_card *card, struct tsw_wr *rsp, uint32_t ne)
{
	size_t left = card->out_len - card->out_pos, n = left;

	if (n > ne)
		n = ne;
	if (n > rsp->size - FW_APDU_SW_LEN)
		n = rsp->size - FW_APDU_SW_LEN;
	tsw_wr_bytes(rsp, card->out + card->out_pos, n);
	card->out_pos += n;
	left -= n;
	if (left == 0) {
		tsw_wr_u16(rsp, (uint16_t)card->out_sw);
		drop_answer(card);
	} else {
		tsw_wr_u16(rsp,
		    (uint16_t)(FW_SW_REMAINING | (left < 256 ? left : 0)));
	}
}

/* Without Le nothing is expected; those who leave it out want all the same what
 * an answer of that form holds (yubico-piv-tool 2.2 at SELECT, python-fido2
 * with extended commands). */
static uint32_t
expected(const struct fw_apdu *apdu)
{
	if (apdu->ne > 0)
		return apdu->ne;
	return apdu->extended ? FW_APDU_EXTENDED_NE : FW_APDU_SHORT_NE;
}

/* What an applet says, with the data that it wrote to out. */
static void
conclude(struct fw_card *card, struct tsw_wr *rsp, const struct tsw_wr *out,
    enum fw_sw sw)
{
	if (sw != FW_SW_GOES_ON)
		drop_data(card);
	if (sw == FW_SW_OK && out->full)
		sw = FW_SW_WRONG_LENGTH; /* no applet has that much to say */
	if (sw == FW_SW_OK || sw == FW_SW_GOES_ON)
		card->out_len = tsw_wr_len(out);
	card->out_sw = sw;
	give(card, rsp, expected(&card->apdu));
}

static bool
is_get_response(const struct fw_apdu *apdu)
{
	return apdu->ins == INS_GET_RESPONSE &&
	    (apdu->cla == CLA_PLAIN || apdu->cla == CLA_FIDO);
}

static void
get_response(struct fw_card *card, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	enum fw_sw sw = FW_SW_OK;

	if (card->chaining)
		drop_data(card);
	if (card->out_len == 0)
		sw = FW_SW_CONDITIONS;
	else if (apdu->p1 != 0 || apdu->p2 != 0)
		sw = FW_SW_WRONG_P1P2;
	else if (apdu->data.len > 0 || apdu->ne == 0)
		sw = FW_SW_WRONG_LENGTH;
	if (sw == FW_SW_OK) {
		give(card, rsp, apdu->ne);
		return;
	}
	drop_answer(card);
	tsw_wr_u16(rsp, (uint16_t)sw);
}

static void
begin(const struct fw_card *card, const struct fw_apdu *apdu)
{
	const struct fw_applet *a = card->selected;

	if (a != NULL && a->begin != NULL)
		a->begin(a->applet, apdu);
}

/* A command of its own, or a part of one. */
static bool
run_command(struct fw_card *card, struct tsw_wr *rsp,
    const struct fw_apdu *apdu)
{
	enum fw_sw sw = collect(card, apdu);
	struct tsw_wr out;

	if (sw != FW_SW_OK || card->chaining) {
		if (sw != FW_SW_OK)
			drop_data(card);
		tsw_wr_u16(rsp, (uint16_t)sw);
		return true;
	}
	tsw_wr_init(&out, card->out, sizeof(card->out));
	sw = run(card, &out, &card->apdu);
	card->waits = sw == FW_SW_WAIT_TOUCH;
	if (!card->waits)
		conclude(card, rsp, &out, sw);
	return !card->waits;
}

bool
fw_card_run(struct fw_card *card, struct tsw_wr *rsp, struct tsw_slice command)
{
	struct fw_apdu apdu = {0};
	bool is_one = fw_apdu_parse(&apdu, command.p, command.len);

	if (is_one && is_get_response(&apdu)) {
		get_response(card, rsp, &apdu);
		return true;
	}
	drop_answer(card);
	if (!is_one || !continues(card, &apdu))
		begin(card, &apdu);
	if (is_one)
		return run_command(card, rsp, &apdu);
	if (card->chaining)
		drop_data(card);
	tsw_wr_u16(rsp, FW_SW_WRONG_LENGTH);
	return true;
}

void
fw_card_finish(struct fw_card *card, struct tsw_wr *rsp, enum fw_touch touch)
{
	const struct fw_applet *a = card->selected;
	struct tsw_wr out;

	card->waits = false;
	tsw_wr_init(&out, card->out, sizeof(card->out));
	conclude(card, rsp, &out, a->finish(a->applet, &out, touch));
}
