/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store opens any flash: it works, or it is refused and left as it is, and
 * then a reset makes it work.
 *
 * Input: how many commits a flash has seen (u8; 0: it is blank), and patches
 * of it: offset u16 (times 2, so all of it can be reached), length u8, bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/bytes.h>

#include "memboard.h"
#include "store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct fw_store s;
static uint8_t image[MEMBOARD_FLASH_LEN];

static void
put(unsigned int key, const char *text)
{
	if (fw_store_put(&s, key, (const uint8_t *)text, strlen(text)) != FW_OK)
		abort();
}

static void
use_all(void)
{
	uint8_t value[FW_STORE_VALUE_MAX];
	unsigned int key;

	for (key = 0; key < FW_STORE_KEY_CNT; key++)
		if (fw_store_get(&s, value, sizeof(value), key) ==
		    FW_ERR_LENGTH)
			abort();
	put(FW_STORE_PIN, "can be written");
	if (fw_store_get(&s, value, sizeof(value), FW_STORE_PIN) != 14)
		abort();
	if (fw_store_open(&s) != FW_OK ||
	    fw_store_get(&s, value, sizeof(value), FW_STORE_PIN) != 14)
		abort();
}

/* Some log, several pages of it if there are many commits. */
static void
write_log(unsigned int commits)
{
	unsigned int i;

	if (commits > 0 && fw_store_open(&s) != FW_OK)
		abort();
	for (i = 0; i < commits; i++) {
		put(FW_STORE_CRED + i % 5, "a credential");
		put(FW_STORE_COUNTER, "0001");
		if (i % 16 == 7 && fw_store_open(&s) != FW_OK)
			abort();
	}
}

static void
run(void *arg)
{
	static const struct fw_store_item item = {FW_STORE_COUNTER,
	    (const uint8_t *)"0003", 4};
	struct tsw_rd *rd = arg;
	const uint8_t *p;
	size_t off, n;

	write_log(tsw_rd_u8(rd));
	while (rd->left > 0) {
		off = 2 * (size_t)tsw_rd_u16(rd);
		n = tsw_rd_u8(rd);
		n = n < rd->left ? n : rd->left;
		p = tsw_rd_view(rd, n);
		if (p != NULL && off + n <= sizeof(memboard.flash))
			memcpy(memboard.flash + off, p, n);
	}
	memcpy(image, memboard.flash, sizeof(image));
	if (fw_store_open(&s) != FW_OK) {
		if (memcmp(image, memboard.flash, sizeof(image)) != 0)
			abort();
		fw_store_reset(&s, &item, 1);
	}
	use_all();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_rd rd;

	memboard_reset();
	tsw_rd_init(&rd, data, len);
	if (memboard_run(run, &rd, 0, MEMBOARD_CUT_ALL) != MEMBOARD_DONE)
		abort();
	return 0;
}
