/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A whole token whose two ways are used at once, by hosts that know no rule.
 *
 * Input: steps, each a byte that says what (modulo STEPS_CNT), a byte n, and
 * n modulo DATA_MAX bytes.  What must hold:
 * - a message to the reader gets at most one answer, under its own number, and
 *   all answers are whole;
 * - there are no more U2F signatures than touches, and none on a way that did
 *   not ask;
 * - one command is under way at a time, and nobody waits for ever;
 * - the card and CTAPHID answer an honest question afterwards.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cardhost.h"

#define STEPS_MAX 80
#define DATA_MAX 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum step {
	APDU,
	MSG,	     /* 80 10 */
	MSG_POLLED,  /* 80 10 80 */
	POLL,	     /* 80 11 */
	U2F_ON_CARD, /* instruction, control byte, data */
	SELECT,
	POWER,
	READER, /* any message to the reader */
	U2F,	/* the same, on CTAPHID */
	CBOR,
	CANCEL,
	TOUCH,
	TIME,
	LINK,
	STEPS_CNT
};

static const uint8_t fido[] = {0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1};
static const uint8_t statements[] = {0xf0, 'T', 'o', 'u', 'c', 'h', 's', 't',
    'o', 'n', 'e'};
static const uint8_t piv[] = {0xa0, 0, 0, 3, 8};

static unsigned int touches, signatures;

static void
check(bool right)
{
	if (!right)
		abort();
}

/* Read what the reader says; an answer is to the last message, or to the last
 * command. */
static unsigned int
drain(void)
{
	unsigned int sw = 0, answers = 0;

	while (cardhost_take()) {
		check(cardhost.number == cardhost.seq ||
		    cardhost.number == cardhost.command);
		check(++answers <= 2);
		if (cardhost.len >= 2 && cardhost.type == 0x80 &&
		    cardhost.status == 0)
			sw = (unsigned int)cardhost.data[cardhost.len - 2]
				<< 8 |
			    cardhost.data[cardhost.len - 1];
	}
	return sw;
}

static unsigned int
command(const uint8_t head[4], const uint8_t *p, size_t n)
{
	uint8_t apdu[4 + 1 + DATA_MAX + 1];
	size_t len = 4;

	memcpy(apdu, head, 4);
	if (n > 0) {
		apdu[len++] = (uint8_t)n;
		memcpy(apdu + len, p, n);
		len += n;
	}
	apdu[len++] = 0;
	cardhost_send(0x6f, apdu, len);
	return drain();
}

/* REGISTER and AUTHENTICATE sign; both have 60 bytes of signature at least. */
static void
u2f(bool on_card, const uint8_t *p, size_t n)
{
	uint8_t head[4] = {0, n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, 0};
	uint8_t msg[7 + DATA_MAX] = {0, head[1], head[2], 0};
	unsigned int sw;

	n = n > 2 ? n - 2 : 0;
	if (on_card) {
		sw = command(head, p + 2, n);
		if ((sw & 0xff00) == 0x6100)
			sw = FW_SW_OK; /* the rest of it is there */
	} else {
		msg[6] = (uint8_t)n;
		memcpy(msg + 7, p + 2, n);
		sw = rig_u2f(msg, n > 0 ? 7 + n : 4);
	}
	if (sw == FW_SW_OK && (head[1] == 1 || head[1] == 2) &&
	    (!on_card || rig.t.card.selected == &rig.t.applets[0]))
		signatures++;
	check(signatures <= touches);
}

static void
select_one(uint8_t which)
{
	static const uint8_t head[4] = {0, 0xa4, 4, 0};

	if (which % 4 == 1)
		(void)command(head, statements, sizeof(statements));
	else if (which % 4 == 2)
		(void)command(head, piv, sizeof(piv));
	else
		(void)command(head, fido, sizeof(fido));
}

