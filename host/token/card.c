/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/card.h"

#include <string.h>

#define SHORT_MAX 255 /* bytes of data in a command of short length */
#define SHORT_NE 256  /* and of its answer */
#define SW_LEN 2
#define CLA_CHAIN 0x10
#define INS_SELECT 0xa4
#define INS_GET_RESPONSE 0xc0
#define SW1_MORE 0x61
#define SW1_OTHER_LE 0x6c
#define PARTS_MAX 256 /* of an answer; also those that bring nothing */
/* Head, extended Lc, data, extended Le. */
#define APDU_MAX (4 + 3 + TS_CARD_DATA_MAX + 2)

/* What one transmission brought. */
struct part {
	size_t len; /* without the status word */
	uint16_t sw;
	uint8_t data[TS_CARD_DATA_MAX + SW_LEN];
};

/* The command byte by byte, and where its Le is, if it is a short one. */
struct apdu {
	size_t len, le_at; /* le_at 0: none */
	uint8_t bytes[APDU_MAX];
};

/* One transmission; nothing but a status word at its end is asked of it. */
static int
transmit(struct ts_card *card, struct part *out, const struct apdu *apdu)
{
	size_t len = sizeof(out->data);
	int r;

	r = card->transmit(card->ctx, out->data, &len, apdu->bytes, apdu->len);
	if (r != TS_OK)
		return r;
	if (len < SW_LEN || len > sizeof(out->data))
		return TS_ERR_TOKEN_IO;
	out->len = len - SW_LEN;
	out->sw =
	    (uint16_t)(out->data[out->len] << 8 | out->data[out->len + 1]);
	return TS_OK;
}

/*
 * ISO 7816-4 section 5.1: cases 1 to 4, short.  With T=0 (ISO 7816-3 section
 * 12.2) P3 is always there, and with data no Le.
 */
static void
put_short(struct apdu *out, const struct ts_card *card, struct tsw_slice data,
    uint16_t ne)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out->bytes + 4, sizeof(out->bytes) - 4);
	if (data.len > 0) {
		tsw_wr_u8(&wr, (uint8_t)data.len);
		tsw_wr_bytes(&wr, data.p, data.len);
	}
	out->le_at = 0;
	if (ne > 0 && (data.len == 0 || !card->t0)) {
		out->le_at = 4 + tsw_wr_len(&wr);
		tsw_wr_u8(&wr, ne < SHORT_NE ? (uint8_t)ne : 0);
	} else if (data.len == 0 && card->t0) {
		tsw_wr_u8(&wr, 0);
	}
	out->len = 4 + tsw_wr_len(&wr);
}

static void
put_extended(struct apdu *out, struct tsw_slice data, uint16_t ne)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out->bytes + 4, sizeof(out->bytes) - 4);
	tsw_wr_u8(&wr, 0);
	if (data.len > 0) {
		tsw_wr_u16(&wr, (uint16_t)data.len);
		tsw_wr_bytes(&wr, data.p, data.len);
	}
	if (ne > 0)
		tsw_wr_u16(&wr, ne > SHORT_NE ? 0 : ne);
	out->len = 4 + tsw_wr_len(&wr);
	out->le_at = 0;
}

static void
put_head(struct apdu *out, const struct ts_card_command *cmd, uint8_t more)
{
	out->bytes[0] = cmd->cla | more;
	out->bytes[1] = cmd->ins;
	out->bytes[2] = cmd->p1;
	out->bytes[3] = cmd->p2;
}

static int
append(struct ts_card_reply *out, const struct part *part)
{
	if (part->len > sizeof(out->data) - out->len)
		return TS_ERR_TOKEN_IO;
	memcpy(out->data + out->len, part->data, part->len);
	out->len += part->len;
	out->sw = part->sw;
	return TS_OK;
}

/* 61xx: the rest, part by part. */
static int
fetch_rest(struct ts_card *card, struct ts_card_reply *out, struct part *part)
{
	struct apdu apdu = {.len = 5, .bytes = {0, INS_GET_RESPONSE}};
	unsigned parts;
	int r;

	for (parts = 0; part->sw >> 8 == SW1_MORE; parts++) {
		if (parts == PARTS_MAX)
			return TS_ERR_TOKEN_IO;
		apdu.bytes[4] = (uint8_t)part->sw;
		r = transmit(card, part, &apdu);
		if (r == TS_OK && part->sw >> 8 == SW1_OTHER_LE) {
			apdu.bytes[4] = (uint8_t)part->sw;
			r = transmit(card, part, &apdu);
		}
		if (r == TS_OK)
			r = append(out, part);
		if (r != TS_OK)
			return r;
	}
	return TS_OK;
}

