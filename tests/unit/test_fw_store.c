/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: what it keeps, and that no power cut takes it away. */
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

static void
test_keeps_values(void **state)
{
	(void)state;
	open_store();
	assert_none(FW_STORE_PIN);
	put(FW_STORE_PIN, "one");
	put(FW_STORE_PIN, "twotwotwo"); /* longer than a unit */
	put(FW_STORE_CRED, "eight888");
	put(FW_STORE_CRED + 1, "");
	open_store();
	assert_value(FW_STORE_PIN, "twotwotwo");
	assert_value(FW_STORE_CRED, "eight888");
	assert_value(FW_STORE_CRED + 1, "");
	assert_int_equal(fw_store_del(&s, FW_STORE_PIN), FW_OK);
	assert_none(FW_STORE_PIN);
	open_store();
	assert_none(FW_STORE_PIN);
	assert_int_equal(fw_store_del(&s, FW_STORE_PIN), FW_OK);
}

static void
test_lengths_are_checked(void **state)
{
	uint8_t buf[FW_STORE_VALUE_MAX + 1] = {0};

	(void)state;
	open_store();
	put(FW_STORE_PIN, "four");
	assert_int_equal(fw_store_get(&s, buf, 3, FW_STORE_PIN), FW_ERR_LENGTH);
	assert_int_equal(fw_store_peek(&s, buf, 5, FW_STORE_PIN),
	    FW_ERR_LENGTH);
	assert_int_equal(fw_store_peek(&s, buf, 2, FW_STORE_PIN), FW_OK);
	assert_memory_equal(buf, "fo", 2);
	assert_int_equal(fw_store_put(&s, FW_STORE_PIN, buf, sizeof(buf)),
	    FW_ERR_LENGTH);
	assert_int_equal(fw_store_put(&s, FW_STORE_KEY_CNT, buf, 1),
	    FW_ERR_LENGTH);
}

/* Write until the log went round several times; all values stay. */
static void
test_goes_round(void **state)
{
	char text[32];
	int i;

	(void)state;
	open_store();
	put(FW_STORE_DEVICE, "never changed");
	for (i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "value %d", i);
		put(FW_STORE_CRED + (unsigned int)(i % 7), text);
	}
	assert_true(s.seq > 4 * MEMBOARD_PAGE_CNT);
	assert_value(FW_STORE_DEVICE, "never changed");
	for (i = 19993; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "value %d", i);
		assert_value(FW_STORE_CRED + (unsigned int)(i % 7), text);
	}
	open_store();
	assert_value(FW_STORE_DEVICE, "never changed");
	assert_value(FW_STORE_CRED + 19999 % 7, "value 19999");
}

/* Each page is erased once per turn, and turns are as even as can be. */
static void
test_pages_wear_alike(void **state)
{
	uint32_t page;
	int i;

	(void)state;
	open_store();
	put(FW_STORE_DEVICE, "never changed");
	page = s.head;
	for (i = 0; i < 30000; i++) {
		memboard.erases = 0;
		put(FW_STORE_COUNTER, "0001");
		if (memboard.erases == 0) {
			assert_int_equal(s.head, page);
			continue;
		}
		assert_int_equal(memboard.erases, 1);
		page = (page + 1) % MEMBOARD_PAGE_CNT;
		assert_int_equal(s.head, page);
	}
	assert_value(FW_STORE_DEVICE, "never changed");
}

static void
fill(unsigned int key, int i)
{
	uint8_t value[FW_STORE_VALUE_MAX];

	memset(value, i, sizeof(value));
	assert_int_equal(fw_store_put(&s, key, value, sizeof(value)), FW_OK);
}

/* What a commit costs at most, as docs/FLASH.md says. */
static void
assert_bounded(void)
{
	long per_page = (long)(s.page_len / HAL_FLASH_UNIT_LEN);

	assert_true(memboard.erases <= FW_STORE_GC_PAGES + 1);
	assert_true(memboard.programs <= (FW_STORE_GC_PAGES + 1) * per_page);
	assert_true(memboard.syncs <= FW_STORE_GC_PAGES + 1);
	memboard.erases = memboard.programs = memboard.syncs = 0;
}

/*
 * All keys at full length, rewritten in an order that is not the log's, with
 * a power-up before each commit: the worst that can be asked.
 */
static void
never_full(uint32_t page_len, uint32_t page_cnt)
{
	uint8_t value[FW_STORE_VALUE_MAX];
	unsigned int key, i;

	memboard_reset();
	memboard.page_len = page_len;
	memboard.page_cnt = page_cnt;
	open_store();
	for (key = 0; key < FW_STORE_KEY_CNT; key++)
		fill(key, (int)key);
	for (i = 0; i < 6 * FW_STORE_KEY_CNT; i++) {
		if (i < 3 * FW_STORE_KEY_CNT)
			open_store();
		memboard.erases = memboard.programs = memboard.syncs = 0;
		key = i * 61 % FW_STORE_KEY_CNT;
		fill(key, (int)key);
		assert_bounded();
	}
	for (i = 0; i < 300; i++) {
		open_store();
		put(FW_STORE_COUNTER, "tiny");
		assert_bounded();
	}
	open_store();
	for (key = 0; key < FW_STORE_KEY_CNT; key++) {
		if (key == FW_STORE_COUNTER)
			continue;
		assert_int_equal(fw_store_get(&s, value, sizeof(value), key),
		    sizeof(value));
		assert_int_equal(value[0], key);
	}
}

static void
test_never_full(void **state)
{
	(void)state;
	never_full(4096, 32);
	never_full(2048, 64);
	never_full(8192, 16);
}

