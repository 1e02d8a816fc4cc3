/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/atr.h"

#define TAG_CAPABILITIES 7 /* ISO 7816-4 section 12.1.1.9 */
#define CAPABILITIES_LEN 3
#define CAN_EXTENDED 0x40

/* Skip TA, TB, TC and TD of each round; the reader is at the historical bytes.
 */
static void
skip_interface(struct tsw_rd *rd, uint8_t present)
{
	static const uint8_t bytes[] = {0, 1, 1, 2, 1, 2, 2, 3};
	uint8_t td = present;

	while ((td & 0x80) != 0 && !rd->bad) {
		(void)tsw_rd_view(rd, bytes[(td >> 4) & 7]);
		td = tsw_rd_u8(rd);
	}
	(void)tsw_rd_view(rd, bytes[(td >> 4) & 7]);
}

/* Compact TLV: tag and length share a byte. */
static bool
find_extended(struct tsw_rd *rd)
{
	const uint8_t *value;
	uint8_t head, len;

	while (rd->left > 0) {
		head = tsw_rd_u8(rd);
		len = head & 15;
		value = tsw_rd_view(rd, len);
		if (value == NULL)
			return false;
		if (head >> 4 == TAG_CAPABILITIES)
			return len == CAPABILITIES_LEN &&
			    (value[2] & CAN_EXTENDED) != 0;
	}
	return false;
}

bool
ts_atr_has_extended(struct tsw_slice atr)
{
	struct tsw_rd rd, history;
	const uint8_t *p;
	uint8_t t0, category;
	size_t len;

	tsw_rd_init(&rd, atr.p, atr.len);
	(void)tsw_rd_u8(&rd);
	t0 = tsw_rd_u8(&rd);
	skip_interface(&rd, t0);
	len = t0 & 15;
	p = tsw_rd_view(&rd, len);
	if (p == NULL || rd.bad || len == 0)
		return false;
	tsw_rd_init(&history, p, len);
	category = tsw_rd_u8(&history);
	/* 00: the last three bytes are a status, not TLV. */
	if (category == 0) {
		if (history.left < 3)
			return false;
		history.left -= 3;
	} else if (category != 0x80) {
		return false;
	}
	return find_extended(&history);
}
