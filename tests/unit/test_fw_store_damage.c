/* SPDX-License-Identifier: BSD-2-Clause */
/* The store on a flash that no cut can have left: it is refused as it is, and
 * only a reset helps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "memboard.h"
#include "store.h"

static struct fw_store s;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	return 0;
}

static void
put(unsigned int key, const char *text)
{
	assert_int_equal(fw_store_put(&s, key, (const uint8_t *)text,
			     strlen(text)),
	    FW_OK);
}

static void
assert_value(unsigned int key, const char *text)
{
	uint8_t buf[FW_STORE_VALUE_MAX];
	int len = fw_store_get(&s, buf, sizeof(buf), key);

	assert_int_equal(len, (int)strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void
assert_none(unsigned int key)
{
	uint8_t buf[FW_STORE_VALUE_MAX];

	assert_int_equal(fw_store_get(&s, buf, sizeof(buf), key), FW_ERR_NONE);
}

static void
open_store(void)
{
	assert_int_equal(fw_store_open(&s), FW_OK);
}

static uint8_t image[MEMBOARD_FLASH_LEN];

/* Open must fail with r and leave the image as it is. */
static void
assert_refused(int r)
{
	memcpy(image, memboard.flash, sizeof(image));
	memboard.ops = 0;
	assert_int_equal(fw_store_open(&s), r);
	assert_int_equal(memboard.ops, 0);
	assert_memory_equal(image, memboard.flash, sizeof(image));
}

static void
test_garbage_is_refused(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(memboard.flash); i++)
		memboard.flash[i] = (uint8_t)(i * 31 + i / 256);
	assert_refused(FW_ERR_CORRUPT);
	memset(memboard.flash, 0, sizeof(memboard.flash));
	assert_refused(FW_ERR_CORRUPT);
	memset(memboard.flash, 0xff, sizeof(memboard.flash));
	memboard.flash[sizeof(memboard.flash) - 1] = 0;
	assert_refused(FW_ERR_CORRUPT);
	/* Not even a cut format makes these bits 0. */
	memset(memboard.flash, 0xff, sizeof(memboard.flash));
	memboard.flash[0] = 0x14;
	assert_refused(FW_ERR_CORRUPT);
}