/* The whole command, or the last of its parts, is in apdu. */
static int
finish(struct ts_card *card, struct ts_card_reply *out, struct apdu *apdu)
{
	struct part part;
	int r;

	r = transmit(card, &part, apdu);
	/* "Le was wrong, this is right": once, what else is said is final. */
	if (r == TS_OK && part.sw >> 8 == SW1_OTHER_LE && apdu->le_at != 0) {
		apdu->bytes[apdu->le_at] = (uint8_t)part.sw;
		r = transmit(card, &part, apdu);
	}
	out->len = 0;
	if (r == TS_OK)
		r = append(out, &part);
	return r == TS_OK ? fetch_rest(card, out, &part) : r;
}

/* All parts but the last; out->sw is 9000 unless the card refused one. */
static int
send_parts(struct ts_card *card, struct ts_card_reply *out, struct apdu *apdu,
    const struct ts_card_command *cmd, struct tsw_slice *left)
{
	struct part part;
	int r;

	out->sw = 0x9000;
	while (left->len > SHORT_MAX && out->sw == 0x9000) {
		put_head(apdu, cmd, CLA_CHAIN);
		put_short(apdu, card, (struct tsw_slice){left->p, SHORT_MAX},
		    0);
		r = transmit(card, &part, apdu);
		if (r != TS_OK)
			return r;
		/* There is nothing to fetch before the command is whole. */
		if (part.sw >> 8 == SW1_MORE)
			return TS_ERR_TOKEN_IO;
		out->sw = part.sw;
		left->p += SHORT_MAX;
		left->len -= SHORT_MAX;
	}
	return TS_OK;
}

static int
send_command(struct ts_card *card, struct ts_card_reply *out, struct apdu *apdu,
    const struct ts_card_command *cmd)
{
	struct tsw_slice left = cmd->data;
	int r;

	put_head(apdu, cmd, 0);
	if (card->extended && (left.len > SHORT_MAX || cmd->ne > SHORT_NE)) {
		put_extended(apdu, left, cmd->ne);
		return finish(card, out, apdu);
	}
	r = send_parts(card, out, apdu, cmd, &left);
	if (r != TS_OK || out->sw != 0x9000)
		return r;
	put_head(apdu, cmd, 0);
	put_short(apdu, card, left, cmd->ne);
	return finish(card, out, apdu);
}

int
ts_card_send(struct ts_card *card, struct ts_card_reply *out,
    const struct ts_card_command *cmd)
{
	struct apdu apdu;
	int r;

	if (cmd->data.len > TS_CARD_DATA_MAX || (cmd->cla & CLA_CHAIN) != 0)
		return TS_ERR_INTERNAL;
	if (cmd->is_secret)
		card->secret_sent = card->in_doubt = true;
	out->len = 0;
	out->sw = 0;
	r = send_command(card, out, &apdu, cmd);
	if (cmd->is_secret) {
		tsw_wipe(&apdu, sizeof(apdu));
		if (r == TS_OK && out->sw == 0x9000)
			card->in_doubt = false;
	}
	return r;
}

/* Words for "no such application", which differ from card to card. */
static bool
is_absence(uint16_t sw)
{
	static const uint16_t absences[] = {0x6a82, 0x6a81, 0x6a86, 0x6a87,
	    0x6999, 0x6d00, 0x6e00};
	size_t i;

	for (i = 0; i < sizeof(absences) / sizeof(absences[0]); i++) {
		if (sw == absences[i])
			return true;
	}
	return false;
}

int
ts_card_select(struct ts_card *card, struct ts_card_reply *out,
    struct tsw_slice aid)
{
	const struct ts_card_command cmd = {.ins = INS_SELECT,
	    .p1 = 0x04,
	    .data = aid,
	    .ne = SHORT_NE};
	int r;

	r = ts_card_send(card, out, &cmd);
	if (r != TS_OK || out->sw == 0x9000)
		return r;
	return is_absence(out->sw) ? TS_ERR_NO_APPLET : TS_ERR_TOKEN_IO;
}

void
ts_card_touch(struct ts_card *card, bool waiting)
{
	card->touching = waiting;
	if (card->control != NULL)
		ts_control_touch(card->control, waiting);
}
