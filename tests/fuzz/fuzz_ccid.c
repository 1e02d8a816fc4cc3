/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smartcard reader and its card under any packets.
 *
 * Input: packets, each after a byte with its length (1..64); lengths above let
 * 100 ms pass for each.  The host reads all answers.  Each must be a message
 * with the number of the last one that was sent, and after a second of silence
 * the reader must answer an honest question.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apdu.h"
#include "ccid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fw_ccid reader;
static struct fw_card card;
static uint64_t now;
static unsigned int answers;

static void
check(int right)
{
	if (!right)
		abort();
}

static enum fw_sw
echo_select(void *applet, struct tsw_wr *rsp)
{
	(void)applet;
	tsw_wr_u8(rsp, 1);
	return FW_SW_OK;
}

static enum fw_sw
echo_run(void *applet, struct tsw_wr *rsp, const struct fw_apdu *apdu)
{
	(void)applet;
	tsw_wr_bytes(rsp, apdu->data.p, apdu->data.len);
	return FW_SW_OK;
}

static const uint8_t aid[] = {0xa0, 0, 0, 6, 0x47, 0x2f, 0, 1};
static enum fw_sw
echo_finish(void *applet, struct tsw_wr *rsp, enum fw_touch touch)
{
	(void)applet;
	tsw_wr_u8(rsp, (uint8_t)touch);
	return FW_SW_OK;
}

static const struct fw_applet echo = {{aid, sizeof(aid)}, echo_select, NULL,
    echo_run, echo_finish, NULL, NULL};

static void
run_card(void)
{
	uint8_t out[FW_CCID_DATA_MAX];
	struct tsw_slice command;
	struct tsw_wr rsp;

	if (fw_ccid_take_power(&reader))
		fw_card_reset(&card);
	if (!fw_ccid_request(&reader, &command))
		return;
	tsw_wr_init(&rsp, out, sizeof(out));
	fw_card_run(&card, &rsp, command);
	check(tsw_wr_len(&rsp) >= FW_APDU_SW_LEN);
	fw_ccid_reply(&reader, out, tsw_wr_len(&rsp));
}

/* Read an answer, if there is one. */
static void
drain(void)
{
	uint8_t msg[FW_CCID_HEADER_LEN + FW_CCID_DATA_MAX + FW_CCID_PACKET_LEN];
	uint8_t p[FW_CCID_PACKET_LEN];
	size_t n = 0, len = 0;

	while (fw_ccid_tx(&reader, p, &n)) {
		check(n <= sizeof(p) && len + n <= sizeof(msg));
		memcpy(msg + len, p, n);
		len += n;
	}
	if (len == 0)
		return;
	check(n < FW_CCID_PACKET_LEN);
	check(len >= FW_CCID_HEADER_LEN);
	check((msg[1] | (size_t)msg[2] << 8) == len - FW_CCID_HEADER_LEN);
	check(msg[0] >= 0x80 && msg[0] <= 0x84);
	check(msg[6] == reader.seq);
	answers++;
}

static void
packet(const uint8_t *p, size_t len)
{
	check(fw_ccid_can_rx(&reader));
	fw_ccid_rx(&reader, p, len, now);
	run_card();
	drain();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t status[] = {0x65, 0, 0, 0, 0, 0, 1, 0, 0, 0};
	uint8_t p[FW_CCID_PACKET_LEN];
	struct tsw_rd rd;
	unsigned int before;
	uint8_t n;

	fw_ccid_init(&reader);
	fw_card_init(&card, &echo, 1);
	now = 1000;
	tsw_rd_init(&rd, data, len);
	while (rd.left > 0) {
		n = tsw_rd_u8(&rd);
		if (n > sizeof(p)) {
			now += (n - sizeof(p)) * 100;
			fw_ccid_tick(&reader, now);
			continue;
		}
		tsw_rd_copy(&rd, p, n);
		if (!rd.bad && n > 0)
			packet(p, n);
	}
	now += FW_CCID_PACKET_TIMEOUT_MS;
	before = answers;
	packet(status, sizeof(status));
	check(answers == before + 1);
	return 0;
}
