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
test_compaction(void **state)
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
	assert_true(s.seq > 5);
	assert_value(FW_STORE_DEVICE, "never changed");
	for (i = 19993; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "value %d", i);
		assert_value(FW_STORE_CRED + (unsigned int)(i % 7), text);
	}
	open_store();
	assert_value(FW_STORE_DEVICE, "never changed");
	assert_value(FW_STORE_CRED + 19999 % 7, "value 19999");
}

/* A full store was copied with a wait for the disk per record: half a second
 * in which the token said nothing. */
static void
test_compaction_waits_few_times(void **state)
{
	unsigned int i;

	(void)state;
	open_store();
	for (i = 0; i < FW_STORE_CRED_CNT; i++)
		put(FW_STORE_CRED + i, "credential");
	while (s.seq == 1) {
		memboard.syncs = 0;
		put(FW_STORE_COUNTER, "x");
	}
	/* Spare area erased, copied, committed, old one erased, new record. */
	assert_int_equal(memboard.syncs, 5);
	assert_false(memboard.unsynced);
}

/* Both areas wear alike: one erase per page and turn. */
static void
test_areas_alternate(void **state)
{
	uint32_t seq, base;

	(void)state;
	open_store();
	base = s.base;
	seq = s.seq;
	while (s.seq == seq)
		put(FW_STORE_PIN, "x");
	assert_int_not_equal(s.base, base);
	while (s.seq == seq + 1)
		put(FW_STORE_PIN, "x");
	assert_int_equal(s.base, base);
}

/* All credentials at full length, and the PIN can still be counted down. */
static void
test_full_of_credentials(void **state)
{
	uint8_t value[FW_STORE_VALUE_MAX];
	unsigned int i;

	(void)state;
	open_store();
	memset(value, 0xa5, sizeof(value));
	for (i = 0; i < FW_STORE_CRED_CNT; i++)
		assert_int_equal(fw_store_put(&s, FW_STORE_CRED + i, value,
				     sizeof(value)),
		    FW_OK);
	for (i = 0; i < 3000; i++)
		put(FW_STORE_PIN, "34 bytes is what a PIN record has.");
	open_store();
	for (i = 0; i < FW_STORE_CRED_CNT; i++)
		assert_int_equal(fw_store_get(&s, value, sizeof(value),
				     FW_STORE_CRED + i),
		    sizeof(value));
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
}

