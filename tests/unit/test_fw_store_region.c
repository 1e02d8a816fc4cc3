/* SPDX-License-Identifier: BSD-2-Clause */
/* Two stores in one flash: neither touches the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memboard.h"
#include "store.h"

#define VALUE_LEN FW_STORE_VALUE_MAX

static struct fw_store first, second;
static uint8_t image[MEMBOARD_FLASH_LEN];

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	return 0;
}

static void
put(struct fw_store *s, unsigned int key, uint8_t byte)
{
	uint8_t value[VALUE_LEN];

	memset(value, byte, sizeof(value));
	assert_int_equal(fw_store_put(s, key, value, sizeof(value)), FW_OK);
}

static void
expect(const struct fw_store *s, unsigned int key, uint8_t byte)
{
	uint8_t value[VALUE_LEN], expected[VALUE_LEN];

	memset(expected, byte, sizeof(expected));
	assert_int_equal(fw_store_get(s, value, sizeof(value), key), VALUE_LEN);
	assert_memory_equal(value, expected, sizeof(value));
}

static void
open_both(void)
{
	assert_int_equal(fw_store_open(&first), FW_OK);
	assert_int_equal(fw_store_open_region(&second, FW_STORE_PIV), FW_OK);
}

/* A token from before there was a second region: its first one stays as it is,
 * and behind it is a blank one. */
static void
test_upgrade(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(fw_store_open(&first), FW_OK);
	for (i = 0; i < 100; i++)
		put(&first, i % 7, (uint8_t)i);
	memcpy(image, memboard.flash, sizeof(image));
	open_both();
	assert_memory_equal(memboard.flash, image, sizeof(image));
	for (i = 0; i < 2000; i++)
		put(&second, i % FW_STORE_KEY_CNT, (uint8_t)i);
	assert_memory_equal(memboard.flash, image, sizeof(image));
	open_both();
	for (i = 0; i < 7; i++)
		expect(&first, i, (uint8_t)(99 - (99 - i) % 7));
}

/* Both in use, round and round, of both sizes of pages. */
static void
test_side_by_side(void **state)
{
	static const uint32_t page_len[] = {4096, 2048};
	unsigned int i, j;

	(void)state;
	for (j = 0; j < 2; j++) {
		memboard_reset();
		memboard.page_len = page_len[j];
		memboard.page_cnt = MEMBOARD_FLASH_LEN / page_len[j];
		open_both();
		for (i = 0; i < 3000; i++) {
			put(&first, i % 100, (uint8_t)i);
			put(&second, i % 100, (uint8_t)~i);
		}
		open_both();
		for (i = 2900; i < 3000; i++) {
			expect(&first, i % 100, (uint8_t)i);
			expect(&second, i % 100, (uint8_t)~i);
		}
	}
}

static void
test_reset_of_one(void **state)
{
	uint8_t value = 9;
	struct fw_store_item item = {3, &value, 1};

	(void)state;
	open_both();
	put(&first, 1, 0x11);
	put(&second, 1, 0x22);
	memcpy(image, memboard.second, sizeof(image));
	fw_store_reset(&first, &item, 1);
	assert_memory_equal(memboard.second, image, sizeof(image));
	open_both();
	assert_int_equal(fw_store_peek(&first, NULL, 0, 1), FW_ERR_NONE);
	expect(&second, 1, 0x22);
	put(&first, 1, 0x33);
	memcpy(image, memboard.flash, sizeof(image));
	fw_store_reset(&second, &item, 1);
	assert_memory_equal(memboard.flash, image, sizeof(image));
	open_both();
	expect(&first, 1, 0x33);
	assert_int_equal(fw_store_peek(&second, NULL, 0, 1), FW_ERR_NONE);
}

/* Damage of one is not the other's. */
static void
test_damage_of_one(void **state)
{
	(void)state;
	open_both();
	put(&first, 1, 0x11);
	put(&second, 1, 0x22);
	memset(memboard.second, 0x5a, sizeof(memboard.second));
	assert_int_equal(fw_store_open(&first), FW_OK);
	expect(&first, 1, 0x11);
	assert_int_equal(fw_store_open_region(&second, FW_STORE_PIV),
	    FW_ERR_CORRUPT);
	memset(memboard.second, 0xff, sizeof(memboard.second));
	memset(memboard.flash, 0x5a, sizeof(memboard.flash));
	assert_int_equal(fw_store_open(&first), FW_ERR_CORRUPT);
	assert_int_equal(fw_store_open_region(&second, FW_STORE_PIV), FW_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_upgrade, setup),
	    cmocka_unit_test_setup(test_side_by_side, setup),
	    cmocka_unit_test_setup(test_reset_of_one, setup),
	    cmocka_unit_test_setup(test_damage_of_one, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
