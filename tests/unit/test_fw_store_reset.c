/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reset with the power cut at every flash operation.  Of a store that was
 * readable, the state before or after is left.  One that was not stays so, or
 * becomes the new one: no cut may turn it into something it never was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw_store_state.h"

static const struct fw_store_item item[] = {{FW_STORE_DEVICE,
						(const uint8_t *)"new device",
						10},
    {FW_STORE_COUNTER, (const uint8_t *)"9999", 4}};
static const char secret[] = "old secret, never to be seen again";

static struct fw_store s;
static struct fw_store_state after, got;
static struct memboard start;
static uint64_t rng;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	rng = 1;
	memset(&after, 0, sizeof(after));
	memset(after.len, 0xff, sizeof(after.len)); /* all -1 */
	after.len[FW_STORE_DEVICE] = 10;
	memcpy(after.value[FW_STORE_DEVICE], item[0].value, 10);
	after.len[FW_STORE_COUNTER] = 4;
	memcpy(after.value[FW_STORE_COUNTER], item[1].value, 4);
	return 0;
}

static int opened;

static void
open_call(void *arg)
{
	(void)arg;
	opened = fw_store_open(&s);
}

static void
reset_call(void *arg)
{
	open_call(arg);
	fw_store_reset(&s, item, 2);
}

static void
assert_secret_gone(void)
{
	size_t i;

	for (i = 0; i + sizeof(secret) <= sizeof(memboard.flash); i++)
		if (memboard.flash[i] == (uint8_t)secret[0])
			assert_memory_not_equal(memboard.flash + i, secret,
			    sizeof(secret) - 1);
}

/* The new store is there, and works. */
static void
assert_after(void)
{
	fw_store_state_read(&got, &s);
	assert_true(fw_store_state_equal(&got, &after));
	assert_secret_gone();
	assert_int_equal(fw_store_put(&s, FW_STORE_PIN, item[0].value, 5),
	    FW_OK);
	open_call(NULL);
	assert_int_equal(opened, FW_OK);
	assert_int_equal(fw_store_del(&s, FW_STORE_PIN), FW_OK);
	fw_store_state_read(&got, &s);
	assert_true(fw_store_state_equal(&got, &after));
}

/* A few more cuts of the same reset, or of what opening has to finish. */
static void
cut_again(void)
{
	int again;

	for (again = 0; again < 2; again++) {
		open_call(NULL);
		(void)fw_store_cut(opened == FW_OK ? open_call : reset_call,
		    NULL, 1 + fw_store_random(&rng, 60), &rng);
	}
}

/* Each page may be what made the flash unreadable; so cut at every operation,
 * with several subsets of bits. */
static void
cut_unreadable(int subsets)
{
	long n;
	int i;

	start = memboard;
	open_call(NULL);
	assert_true(opened < 0);
	assert_int_equal(memboard.ops, 0);
	for (i = 0; i < subsets; i++)
		for (n = 1;; n++) {
			memboard = start;
			if (fw_store_cut(reset_call, NULL, n, &rng) ==
			    MEMBOARD_DONE)
				break;
			open_call(NULL);
			if (opened == FW_OK)
				assert_after();
			else
				cut_again();
			open_call(NULL);
			if (opened != FW_OK)
				reset_call(NULL);
			assert_after();
		}
	assert_after();
	memboard = start;
}

/* A store with some pages in use, with the secret in all of them. */
static void
make_store(int pages)
{
	uint32_t last;
	int i;

	open_call(NULL);
	assert_int_equal(opened, FW_OK);
	for (i = 0; i < pages; i++) {
		last = s.head;
		do
			assert_int_equal(fw_store_put(&s,
					     FW_STORE_CRED + (unsigned)i % 9,
					     (const uint8_t *)secret,
					     sizeof(secret)),
			    FW_OK);
		while (s.head == last);
	}
	memboard.ops = 0;
}

static void
reset_readable(int pages)
{
	static struct fw_store_state before;
	enum memboard_end end;
	long n;

	make_store(pages);
	start = memboard;
	fw_store_state_read(&before, &s);
	for (n = 1;; n++) {
		memboard = start;
		end = fw_store_cut(reset_call, NULL, n, &rng);
		if (end == MEMBOARD_DONE)
			break;
		(void)fw_store_cut(open_call, NULL,
		    1 + fw_store_random(&rng, 30), &rng);
		open_call(NULL);
		assert_int_equal(opened, FW_OK);
		fw_store_state_read(&got, &s);
		if (!fw_store_state_equal(&got, &before))
			assert_after();
	}
	assert_after();
}

static void
test_readable(void **state)
{
	int i;

	for (i = 0; i < 40; i += 3) {
		(void)setup(state);
		reset_readable(i);
	}
}

static void
test_garbage(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(memboard.flash); i++)
		memboard.flash[i] = (uint8_t)fw_store_random(&rng, 256);
	cut_unreadable(2);
	/* Only one page of it. */
	memset(memboard.flash + MEMBOARD_PAGE_LEN, 0xff,
	    sizeof(memboard.flash) - MEMBOARD_PAGE_LEN);
	cut_unreadable(4);
}

/* One unit is damaged, in each page by turns: in its header, its log, or
 * behind it. */
static void
damage_by_turns(int pages)
{
	static struct memboard whole;
	static const size_t at[] = {5, 12, 17, 80, 2000, MEMBOARD_PAGE_LEN - 9};
	size_t i, page;

	make_store(pages);
	whole = memboard;
	for (page = 0; page < MEMBOARD_PAGE_CNT; page++)
		for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
			memboard = whole;
			memset(memboard.flash + page * MEMBOARD_PAGE_LEN +
				at[i],
			    0x11, 9);
			open_call(NULL);
			if (opened == FW_OK || (page * 6 + i) % 7 != 0)
				continue;
			memboard.ops = 0;
			cut_unreadable(1);
		}
}

static void
test_damaged_log(void **state)
{
	(void)state;
	damage_by_turns(0);
	(void)setup(state);
	damage_by_turns(1);
	(void)setup(state);
	damage_by_turns(7);
	(void)setup(state);
	damage_by_turns(30);
	(void)setup(state);
	damage_by_turns(50);
	/* The log is in pages 4 to 31: what a reset erases first may have been
	 * all that was wrong. */
	(void)setup(state);
	make_store(3);
	fw_store_reset(&s, item, 2);
	damage_by_turns(27);
}

/* The sequence numbers of the pages leave no room for one that is newer. */
static void
test_newer(void **state)
{
	static const uint8_t header[] = {0x54, 0x53, 0x73, 0x74, 0x00, 0x03,
	    0x80, 0x01, 0xff, 0xff, 0xff, 0xff};
	uint32_t crc = 0xffffffff;
	unsigned int bit;
	size_t i;

	(void)state;
	memcpy(memboard.flash, header, sizeof(header));
	for (i = 0; i < sizeof(header); i++) {
		crc ^= header[i];
		for (bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	for (i = 0; i < 4; i++)
		memboard.flash[12 + i] = (uint8_t)(~crc >> (24 - 8 * i));
	open_call(NULL);
	assert_int_equal(opened, FW_ERR_NEWER);
	cut_unreadable(4);
	/* With a store of this version around it. */
	memcpy(start.flash, memboard.flash, 16);
	memboard_reset();
	make_store(4);
	memcpy(memboard.flash + 9 * MEMBOARD_PAGE_LEN, start.flash, 16);
	open_call(NULL);
	assert_int_equal(opened, FW_ERR_NEWER);
	cut_unreadable(4);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_readable),
	    TEST(test_garbage),
	    TEST(test_damaged_log),
	    TEST(test_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
