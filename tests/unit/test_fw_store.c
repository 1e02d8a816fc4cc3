/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: what it keeps, how much of it, and what that costs. */
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

static void
damage_and_go_round(void *arg)
{
	int i;

	(void)arg;
	memboard.flash[32] &= 0xfe; /* the secret */
	for (i = 0; i < 10 * MEMBOARD_PAGE_CNT; i++)
		fill(FW_STORE_CRED, i);
}

/* Damage is not copied under a new checksum. */
static void
test_copy_checks_the_record(void **state)
{
	(void)state;
	assert_int_equal(fw_store_open(&s), FW_OK);
	put(FW_STORE_DEVICE, "a secret"); /* 'a' has bit 0 */
	assert_int_equal(memboard_run(damage_and_go_round, NULL, 0,
			     MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_STORE_CORRUPT);
}

/* Ten records and a shorter one: with its end, the page would be too long. */
static void
test_copies_leave_room_for_an_end(void **state)
{
	static const uint8_t big[152];
	unsigned int key;
	int i;

	(void)state;
	assert_int_equal(fw_store_open(&s), FW_OK);
	for (key = FW_STORE_CRED; key < FW_STORE_CRED + 10; key++)
		fill(key, 1);
	assert_int_equal(fw_store_put(&s, key, big, sizeof(big)), FW_OK);
	for (i = 0; i < 2 * MEMBOARD_PAGE_CNT; i++) {
		assert_int_equal(fw_store_open(&s), FW_OK);
		put(FW_STORE_COUNTER, "0001");
		assert_true(s.end <= s.page_len);
	}
	assert_int_equal(fw_store_open(&s), FW_OK);
	assert_int_equal(fw_store_peek(&s, &(uint8_t){0}, 1, key), FW_OK);
}

/* Bounds of a commit, and of what is left of a page. */
static void
test_commit_bounds(void **state)
{
	static const uint8_t big[FW_STORE_VALUE_MAX];
	struct fw_store_item item[6];
	uint32_t head;
	size_t i;

	(void)state;
	for (i = 0; i < 6; i++)
		item[i] = (struct fw_store_item){FW_STORE_CRED + (unsigned)i,
		    big, i < 5 ? sizeof(big) : 57};
	assert_int_equal(fw_store_open(&s), FW_OK);
	memboard.ops = 0;
	assert_int_equal(fw_store_commit(&s, item, 0), FW_OK);
	assert_int_equal(fw_store_commit(&s, item, 6), FW_ERR_LENGTH);
	assert_int_equal(memboard.ops, 0);
	item[5].len = 56;
	assert_int_equal(fw_store_commit(&s, item, 6), FW_OK);
	item[5].len = 48;
	assert_int_equal(fw_store_commit(&s, item, 6), FW_OK);
	/* Enough for a record without a value, and its end. */
	assert_int_equal(s.page_len - s.end, 2 * HAL_FLASH_UNIT_LEN);
	head = s.head;
	put(FW_STORE_LIVE, "");
	assert_int_equal(s.head, head);
	assert_int_equal(s.end, s.page_len);
	put(FW_STORE_LIVE, "");
	assert_int_equal(s.head, head + 1);
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
	    TEST(test_copy_checks_the_record),
	    TEST(test_copies_leave_room_for_an_end),
	    TEST(test_commit_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