static uint32_t
crc32_of(const uint8_t *p, size_t len)
{
	uint32_t crc = 0xffffffff;
	unsigned int bit;
	size_t i;

	for (i = 0; i < len; i++) {
		crc ^= p[i];
		for (bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

/* Give a page the header that a later version would write. */
static void
make_newer(uint8_t *page)
{
	uint32_t crc;
	size_t i;

	page[5] = FW_STORE_VERSION + 1;
	crc = crc32_of(page, 12);
	for (i = 0; i < 4; i++)
		page[12 + i] = (uint8_t)(crc >> (24 - 8 * i));
}

static void
test_newer_version_is_refused(void **state)
{
	(void)state;
	open_store();
	put(FW_STORE_PIN, "value");
	make_newer(memboard.flash);
	assert_refused(FW_ERR_NEWER);
	/* One page is enough, and wherever it is. */
	memboard_reset();
	open_store();
	put(FW_STORE_PIN, "value");
	memcpy(memboard.flash + 9 * MEMBOARD_PAGE_LEN, memboard.flash, 16);
	make_newer(memboard.flash + 9 * MEMBOARD_PAGE_LEN);
	assert_refused(FW_ERR_NEWER);
}

static void
test_small_flash_is_refused(void **state)
{
	(void)state;
	memboard.page_cnt = 8;
	assert_refused(FW_ERR_SIZE);
	memboard.page_cnt = 0;
	assert_refused(FW_ERR_SIZE);
	memboard.page_cnt = MEMBOARD_FLASH_LEN / 1024;
	memboard.page_len = 1024;
	assert_refused(FW_ERR_SIZE);
	memboard.page_len = 4100;
	memboard.page_cnt = 31;
	assert_refused(FW_ERR_SIZE);
}

/* Some pages of log, power-ups in between, and what cuts left. */
static void
make_history(int commits)
{
	char text[40];
	int i;

	open_store();
	for (i = 0; i < commits; i++) {
		if (i % 40 == 39)
			open_store();
		(void)snprintf(text, sizeof(text), "value %d, of some length",
		    i);
		put(FW_STORE_CRED + (unsigned int)(i % 3), text);
	}
}

/* Where the log of a page ends: the next page says it. */
static uint32_t
log_end(uint32_t page)
{
	const uint8_t *next = memboard.flash + (page + 1) * MEMBOARD_PAGE_LEN;

	return page == s.head ? s.end : next[6] * 256u + next[7];
}

/*
 * A bit that flips in the log is found out: no cut does that.  But in the last
 * unit of the log, and in the one after it, it is like a commit that was cut.
 */
static void
damage_everywhere(int commits)
{
	uint32_t i, page, end;

	make_history(commits);
	for (i = 0; i < s.head * MEMBOARD_PAGE_LEN + s.end; i += 7) {
		page = i / MEMBOARD_PAGE_LEN;
		end = page * MEMBOARD_PAGE_LEN + log_end(page);
		if ((i >= end && i < end + 8) ||
		    (page == s.head && i >= end - 8))
			continue;
		memboard.flash[i] ^= (uint8_t)(1u << i % 8);
		if (fw_store_open(&s) != FW_ERR_CORRUPT)
			fail_msg("flipped bit at %x", i);
		memboard.flash[i] ^= (uint8_t)(1u << i % 8);
	}
	open_store();
}

static void
test_damage_is_refused(void **state)
{
	(void)state;
	damage_everywhere(100);
}

/* The header of the page that was opened last: without it, the store would
 * be that of before. */
static void
test_damage_of_head_is_no_cut(void **state)
{
	uint32_t i;

	(void)state;
	make_history(41);
	assert_int_equal(s.head, 1);
	for (i = 0; i < s.end - 8; i++) {
		memboard.flash[MEMBOARD_PAGE_LEN + i] ^= 4;
		assert_refused(FW_ERR_CORRUPT);
		memboard.flash[MEMBOARD_PAGE_LEN + i] ^= 4;
	}
	open_store();
}

static void
get_pin(void *arg)
{
	uint8_t buf[16];

	(void)arg;
	(void)!fw_store_get(&s, buf, sizeof(buf), FW_STORE_PIN);
}

/* Damage that appears while the token runs stops it. */
static void
test_damage_while_running_halts(void **state)
{
	(void)state;
	open_store();
	put(FW_STORE_PIN, "first record");
	memboard.flash[24 + 9] ^= 1;
	assert_int_equal(memboard_run(get_pin, NULL, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_STORE_CORRUPT);
}

static void
open_and_put(void *arg)
{
	const struct fw_store_item *item = arg;

	open_store();
	assert_int_equal(fw_store_commit(&s, item, 1), FW_OK);
}

/* A first batch was cut, then the erasure of its page, of which a few bits
 * had changed: that was told as damage. */
static void
assert_half_erased_is_no_damage(const char *value, size_t len)
{
	static struct memboard torn;
	struct fw_store_item item = {FW_STORE_PIN, (const uint8_t *)value, len};
	uint64_t seed;

	open_store();
	assert_int_equal(memboard_run(open_and_put, &item, 8, MEMBOARD_CUT_ALL),
	    MEMBOARD_POWER_CUT);
	torn = memboard;
	for (seed = 0; seed < 600; seed++) {
		memboard = torn;
		memboard.cut_seed = seed;
		assert_int_equal(memboard_run(open_and_put, &item, 1,
				     MEMBOARD_CUT_PART),
		    MEMBOARD_POWER_CUT);
		open_store();
		assert_none(FW_STORE_PIN);
	}
}

static void
test_torn_page_half_erased_is_no_damage(void **state)
{
	static const char value[] =
	    "a value of several units, and none of them an end";

	(void)state;
	assert_half_erased_is_no_damage(value, sizeof(value));
}

/* Web sites choose names and ids of users. */
static void
test_value_like_an_end_is_none(void **state)
{
	char value[48];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(value); i++)
		value[i] = i % 8 < 4 ? '\xff' : '\0';
	assert_half_erased_is_no_damage(value, sizeof(value));
}

static void
assert_fresh(void)
{
	static const struct fw_store_item item = {FW_STORE_COUNTER,
	    (const uint8_t *)"new", 3};
	size_t i;

	fw_store_reset(&s, &item, 1);
	assert_value(FW_STORE_COUNTER, "new");
	assert_none(FW_STORE_PIN);
	put(FW_STORE_LIVE, "goes on");
	open_store();
	assert_value(FW_STORE_COUNTER, "new");
	assert_value(FW_STORE_LIVE, "goes on");
	/* One page has content. */
	for (i = 0; i < sizeof(memboard.flash); i++)
		if (i / MEMBOARD_PAGE_LEN != s.head)
			assert_int_equal(memboard.flash[i], 0xff);
}

/* A reset is the way out of every flash that cannot be read. */
static void
test_reset_of_unreadable(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(memboard.flash); i++)
		memboard.flash[i] = (uint8_t)(i * 31 + i / 256);
	assert_refused(FW_ERR_CORRUPT);
	assert_int_equal(fw_store_put(&s, FW_STORE_PIN, image, 1),
	    FW_ERR_CORRUPT);
	assert_fresh();
	memboard_reset();
	open_store();
	put(FW_STORE_PIN, "value");
	make_newer(memboard.flash);
	assert_refused(FW_ERR_NEWER);
	assert_fresh();
}

/* No page can follow the last sequence number. */
static void
test_reset_of_last_page(void **state)
{
	uint32_t crc;
	size_t i;

	(void)state;
	open_store();
	memset(memboard.flash + 8, 0xff, 3);
	memboard.flash[11] = 0xf0;
	crc = crc32_of(memboard.flash, 12);
	for (i = 0; i < 4; i++)
		memboard.flash[12 + i] = (uint8_t)(crc >> (24 - 8 * i));
	assert_refused(FW_ERR_CORRUPT);
	assert_fresh();
}

/* A log that was never all round, with something there: if the erasure of its
 * head took the second batch only, the first would count again. */
static void
test_reset_spares_the_head(void **state)
{
	(void)state;
	open_store();
	put(FW_STORE_PIN, "value");
	memboard.flash[9 * MEMBOARD_PAGE_LEN] = 0x7f;
	assert_refused(FW_ERR_CORRUPT);
	assert_int_equal(s.head, 0);
	fw_store_reset(&s, NULL, 0);
	assert_int_equal(s.head, 1);
}

static void
reset_store(void *arg)
{
	(void)arg;
	fw_store_reset(&s, NULL, 0);
}

static void
test_reset_of_small_flash_halts(void **state)
{
	(void)state;
	memboard.page_cnt = 8;
	assert_refused(FW_ERR_SIZE);
	assert_int_equal(memboard_run(reset_store, NULL, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_STORE_SIZE);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_garbage_is_refused),
	    TEST(test_newer_version_is_refused),
	    TEST(test_small_flash_is_refused),
	    TEST(test_damage_is_refused),
	    TEST(test_damage_of_head_is_no_cut),
	    TEST(test_damage_while_running_halts),
	    TEST(test_torn_page_half_erased_is_no_damage),
	    TEST(test_value_like_an_end_is_none),
	    TEST(test_reset_of_unreadable),
	    TEST(test_reset_of_last_page),
	    TEST(test_reset_spares_the_head),
	    TEST(test_reset_of_small_flash_halts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
