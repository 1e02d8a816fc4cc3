/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole token from the cable: reports, time, touches and power cycles in
 * any order.
 *
 * Input: steps.  A byte says what happens: 0..199 a report follows, of which
 * the input gives the channel (one byte: 0 broadcast, 1..3 a channel that was
 * given out, else raw), the command or sequence byte and up to 61 bytes;
 * 200.. time, touch, power.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/bytes.h>

#include "memboard.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define POWER_CYCLES_MAX 3 /* each costs as much as many reports */

static struct fw_token token;
static unsigned int power_cycles;

/* Channels of INIT answers, so that inputs can name them. */
static uint8_t channel[3][4];
static size_t channels;

static void
drain(void)
{
	uint8_t r[HAL_HID_REPORT_LEN];

	while (memboard_take_report(r)) {
		/* Every report the token sends has a command or follows one;
		 * an INIT answer carries a channel. */
		if (r[4] == (FW_CTAPHID_INIT | 0x80) && r[0] == 0xff) {
			memcpy(channel[channels % 3], r + 15, 4);
			channels++;
		}
	}
}

static void
report(struct tsw_rd *rd)
{
	uint8_t r[HAL_HID_REPORT_LEN] = {0};
	uint8_t which = tsw_rd_u8(rd);
	size_t n;

	if (which == 0)
		memset(r, 0xff, 4);
	else if (which <= 3)
		memcpy(r, channel[which - 1], 4);
	else
		memset(r, which, 4);
	n = rd->left < sizeof(r) - 4 ? rd->left : sizeof(r) - 4;
	tsw_rd_copy(rd, r + 4, n);
	memboard_put_report(r);
}

static void
step(struct tsw_rd *rd)
{
	uint8_t what = tsw_rd_u8(rd);

	if (what < 200)
		report(rd);
	else if (what < 220)
		memboard.millis += (uint64_t)(what - 199) * 100;
	else if (what < 230)
		memboard.millis += 31000;
	else if (what < 240)
		memboard.button = !memboard.button;
	else if (what < 250)
		memboard.can_send = !memboard.can_send;
	else if (power_cycles++ < POWER_CYCLES_MAX)
		fw_token_init(&token, FW_PROFILE_FULL);
	(void)fw_token_step(&token);
	(void)fw_token_step(&token);
	drain();
}

static void
run(void *arg)
{
	struct tsw_rd *rd = arg;

	fw_token_init(&token, FW_PROFILE_FULL);
	while (rd->left > 0 && memboard.in_cnt < MEMBOARD_QUEUE_CNT - 1)
		step(rd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_rd rd;

	memboard_reset();
	channels = 0;
	power_cycles = 0;
	tsw_rd_init(&rd, data, len);
	if (memboard_run(run, &rd, 0, MEMBOARD_CUT_ALL) != MEMBOARD_DONE)
		abort(); /* bad input never stops the token */
	return 0;
}
