/* SPDX-License-Identifier: BSD-2-Clause */
#include "apdu.h"

#include <string.h>

#define CLA_PLAIN 0x00 /* no chaining, no secure messaging, channel 0 */
#define INS_SELECT 0xa4
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
	card->applets = applets;
	card->applet_cnt = applet_cnt;
	card->selected = NULL;
}

void
fw_card_reset(struct fw_card *card)
{
	card->selected = NULL;
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
	enum fw_sw sw;

	if (apdu->p2 != P2_FIRST && apdu->p2 != P2_FIRST_SILENT)
		return FW_SW_WRONG_P1P2;
	if (a == NULL)
		return FW_SW_FILE_NOT_FOUND;
	sw = a->select(a->applet, rsp);
	if (sw == FW_SW_OK)
		card->selected = a;
	if (apdu->p2 == P2_FIRST_SILENT)
		rsp->len = 0;
	return sw;
}

static enum fw_sw
run(struct fw_card *card, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	const struct fw_applet *a = card->selected;

	if (apdu->cla == CLA_PLAIN && apdu->ins == INS_SELECT &&
	    apdu->p1 == P1_BY_NAME)
		return select_applet(card, rsp, apdu);
	if (a != NULL)
		return a->run(a->applet, rsp, apdu);
	return apdu->cla == CLA_PLAIN ? FW_SW_INS : FW_SW_CLA;
}

/* The host expects as much, and the status word goes behind it. */
static bool
fits(const struct tsw_wr *rsp, uint32_t ne)
{
	return !rsp->full && rsp->len <= ne &&
	    rsp->size - rsp->len >= FW_APDU_SW_LEN;
}

void
fw_card_run(struct fw_card *card, struct tsw_wr *rsp, struct tsw_slice command)
{
	enum fw_sw sw = FW_SW_WRONG_LENGTH;
	struct fw_apdu apdu;

	if (fw_apdu_parse(&apdu, command.p, command.len)) {
		sw = run(card, rsp, &apdu);
		/* No applet has a way to give the rest. */
		if (sw == FW_SW_OK && !fits(rsp, apdu.ne))
			sw = FW_SW_WRONG_LENGTH;
	}
	if (sw != FW_SW_OK)
		tsw_wr_init(rsp, rsp->p, rsp->size);
	tsw_wr_u16(rsp, (uint16_t)sw);
}