static void
cbor(const uint8_t *p, size_t n)
{
	static const uint8_t info = FW_CTAP2_GET_INFO;

	rig.touch = RIG_NONE;
	(void)(n > 0 ? rig_send(p, n) : rig_send(&info, 1));
	(void)drain();
}

static void
touch(void)
{
	if (fw_ctap2_is_waiting(&rig.t.ctap2))
		touches++;
	rig_touch();
	(void)drain();
}

static void
time_passes(uint8_t n)
{
	rig_wait_ms(n < 100 ? n * 10u : n * 150u);
	(void)drain();
}

static void
link_reset(void)
{
	memboard.in_cnt = memboard.out_cnt = 0;
	memboard.ccid_in.cnt = memboard.ccid_out.cnt = 0;
	fw_token_link_reset(&rig.t);
	rig_settle();
	check(!fw_ctap2_is_busy(&rig.t.ctap2));
	rig_channel();
}

static void
reader(const uint8_t *p, size_t n)
{
	cardhost_send(n > 0 ? p[0] : 0x65, p, n > 0 ? n - 1 : 0);
	(void)drain();
}

static void
act(enum step step, const uint8_t *p, size_t n)
{
	static const uint8_t msg[4] = {0x80, 0x10, 0, 0},
			     polled[4] = {0x80, 0x10, 0x80, 0},
			     poll[4] = {0x80, 0x11, 0, 0},
			     cancel[4] = {0x80, 0x11, 0x11, 0};

	switch (step) {
	case APDU:
		cardhost_send(0x6f, p, n);
		(void)drain();
		break;
	case MSG:
		(void)command(msg, p, n);
		break;
	case MSG_POLLED:
		(void)command(polled, p, n);
		break;
	case POLL:
		(void)command(n % 2 == 0 ? poll : cancel, NULL, 0);
		break;
	case U2F_ON_CARD:
	case U2F:
		u2f(step == U2F_ON_CARD, p, n);
		break;
	case SELECT:
		select_one((uint8_t)n);
		break;
	case POWER:
		cardhost_send(n % 2 == 0 ? 0x62 : 0x63, NULL, 0);
		(void)drain();
		break;
	case READER:
		reader(p, n);
		break;
	case CBOR:
		cbor(p, n);
		break;
	case CANCEL:
		cardhost_send(0x72, NULL, 0);
		(void)drain();
		break;
	case TOUCH:
		touch();
		break;
	case TIME:
		time_passes((uint8_t)n);
		break;
	case LINK:
		link_reset();
		break;
	case STEPS_CNT:
		break;
	}
}

/* Nothing that happened is in the way of an honest host. */
static void
ask_honestly(void)
{
	static const uint8_t info = FW_CTAP2_GET_INFO;

	rig_wait_ms(FW_CTAP2_TOUCH_MS + FW_CTAP2_GRANT_MS);
	(void)drain();
	rig_wait_ms(FW_CTAP2_GRANT_MS);
	check(!fw_ctap2_is_busy(&rig.t.ctap2));
	cardhost_power(true);
	cardhost_select(fido, sizeof(fido));
	check(rig_send(&info, 1) == FW_CTAP_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_rd rd;
	unsigned int steps;
	uint8_t what, n;

	rig_new();
	memset(&cardhost, 0, sizeof(cardhost));
	touches = signatures = 0;
	cardhost_select(fido, sizeof(fido));
	tsw_rd_init(&rd, data, len);
	for (steps = 0; rd.left > 1 && steps < STEPS_MAX; steps++) {
		what = tsw_rd_u8(&rd);
		n = tsw_rd_u8(&rd) % DATA_MAX;
		if (n > rd.left)
			n = (uint8_t)rd.left;
		act((enum step)(what % STEPS_CNT), tsw_rd_view(&rd, n), n);
		check(!rig.t.card.waits || fw_ctap2_is_busy(&rig.t.ctap2));
	}
	ask_honestly();
	return 0;
}