/* Make the header that a later version would write. */
static void
test_newer_version_is_refused(void **state)
{
	uint32_t crc = 0xffffffff;
	unsigned int bit;
	size_t i;

	(void)state;
	open_store();
	put(FW_STORE_PIN, "value");
	memboard.flash[5] = FW_STORE_VERSION + 1;
	for (i = 0; i < 12; i++) {
		crc ^= memboard.flash[i];
		for (bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	crc = ~crc;
	for (i = 0; i < 4; i++)
		memboard.flash[12 + i] = (uint8_t)(crc >> (24 - 8 * i));
	assert_refused(FW_ERR_NEWER);
}

static void
test_small_flash_is_refused(void **state)
{
	(void)state;
	memboard.page_cnt = 8;
	assert_refused(FW_ERR_SIZE);
}

/* A record in the middle of the log has a flipped bit: no cut does that. */
static void
test_damage_is_refused(void **state)
{
	size_t i;

	(void)state;
	open_store();
	put(FW_STORE_PIN, "first record");
	put(FW_STORE_CRED, "second record");
	put(FW_STORE_CRED + 1, "third record");
	for (i = 16; i < 16 + 32; i++) { /* all bytes of the first */
		memboard.flash[i] ^= 0x10;
		assert_refused(FW_ERR_CORRUPT);
		memboard.flash[i] ^= 0x10;
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
	memboard.flash[16 + 9] ^= 1;
	assert_int_equal(memboard_run(get_pin, NULL, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_STORE_CORRUPT);
}

/* Changes that are cut at every flash operation. */
static void
change_put(void *arg)
{
	(void)arg;
	put(FW_STORE_PIN, "the new value is longer");
}

static void
change_del(void *arg)
{
	(void)arg;
	assert_int_equal(fw_store_del(&s, FW_STORE_PIN), FW_OK);
}

static void
change_open(void *arg)
{
	(void)arg;
	open_store();
}

static void
change_reset(void *arg)
{
	static const struct fw_store_item item[] = {
	    {FW_STORE_DEVICE, (const uint8_t *)"fresh", 5}};

	(void)arg;
	fw_store_reset(&s, item, 1);
}

/* What the store says, in one word, so that states can be compared. */
static const char *
summary(void)
{
	static char text[2][64];
	static unsigned int turn;
	char *out = text[turn++ % 2];
	uint8_t pin[64] = {0}, dev[64] = {0};
	int a = fw_store_get(&s, pin, sizeof(pin) - 1, FW_STORE_PIN);
	int b = fw_store_get(&s, dev, sizeof(dev) - 1, FW_STORE_DEVICE);
	int c = fw_store_get(&s, pin + 40, 8, FW_STORE_CRED);

	(void)snprintf(out, 64, "%d %.28s %d %.8s %d", a, (char *)pin, b,
	    (char *)dev, c);
	return out;
}

/*
 * Run change from the present flash, cut at operation n; true if the change
 * ended before.  Then open again: the state must be before or after.
 */
static bool
cut_once(void (*change)(void *), long n, enum memboard_cut cut,
    const char *before, const char *after)
{
	enum memboard_end end;
	const char *got;

	end = memboard_run(change, NULL, n, cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	open_store();
	got = summary();
	if (strcmp(got, before) != 0 && strcmp(got, after) != 0)
		fail_msg("cut %ld/%d: %s", n, (int)cut, got);
	/* The next changes work. */
	put(FW_STORE_COUNTER, "next");
	open_store();
	assert_value(FW_STORE_COUNTER, "next");
	return end == MEMBOARD_DONE;
}

static void
cut_everywhere(void (*change)(void *))
{
	static uint8_t start[MEMBOARD_FLASH_LEN];
	char before[64], after[64];
	long n;
	int cut;
	bool ended;

	memcpy(start, memboard.flash, sizeof(start));
	open_store();
	(void)strcpy(before, summary());
	change(NULL);
	assert_false(memboard.unsynced); /* durable when it returns */
	(void)strcpy(after, summary());
	for (cut = MEMBOARD_CUT_NOTHING; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1, ended = false; !ended; n++) {
			memcpy(memboard.flash, start, sizeof(start));
			if (change != change_open)
				open_store();
			ended = cut_once(change, n, (enum memboard_cut)cut,
			    before, after);
			assert_true(n < 5000);
		}
}

static void
fill_some(void)
{
	open_store();
	put(FW_STORE_DEVICE, "device");
	put(FW_STORE_PIN, "old");
	put(FW_STORE_CRED, "credential");
}

static void
test_cut_put(void **state)
{
	(void)state;
	fill_some();
	cut_everywhere(change_put);
}

static void
test_cut_del(void **state)
{
	(void)state;
	fill_some();
	cut_everywhere(change_del);
}

static void
test_cut_reset(void **state)
{
	(void)state;
	fill_some();
	cut_everywhere(change_reset);
}

static void
test_cut_format(void **state)
{
	(void)state;
	cut_everywhere(change_open);
}

/* The put that compacts: copy, commit and erase are all cut. */
static void
test_cut_compaction(void **state)
{
	(void)state;
	fill_some();
	while (s.end + 16 + 24 <= s.area_len)
		put(FW_STORE_COUNTER, "next");
	cut_everywhere(change_put);
}

/* A cut while opening finishes what an earlier cut interrupted. */
static void
test_cut_recovery(void **state)
{
	(void)state;
	fill_some();
	assert_int_equal(memboard_run(change_put, NULL, 3, MEMBOARD_CUT_PART),
	    MEMBOARD_POWER_CUT);
	cut_everywhere(change_open);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_keeps_values, setup),
	    cmocka_unit_test_setup(test_lengths_are_checked, setup),
	    cmocka_unit_test_setup(test_compaction, setup),
	    cmocka_unit_test_setup(test_compaction_waits_few_times, setup),
	    cmocka_unit_test_setup(test_areas_alternate, setup),
	    cmocka_unit_test_setup(test_full_of_credentials, setup),
	    cmocka_unit_test_setup(test_reset, setup),
	    cmocka_unit_test_setup(test_garbage_is_refused, setup),
	    cmocka_unit_test_setup(test_newer_version_is_refused, setup),
	    cmocka_unit_test_setup(test_small_flash_is_refused, setup),
	    cmocka_unit_test_setup(test_damage_is_refused, setup),
	    cmocka_unit_test_setup(test_damage_while_running_halts, setup),
	    cmocka_unit_test_setup(test_cut_put, setup),
	    cmocka_unit_test_setup(test_cut_del, setup),
	    cmocka_unit_test_setup(test_cut_reset, setup),
	    cmocka_unit_test_setup(test_cut_format, setup),
	    cmocka_unit_test_setup(test_cut_compaction, setup),
	    cmocka_unit_test_setup(test_cut_recovery, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
