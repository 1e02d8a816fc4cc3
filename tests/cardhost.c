/* SPDX-License-Identifier: BSD-2-Clause */
#include "cardhost.h"

#include <stdlib.h>
#include <string.h>

struct cardhost cardhost;

void
cardhost_send(uint8_t type, const uint8_t *p, size_t len)
{
	uint8_t msg[FW_CCID_HEADER_LEN + FW_CCID_DATA_MAX] = {type};
	size_t at, n;

	if (len > FW_CCID_DATA_MAX)
		abort();
	msg[1] = (uint8_t)(len & 0xff);
	msg[2] = (uint8_t)(len >> 8);
	msg[6] = ++cardhost.seq;
	if (!fw_ccid_wants_reply(&rig.t.ccid))
		cardhost.command = cardhost.seq;
	if (len > 0)
		memcpy(msg + FW_CCID_HEADER_LEN, p, len);
	len += FW_CCID_HEADER_LEN;
	for (at = 0; at < len; at += n) {
		n = len - at < HAL_PACKET_LEN ? len - at : HAL_PACKET_LEN;
		memboard_put_packet(msg + at, n);
		rig_settle();
	}
}

/* One message of the reader; false if there is none. */
static bool
take(void)
{
	uint8_t msg[FW_CCID_HEADER_LEN + FW_CCID_DATA_MAX + HAL_PACKET_LEN];
	size_t len = 0, n = 0;

	do {
		if (!memboard_take_packet(msg + len, &n)) {
			if (len > 0)
				abort(); /* half a message */
			return false;
		}
		len += n;
		rig_settle();
	} while (n == HAL_PACKET_LEN && len < sizeof(msg) - HAL_PACKET_LEN);
	if (len < FW_CCID_HEADER_LEN ||
	    (msg[1] | (size_t)msg[2] << 8) != len - FW_CCID_HEADER_LEN)
		abort();
	cardhost.type = msg[0];
	cardhost.number = msg[6];
	cardhost.status = msg[7];
	cardhost.error = msg[8];
	cardhost.len = len - FW_CCID_HEADER_LEN;
	memcpy(cardhost.data, msg + FW_CCID_HEADER_LEN, cardhost.len);
	return true;
}

bool
cardhost_take(void)
{
	while (take()) {
		if ((cardhost.status & 0xc0) != 0x80)
			return true;
		if (cardhost.number != cardhost.command || cardhost.len != 0 ||
		    cardhost.error != 1 || cardhost.type != 0x80)
			abort();
		cardhost.extensions++;
	}
	return false;
}

void
cardhost_power(bool on)
{
	cardhost_send(on ? 0x62 : 0x63, NULL, 0);
	if (!cardhost_take() || cardhost.status != (on ? 0 : 1))
		abort();
}

unsigned int
cardhost_answer(void)
{
	if (!cardhost_take())
		return 0;
	if (cardhost.type != 0x80 || cardhost.number != cardhost.command ||
	    cardhost.status != 0 || cardhost.len < 2)
		abort();
	cardhost.len -= 2;
	return (unsigned int)cardhost.data[cardhost.len] << 8 |
	    cardhost.data[cardhost.len + 1];
}

unsigned int
cardhost_apdu(const uint8_t *p, size_t len)
{
	cardhost.extensions = 0;
	cardhost_send(0x6f, p, len);
	return cardhost_answer();
}

void
cardhost_select(const uint8_t *aid, uint8_t len)
{
	uint8_t p[6 + FW_AID_MAX] = {0, 0xa4, 4, 0, len};

	cardhost_power(true);
	memcpy(p + 5, aid, len);
	if (cardhost_apdu(p, 6 + (size_t)len) != FW_SW_OK)
		abort();
}