/* The smallest flash that is accepted is enough, too. */
static void
test_smallest_flash(void **state)
{
	static const uint32_t page_len[] = {2048, 4096, 8192};
	uint32_t cnt;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(page_len) / sizeof(page_len[0]); i++) {
		memboard_reset();
		memboard.page_len = page_len[i];
		for (cnt = 1; cnt < MEMBOARD_FLASH_LEN / page_len[i]; cnt++) {
			memboard.page_cnt = cnt;
			if (fw_store_open(&s) == FW_OK)
				break;
		}
		never_full(page_len[i], cnt);
	}
}

static void
test_commit(void **state)
{
	struct fw_store_item item[] = {{FW_STORE_COUNTER,
					   (const uint8_t *)"0002", 4},
	    {FW_STORE_HEAD, (const uint8_t *)"the next head", 13},
	    {FW_STORE_PIN, NULL, 0}, {FW_STORE_LIVE, (const uint8_t *)"", 0},
	    {FW_STORE_SEED, (const uint8_t *)"first", 5},
	    {FW_STORE_SEED, (const uint8_t *)"last", 4}};

	(void)state;
	open_store();
	put(FW_STORE_PIN, "deleted");
	memboard.programs = memboard.syncs = 0;
	assert_int_equal(fw_store_commit(&s, item, 6), FW_OK);
	assert_int_equal(memboard.programs, 2 + 3 + 1 + 1 + 2 + 2 + 1);
	assert_int_equal(memboard.syncs, 1);
	assert_false(memboard.unsynced);
	open_store();
	assert_value(FW_STORE_COUNTER, "0002");
	assert_value(FW_STORE_HEAD, "the next head");
	assert_value(FW_STORE_LIVE, "");
	assert_value(FW_STORE_SEED, "last");
	assert_none(FW_STORE_PIN);
	assert_int_equal(fw_store_commit(&s, NULL, 0), FW_OK);
}

/* A commit that cannot be is refused whole. */
static void
test_commit_refused(void **state)
{
	static const uint8_t big[FW_STORE_VALUE_MAX + 1];
	struct fw_store_item item[6];
	size_t i;

	(void)state;
	open_store();
	for (i = 0; i < 6; i++)
		item[i] = (struct fw_store_item){FW_STORE_CRED + (unsigned)i,
		    big, FW_STORE_VALUE_MAX};
	memboard.ops = 0;
	assert_int_equal(fw_store_commit(&s, item, 6), FW_ERR_LENGTH);
	item[1].len++;
	assert_int_equal(fw_store_commit(&s, item, 2), FW_ERR_LENGTH);
	item[1] = (struct fw_store_item){FW_STORE_KEY_CNT, NULL, 0};
	assert_int_equal(fw_store_commit(&s, item, 2), FW_ERR_LENGTH);
	assert_int_equal(memboard.ops, 0);
	assert_none(FW_STORE_CRED);
	item[1] = (struct fw_store_item){FW_STORE_CRED + 9, NULL, 77};
	assert_int_equal(fw_store_commit(&s, item, 5), FW_OK);
	open_store();
	assert_none(FW_STORE_CRED + 9);
	assert_int_equal(fw_store_peek(&s, (uint8_t[1]){0}, 1,
			     FW_STORE_CRED + 4),
	    FW_OK);
}

/* A signature costs 13 units of 8 bytes; docs/FLASH.md counts on it. */
static void
test_signature_cost(void **state)
{
	static const uint8_t head[72];
	struct fw_store_item item[] = {{FW_STORE_COUNTER,
					   (const uint8_t *)"0002", 4},
	    {FW_STORE_HEAD, head, sizeof(head)}};

	(void)state;
	open_store();
	memboard.programs = 0;
	assert_int_equal(fw_store_commit(&s, item, 2), FW_OK);
	assert_int_equal(memboard.programs, 13);
}

static void
test_reset(void **state)
{
	static const struct fw_store_item item[] = {{FW_STORE_DEVICE,
							(const uint8_t *)"new",
							3},
	    {FW_STORE_COUNTER, (const uint8_t *)"7777", 4}};
	uint8_t old[] = "old secret";
	size_t i;

	(void)state;
	open_store();
	put(FW_STORE_DEVICE, (const char *)old);
	put(FW_STORE_CRED + 5, "credential");
	fw_store_reset(&s, item, 2);
	assert_value(FW_STORE_DEVICE, "new");
	assert_value(FW_STORE_COUNTER, "7777");
	assert_none(FW_STORE_CRED + 5);
	/* Nothing of the old content is left in the flash. */
	for (i = 0; i + sizeof(old) < sizeof(memboard.flash); i++)
		assert_memory_not_equal(memboard.flash + i, old,
		    sizeof(old) - 1);
	open_store();
	assert_value(FW_STORE_DEVICE, "new");
	put(FW_STORE_PIN, "goes on");
	open_store();
	assert_value(FW_STORE_PIN, "goes on");
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
	    TEST(test_keeps_values),
	    TEST(test_lengths_are_checked),
	    TEST(test_goes_round),
	    TEST(test_pages_wear_alike),
	    TEST(test_never_full),
	    TEST(test_smallest_flash),
	    TEST(test_commit),
	    TEST(test_commit_refused),
	    TEST(test_signature_cost),
	    TEST(test_reset),
	    TEST(test_garbage_is_refused),
	    TEST(test_newer_version_is_refused),
	    TEST(test_small_flash_is_refused),
	    TEST(test_damage_is_refused),
	    TEST(test_damage_of_head_is_no_cut),
	    TEST(test_damage_while_running_halts),
	    TEST(test_reset_of_unreadable),
	    TEST(test_reset_of_small_flash_halts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
