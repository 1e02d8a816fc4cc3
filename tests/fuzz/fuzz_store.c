/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store opens any flash: it works, or it is refused and left as it is.
 *
 * Input: patches of a flash with a few records: offset u16 (times 2, so both
 * areas can be reached), length u8, bytes.
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
		if (fw_store_get(&s, value, sizeof(value), key) == FW_ERR_FULL)
			abort();
	put(FW_STORE_PIN, "can be written");
	if (fw_store_get(&s, value, sizeof(value), FW_STORE_PIN) != 14)
		abort();
}

static void
run(void *arg)
{
	struct tsw_rd *rd = arg;
	const uint8_t *p;
	size_t off, n;

	if (fw_store_open(&s) != FW_OK)
		abort();
	put(FW_STORE_DEVICE, "a device secret of thirty-two b.");
	put(FW_STORE_COUNTER, "0001");
	put(FW_STORE_CRED + 3, "a credential");
	put(FW_STORE_COUNTER, "0002");
	while (rd->left > 0) {
		off = 2 * (size_t)tsw_rd_u16(rd);
		n = tsw_rd_u8(rd);
		n = n < rd->left ? n : rd->left;
		p = tsw_rd_view(rd, n);
		if (p != NULL && off + n <= sizeof(memboard.flash))
			memcpy(memboard.flash + off, p, n);
	}
	memcpy(image, memboard.flash, sizeof(image));
	if (fw_store_open(&s) == FW_OK)
		use_all();
	else if (memcmp(image, memboard.flash, sizeof(image)) != 0)
		abort();
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
