/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log to the byte: what a writer of its own, made from docs/FLASH.md, puts
 * into the flash, and what the store says of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memboard.h"
#include "store_log.h"

#define UNIT HAL_FLASH_UNIT_LEN
#define TOP UINT32_C(0x80000000)
#define SEQ_LAST UINT32_C(0xfffffff0)

static struct fw_store s;
static const uint8_t big[FW_STORE_VALUE_MAX] = {1};

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	memset(&s, 0, sizeof(s));
	return 0;
}

/* Where the next unit goes, and the checksum of the batch so far. */
struct writer {
	uint32_t page, seq, off, crc;
};

static uint32_t
crc32_of(uint32_t crc, const uint8_t *p, size_t len)
{
	unsigned int bit;

	crc = ~crc;
	for (; len > 0; len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	size_t i;

	for (i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
	return p + 4;
}

static uint32_t
crc32_at(uint32_t seq, uint32_t off)
{
	uint8_t b[8];

	put32(put32(b, seq), off);
	return crc32_of(0, b, sizeof(b));
}

static uint8_t *
at(const struct writer *w)
{
	return memboard.flash + w->page * MEMBOARD_PAGE_LEN + w->off;
}

static void
batch(struct writer *w)
{
	w->crc = crc32_at(w->seq, w->off);
}

static struct writer
header(uint32_t page, uint32_t seq, unsigned int version, unsigned int prev)
{
	struct writer w = {.page = page, .seq = seq};
	uint8_t *p = put32(at(&w), 0x54537374), b[12];

	put32(put32(p, version << 16 | prev), seq);
	memcpy(b, at(&w), sizeof(b));
	put32(at(&w) + 12, crc32_of(0, b, sizeof(b)));
	w.off = 2 * UNIT;
	batch(&w);
	return w;
}

static void
record(struct writer *w, unsigned int key, const void *value, size_t len)
{
	size_t padded = (len + UNIT - 1) / UNIT * UNIT;
	uint8_t *p = at(w);
	uint32_t crc;

	put32(p, key << 16 | (uint32_t)len);
	memset(p + UNIT, 0xff, padded);
	memcpy(p + UNIT, value, len);
	crc = crc32_of(crc32_at(w->seq, w->off), p, 4);
	put32(p + 4, crc32_of(crc, p + UNIT, padded) | TOP);
	w->crc = crc32_of(w->crc, p, UNIT);
	w->off += (uint32_t)(UNIT + padded);
}

static void
end(struct writer *w)
{
	put32(put32(at(w), w->crc | TOP), ~(w->crc | TOP));
	w->off += UNIT;
	batch(w);
}

/* A batch of one record. */
static void
one(struct writer *w, unsigned int key, const char *value)
{
	record(w, key, value, strlen(value));
	end(w);
}

static void
assert_value(unsigned int key, const char *text)
{
	uint8_t buf[FW_STORE_VALUE_MAX];

	assert_int_equal(fw_store_get(&s, buf, sizeof(buf), key),
	    (int)strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void
assert_none(unsigned int key)
{
	uint8_t buf[FW_STORE_VALUE_MAX];

	assert_int_equal(fw_store_get(&s, buf, sizeof(buf), key), FW_ERR_NONE);
}

/* Open says r and has written nothing. */
static void
assert_open(int r)
{
	memboard.ops = 0;
	assert_int_equal(fw_store_open(&s), r);
	assert_int_equal(memboard.ops, 0);
}

static void
put(unsigned int key, const void *value, size_t len)
{
	assert_int_equal(fw_store_put(&s, key, value, len), FW_OK);
}

/* seq, off, key, length and value are in the checksums, and nothing else. */
static void
test_bytes(void **state)
{
	static uint8_t flash[MEMBOARD_FLASH_LEN];
	struct fw_store_item item[] = {{FW_STORE_COUNTER,
					   (const uint8_t *)"0002", 4},
	    {FW_STORE_PIN, NULL, 0}, {FW_STORE_LIVE, big, 21}};
	struct writer w;

	(void)state;
	assert_int_equal(fw_store_open(&s), FW_OK);
	put(FW_STORE_PIN, "12345678", 8);
	assert_int_equal(fw_store_commit(&s, item, 3), FW_OK);
	assert_int_equal(fw_store_open(&s), FW_OK);
	put(FW_STORE_SEED, "next page", 9);
	memcpy(flash, memboard.flash, sizeof(flash));
	memboard_reset();
	w = header(0, 1, 2, 0x8001);
	end(&w);
	one(&w, FW_STORE_PIN, "12345678");
	record(&w, FW_STORE_COUNTER, "0002", 4);
	record(&w, FW_STORE_PIN | 0x4000, "", 0);
	record(&w, FW_STORE_LIVE, big, 21);
	end(&w);
	w = header(1, 2, 2, w.off);
	one(&w, FW_STORE_SEED, "next page");
	assert_memory_equal(flash, memboard.flash, sizeof(flash));
}

/* An end that read torn at one power-up, and so was sealed by prev, and reads
 * complete at a later one: it does not come back. */
static void
test_sealed_batch_stays_out(void **state)
{
	struct writer w = header(0, 1, 2, 0x8001);
	uint32_t sealed;

	(void)state;
	one(&w, FW_STORE_PIN, "old");
	sealed = w.off;
	one(&w, FW_STORE_PIN, "never told");
	w = header(1, 2, 2, sealed);
	one(&w, FW_STORE_LIVE, "next");
	assert_open(FW_OK);
	assert_value(FW_STORE_PIN, "old");
	assert_value(FW_STORE_LIVE, "next");
}

/* prev is where a batch ends; what is behind it does not count. */
static void
test_prev_is_exact(void **state)
{
	struct writer w = header(0, 1, 2, 0x8001), head;
	uint32_t off;

	(void)state;
	end(&w);
	record(&w, FW_STORE_PIN, "value", 5);
	end(&w);
	for (off = 2 * UNIT; off <= w.off + UNIT; off += UNIT) {
		head = header(1, 2, 2, off);
		end(&head);
		assert_open(
		    off <= 3 * UNIT || off == w.off ? FW_OK : FW_ERR_CORRUPT);
	}
}

static enum fw_log_state
judge(const struct writer *w, uint32_t off, uint32_t *next)
{
	struct fw_log_at where = {w->page, w->seq, off};

	assert_true(fw_store_open(&s) != FW_ERR_SIZE); /* the lengths */
	return fw_log_batch_read(&s, next, where);
}

/* The commit that wrote a record has seen to the room for its end. */
static void
test_record_leaves_room_for_an_end(void **state)
{
	struct writer w = header(0, 1, 2, 0x8001);
	uint32_t off = MEMBOARD_PAGE_LEN - 3 * UNIT, next = 0;

	(void)state;
	w.off = off;
	batch(&w);
	record(&w, FW_STORE_PIN, "12345678", 8);
	end(&w);
	assert_int_equal(judge(&w, off, &next), FW_LOG_DONE);
	assert_int_equal(next, MEMBOARD_PAGE_LEN);
	memset(memboard.flash + off, 0xff, 3 * UNIT);
	off += UNIT;
	w.off = off;
	record(&w, FW_STORE_PIN, "12345678", 8);
	assert_int_equal(judge(&w, off, &next), FW_LOG_BAD);
}

/* Keys that there are, and no others: they are places in the index. */
static void
test_last_key(void **state)
{
	struct writer w = header(0, 1, 2, 0x8001);

	(void)state;
	one(&w, FW_STORE_KEY_CNT - 1, "value");
	assert_open(FW_OK);
	one(&w, FW_STORE_KEY_CNT, "value");
	assert_open(FW_ERR_CORRUPT);
}

/* An end with the checksum of another batch: no cut makes an end. */
static void
test_end_of_another_batch(void **state)
{
	struct writer w = header(0, 1, 2, 0x8001);

	(void)state;
	end(&w);
	record(&w, FW_STORE_PIN, "value", 5);
	w.crc ^= 4;
	end(&w);
	assert_open(FW_ERR_CORRUPT);
}

/* The newest page has one batch, and one bit of its value is lost. */
static void
test_damage_of_a_first_batch(void **state)
{
	struct writer w = header(0, 33, 2, 0x8001);

	(void)state;
	end(&w);
	one(&w, FW_STORE_COUNTER, "0001");
	w = header(1, 34, 2, w.off);
	record(&w, FW_STORE_COUNTER, "0002", 4);
	record(&w, FW_STORE_PIN, "12345678", 8);
	end(&w);
	assert_open(FW_OK);
	assert_value(FW_STORE_COUNTER, "0002");
	memboard.flash[MEMBOARD_PAGE_LEN + 3 * UNIT] ^= 1;
	assert_open(FW_ERR_CORRUPT);
	/* With the header hit, too, it is as good as a page that was cut. */
	memboard.flash[MEMBOARD_PAGE_LEN] ^= 1;
	assert_open(FW_OK);
	assert_value(FW_STORE_COUNTER, "0001");
	/* And so it is with the header of another turn. */
	(void)header(1, 2, 2, 24);
	assert_open(FW_OK);
	assert_value(FW_STORE_COUNTER, "0001");
}

/* A page in the middle with another sequence number, of which nothing is
 * asked but that. */
static void
test_sequence_is_unbroken(void **state)
{
	struct writer w = header(0, 1, 2, 0x8001);

	(void)state;
	end(&w);
	(void)header(1, 2, 2, w.off);
	w = header(2, 3, 2, 2 * UNIT);
	one(&w, FW_STORE_PIN, "value");
	assert_open(FW_OK);
	(void)header(1, 1, 2, 3 * UNIT);
	assert_open(FW_ERR_CORRUPT);
}

static void
test_version_of_each_page(void **state)
{
	struct writer w;
	unsigned int version;

	(void)state;
	for (version = 0; version < 6; version += version == 1 ? 2 : 1) {
		memboard_reset();
		w = header(0, 1, version, 0x8001);
		one(&w, FW_STORE_PIN, "value");
		/* Would be erased as the remains of a reset. */
		memset(memboard.flash + 9 * MEMBOARD_PAGE_LEN, 0, UNIT);
		assert_open(version > 2 ? FW_ERR_NEWER : FW_ERR_CORRUPT);
		assert_none(FW_STORE_PIN);
	}
}

/* A later version in any page, beside a log that is in order. */
static void
test_newer_page_anywhere(void **state)
{
	struct writer w;
	uint32_t page;

	(void)state;
	for (page = 0; page < MEMBOARD_PAGE_CNT; page++) {
		memboard_reset();
		(void)header(page, 9, 3, 0);
		assert_open(FW_ERR_NEWER);
	}
	memboard_reset();
	w = header(0, 1, 2, 0x8001);
	one(&w, FW_STORE_PIN, "one");
	one(&w, FW_STORE_PIN, "two");
	(void)header(1, 9, 3, 0);
	assert_open(FW_ERR_NEWER);
	assert_none(FW_STORE_PIN); /* not even what could be read */
	(void)header(1, 9, 1, 0);
	assert_open(FW_OK);
	assert_value(FW_STORE_PIN, "two");
}

static void
test_last_sequence_number(void **state)
{
	struct writer w = header(0, SEQ_LAST, 2, 0x8001);

	(void)state;
	one(&w, FW_STORE_PIN, "last");
	assert_open(FW_OK);
	memboard_reset();
	w = header(0, SEQ_LAST + 1, 2, 0x8001);
	one(&w, FW_STORE_PIN, "beyond");
	assert_open(FW_ERR_CORRUPT);
}

/* What is not erased where a log that began with a first page never was. */
static void
test_blank_all_round(void **state)
{
	struct writer w = header(3, 7, 2, 0x8001);
	uint32_t page, slot = 5;

	(void)state;
	one(&w, FW_STORE_PIN, "one");
	w = header(4, 8, 2, w.off);
	one(&w, FW_STORE_PIN, "two");
	for (page = 0; page < MEMBOARD_PAGE_CNT; page++) {
		if (page == 3 || page == 4)
			continue;
		memset(memboard.flash + page * MEMBOARD_PAGE_LEN, 0x7f, 1);
		assert_open(page == slot ? FW_OK : FW_ERR_CORRUPT);
		memset(memboard.flash + page * MEMBOARD_PAGE_LEN, 0xff, 1);
	}
	/* The same with one page: its second batch says that all was erased. */
	memset(memboard.flash, 0xff, sizeof(memboard.flash));
	w = header(3, 7, 2, 0x8001);
	end(&w);
	one(&w, FW_STORE_PIN, "one");
	for (page = 5; page != 3; page = (page + 1) % MEMBOARD_PAGE_CNT) {
		memboard.flash[page * MEMBOARD_PAGE_LEN] = 0x7f;
		assert_open(FW_ERR_CORRUPT);
		memboard.flash[page * MEMBOARD_PAGE_LEN] = 0xff;
	}
}

/* Of a reset that was cut, each page that is not erased is, whatever it is. */
static void
test_purge_all_round(void **state)
{
	struct writer w = header(3, 7, 2, 0x8001);
	uint32_t page;

	(void)state;
	one(&w, FW_STORE_PIN, "new");
	for (page = 0; page < MEMBOARD_PAGE_CNT; page++) {
		if (page == 3)
			continue;
		(void)header(page, 9, 3, 0);
		memboard.ops = 0;
		assert_int_equal(fw_store_open(&s), FW_OK);
		assert_int_equal(memboard.ops, 1);
		assert_int_equal(memboard.flash[page * MEMBOARD_PAGE_LEN],
		    0xff);
		assert_value(FW_STORE_PIN, "new");
	}
}

/* 31 pages, four of them full of records in force, from one on: more than ever
 * are.  Another record as long is put, with r; none is lost. */
static void
put_to_full(uint32_t full, int r)
{
	uint32_t page, off = MEMBOARD_PAGE_LEN;
	unsigned int key = FW_STORE_CRED;
	struct writer w;
	int i;

	memboard_reset();
	for (page = 0; page + 1 < MEMBOARD_PAGE_CNT; page++) {
		w = header(page, 100 + page, 2, off);
		for (i = 0; page >= full && page < full + 4 && i < 10; i++)
			record(&w, key++, big, sizeof(big));
		end(&w);
		off = w.off;
	}
	assert_open(FW_OK); /* though there is no page before the oldest */
	assert_int_equal(fw_store_put(&s, FW_STORE_PIN, big, sizeof(big)), r);
	assert_open(FW_OK);
	for (key = FW_STORE_CRED; key < FW_STORE_CRED + 40; key++)
		assert_int_equal(fw_store_peek(&s, &(uint8_t){0}, 1, key),
		    FW_OK);
}

/* The last free page is not used up; the last but one is. */
static void
test_full_is_told(void **state)
{
	(void)state;
	put_to_full(0, FW_ERR_FULL);
	put_to_full(1, FW_OK);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_bytes),
	    TEST(test_sealed_batch_stays_out),
	    TEST(test_record_leaves_room_for_an_end),
	    TEST(test_prev_is_exact),
	    TEST(test_last_key),
	    TEST(test_end_of_another_batch),
	    TEST(test_damage_of_a_first_batch),
	    TEST(test_sequence_is_unbroken),
	    TEST(test_version_of_each_page),
	    TEST(test_newer_page_anywhere),
	    TEST(test_last_sequence_number),
	    TEST(test_blank_all_round),
	    TEST(test_purge_all_round),
	    TEST(test_full_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
