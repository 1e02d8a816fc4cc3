/* SPDX-License-Identifier: BSD-2-Clause */
#include "ccidrig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct ccidrig ccid;

const uint8_t ccid_atr[CCID_ATR_LEN] = {0x3b, 0x85, 0x01, 0x80, 0x73, 0xc0,
    0x01, 0x40, 0xf6};

int
ccid_new(void **state)
{
	(void)state;
	fw_ccid_init(&ccid.reader);
	ccid.now = 1000;
	ccid.seq = 0x30;
	return 0;
}

size_t
ccid_build(uint8_t type, uint8_t slot, const char *last, size_t len)
{
	size_t i;

	memset(ccid.out, 0, sizeof(ccid.out));
	ccid.out[0] = type;
	ccid.out[1] = (uint8_t)(len & 0xff);
	ccid.out[2] = (uint8_t)(len >> 8 & 0xff);
	ccid.out[5] = slot;
	ccid.out[6] = ++ccid.seq;
	memcpy(ccid.out + 7, last, 3);
	for (i = 0; i < len && i < FW_CCID_DATA_MAX; i++)
		ccid.out[FW_CCID_HEADER_LEN + i] = (uint8_t)(i * 7);
	return FW_CCID_HEADER_LEN + len;
}

void
ccid_put(const uint8_t *p, size_t len)
{
	size_t n;

	for (; len > 0; len -= n, p += n) {
		n = len < FW_CCID_PACKET_LEN ? len : FW_CCID_PACKET_LEN;
		assert_true(fw_ccid_can_rx(&ccid.reader));
		fw_ccid_rx(&ccid.reader, p, n, ccid.now);
	}
}

void
ccid_take(void)
{
	uint8_t p[FW_CCID_PACKET_LEN];
	size_t n = FW_CCID_PACKET_LEN;

	ccid.in_len = 0;
	while (n == FW_CCID_PACKET_LEN) {
		assert_false(fw_ccid_can_rx(&ccid.reader));
		assert_true(fw_ccid_tx(&ccid.reader, p, &n));
		assert_in_range(n, 0, FW_CCID_PACKET_LEN);
		memcpy(ccid.in + ccid.in_len, p, n);
		ccid.in_len += n;
		assert_in_range(ccid.in_len, 0, CCID_MESSAGE_MAX);
	}
	assert_false(fw_ccid_tx(&ccid.reader, p, &n));
	assert_true(fw_ccid_can_rx(&ccid.reader));
	assert_in_range(ccid.in_len, FW_CCID_HEADER_LEN, CCID_MESSAGE_MAX);
	assert_int_equal(ccid.in[1] | ccid.in[2] << 8,
	    ccid.in_len - FW_CCID_HEADER_LEN);
	assert_int_equal(ccid.in[3] | ccid.in[4], 0);
	assert_int_equal(ccid.in[5], ccid.out[5]);
	assert_int_equal(ccid.in[6], ccid.out[6]);
}

void
ccid_expect(uint8_t type, uint8_t status, uint8_t error, size_t len)
{
	ccid_take();
	assert_int_equal(ccid.in[0], type);
	assert_int_equal(ccid.in[7], status);
	assert_int_equal(ccid.in[8], error);
	assert_int_equal(ccid.in_len, FW_CCID_HEADER_LEN + len);
}

void
ccid_ask(uint8_t type, const char *last, size_t len)
{
	ccid_put(ccid.out, ccid_build(type, 0, last, len));
}

void
ccid_power_on(void)
{
	ccid_ask(0x62, "\0\0\0", 0);
	ccid_expect(0x80, ACTIVE, 0, CCID_ATR_LEN);
	assert_memory_equal(ccid.in + FW_CCID_HEADER_LEN, ccid_atr,
	    CCID_ATR_LEN);
	assert_true(fw_ccid_take_power(&ccid.reader));
	assert_false(fw_ccid_take_power(&ccid.reader));
}
