/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands to a card that answers with the input: each answer is a length, two
 * bytes, and so many bytes; without more it was pulled out.  The first byte
 * says what is sent and to what kind of card; the ATR is the input itself.
 */
#include "token/atr.h"
#include "token/card.h"

#include <assert.h>
#include <string.h>

#define CALLS_MAX 2000 /* all commands end before */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct source {
	struct tsw_rd rd;
	unsigned calls;
};

static int
answer(void *ctx, uint8_t *rsp, size_t *rsp_len, const uint8_t *apdu,
    size_t len)
{
	struct source *source = ctx;
	size_t n;

	assert(++source->calls < CALLS_MAX);
	assert(len >= 4 && len <= 4 + 3 + TS_CARD_DATA_MAX + 2);
	assert(apdu[0] == 0 || apdu[0] == 0x80 || apdu[0] == 0x90);
	n = tsw_rd_u16(&source->rd);
	if (source->rd.bad)
		return TS_ERR_TOKEN_PULLED;
	if (n > *rsp_len)
		n = *rsp_len;
	if (n > source->rd.left)
		n = source->rd.left;
	tsw_rd_copy(&source->rd, rsp, n);
	*rsp_len = n;
	return TS_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t zeros[TS_CARD_DATA_MAX];
	static const uint16_t lens[] = {0, 1, 255, 256, TS_CARD_DATA_MAX};
	static struct ts_card_reply reply;
	struct ts_card_command cmd = {.cla = 0x80, .ins = 1};
	struct source source = {.calls = 0};
	struct ts_card card = {.transmit = answer, .ctx = &source};
	uint8_t how;
	int r;

	(void)ts_atr_has_extended((struct tsw_slice){data, len});
	tsw_rd_init(&source.rd, data, len);
	how = tsw_rd_u8(&source.rd);
	card.t0 = (how & 1) != 0;
	card.extended = (how & 2) != 0;
	cmd.is_secret = (how & 4) != 0;
	cmd.ne = (how & 8) != 0 ? 256 : 0;
	cmd.data = (struct tsw_slice){zeros, lens[(how >> 4) % 5]};
	r = ts_card_send(&card, &reply, &cmd);
	assert(r == TS_OK || r == TS_ERR_TOKEN_IO || r == TS_ERR_TOKEN_PULLED);
	assert(reply.len <= sizeof(reply.data));
	assert(card.secret_sent == cmd.is_secret);
	if (r == TS_OK)
		assert(reply.sw >> 8 != 0x61);
	r = ts_card_select(&card, &reply, (struct tsw_slice){zeros, 8});
	assert(r != TS_OK || reply.sw == 0x9000);
	return 0;
}
