/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What version 1 wrote is converted when the store is opened: no value is lost
 * or changed, wherever the power is cut.
 *
 * The two images were made by the last code of version 1.  The small writer
 * here makes the first of them to the byte, and then larger ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/bytes.h>

#include "fw_store_state.h"

#define UNIT HAL_FLASH_UNIT_LEN
#define DELETED 0x8000

/* clang-format off */
/* What is not erased, from an offset on. */
static const char *const image_first_area[] = {
    "@0 "
    "545373740001000000000001c4b58b5900000020632cd6116120646576696365"
    "20736563726574206f66207468697274792d74776f20622e7c1dc543444f4e45"
    "000100228ce0dd0a070a0d101316191c1f2225282b2e3134373a3d404346494c"
    "4f5255585b5e6164676affffffffffffc9e2e39d444f4e45000200045cabe6ae"
    "30303031ffffffff76d5c557444f4e4500080180a2f21500383b3e4144474a4d"
    "505356595c5f6265686b6e7174777a7d808386898c8f9295989b9ea1a4a7aaad"
    "b0b3b6b9bcbfc2c5c8cbced1d4d7dadde0e3e6e9eceff2f5f8fbfe0104070a0d"
    "101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d"
    "707376797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1c4c7cacd"
    "d0d3d6d9dcdfe2e5e8ebeef1f4f7fafd000306090c0f1215181b1e2124272a2d"
    "303336393c3f4245484b4e5154575a5d606366696c6f7275787b7e8184878a8d"
    "909396999c9fa2a5a8abaeb1b4b7babdc0c3c6c9cccfd2d5d8dbdee1e4e7eaed"
    "f0f3f6f9fcff0205080b0e1114171a1d202326292c2f3235383b3e4144474a4d"
    "505356595c5f6265686b6e7174777a7d808386898c8f9295989b9ea1a4a7aaad"
    "b0b3b6b9bcbfc2c5c8cbced1d4d7dadde0e3e6e9eceff2f5f8fbfe0104070a0d"
    "101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d"
    "707376797c7f8285888b8e9194979a9da0a3a6a9acafb2b5891febf7444f4e45"
    "000900641d4c68173f4245484b4e5154575a5d606366696c6f7275787b7e8184"
    "878a8d909396999c9fa2a5a8abaeb1b4b7babdc0c3c6c9cccfd2d5d8dbdee1e4"
    "e7eaedf0f3f6f9fcff0205080b0e1114171a1d202326292c2f3235383b3e4144"
    "474a4d505356595c5f626568ffffffff3f3eb264444f4e45000a000055d5730f"
    "2be2b28d444f4e45000200045cabe6ae30303032ffffffff3175bf87444f4e45"
    "80090000baca7b6dbb321295444f4e450087004db455c6f1b1b4b7babdc0c3c6"
    "c9cccfd2d5d8dbdee1e4e7eaedf0f3f6f9fcff0205080b0e1114171a1d202326"
    "292c2f3235383b3e4144474a4d505356595c5f6265686b6e7174777a7d808386"
    "898c8f9295ffffff9bbbd727444f4e45",
    NULL};

/* Compacted once, so in the second area; its last record was cut. */
static const char *const image_second_area[] = {
    "@10000 "
    "5453737400010000000000025dbcdae300000020248cacc16120646576696365"
    "20736563726574206f66207468697274792d74776f20622e433b16ae444f4e45"
    "00010022cb40a7da070a0d101316191c1f2225282b2e3134373a3d404346494c"
    "4f5255585b5e6164676affffffffffffb9980389444f4e45000200041b0b9c7e"
    "30303033ffffffff1f657dec444f4e4500080180e5526fd0383b3e4144474a4d"
    "505356595c5f6265686b6e7174777a7d808386898c8f9295989b9ea1a4a7aaad"
    "b0b3b6b9bcbfc2c5c8cbced1d4d7dadde0e3e6e9eceff2f5f8fbfe0104070a0d"
    "101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d"
    "707376797c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1c4c7cacd"
    "d0d3d6d9dcdfe2e5e8ebeef1f4f7fafd000306090c0f1215181b1e2124272a2d"
    "303336393c3f4245484b4e5154575a5d606366696c6f7275787b7e8184878a8d"
    "909396999c9fa2a5a8abaeb1b4b7babdc0c3c6c9cccfd2d5d8dbdee1e4e7eaed"
    "f0f3f6f9fcff0205080b0e1114171a1d202326292c2f3235383b3e4144474a4d"
    "505356595c5f6265686b6e7174777a7d808386898c8f9295989b9ea1a4a7aaad"
    "b0b3b6b9bcbfc2c5c8cbced1d4d7dadde0e3e6e9eceff2f5f8fbfe0104070a0d"
    "101316191c1f2225282b2e3134373a3d404346494c4f5255585b5e6164676a6d"
    "707376797c7f8285888b8e9194979a9da0a3a6a9acafb2b542863a26444f4e45"
    "000a0000127509df9ed7f004444f4e450087004df3f5bc21b1b4b7babdc0c3c6"
    "c9cccfd2d5d8dbdee1e4e7eaedf0f3f6f9fcff0205080b0e1114171a1d202326"
    "292c2f3235383b3e4144474a4d505356595c5f6265686b6e7174777a7d808386"
    "898c8f9295ffffff6c954963444f4e45000200041b0b9c7e30303033ffffffff"
    "1f657dec444f4e45000100078044739d6368616e676564fff87a7fd3444f4e45"
    "80080000fca86b8aa54858c1444f4e45000b00c88608296a4d505356595c5f62"
    "65686b6e7174777a7d808386898c8f9295989b9ea1a4a7aaadb0b3b6b9bcbfc2"
    "c5c8cbced1d4d7dadde0e3e6e9eceff2f5f8fbfe0104070a0d101316191c1f22"
    "25282b2e3134373a3d404346494c4f5255585b5e6164676a6d707376797c7f82"
    "85888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1c4c7cacdd0d3d6d9dcdfe2"
    "e5e8ebeef1f4f7fafd000306090c0f1215181b1e2124272a2d303336393c3f42"
    "45484b4e5154575a5d606366696c6f7275787b7e8184878a8d909396999c9fa2"
    "85272f89444f4e450002000b8bb481ef3030303420697320637574ffffffffff"
    "7b5eff5f5e5f5e5f",
    NULL};
/* clang-format on */

static struct fw_store s;
static struct fw_store_state want, got;
static struct memboard start;
static uint64_t rng;

static unsigned int
hex_digit(char c)
{
	return (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void
load(const char *const *image)
{
	const char *p;
	size_t off;

	for (; *image != NULL; image++) {
		off = 0;
		for (p = *image + 1; *p != ' '; p++)
			off = off * 16 + hex_digit(*p);
		for (p++; *p != 0; p += 2)
			memboard.flash[off++] =
			    (uint8_t)(hex_digit(p[0]) * 16 + hex_digit(p[1]));
	}
}

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	rng = 1;
	memset(&want, 0, sizeof(want));
	memset(want.len, 0xff, sizeof(want.len)); /* all -1 */
	return 0;
}

/* Writer of version 1. */
struct writer {
	size_t base, off;
	uint32_t seq, damage; /* of the checksum of a first unit */
};

static uint32_t
crc32(uint32_t crc, const uint8_t *p, size_t len)
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

static uint32_t
crc32_seq(uint32_t crc, uint32_t seq)
{
	struct tsw_wr wr;
	uint8_t b[4];

	tsw_wr_init(&wr, b, sizeof(b));
	tsw_wr_u32(&wr, seq);
	return crc32(crc, b, sizeof(b));
}

static struct writer
write_header(size_t base, uint32_t seq)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, memboard.flash + base, 2 * UNIT);
	tsw_wr_u32(&wr, 0x54537374);
	tsw_wr_u16(&wr, 1);
	tsw_wr_u16(&wr, 0);
	tsw_wr_u32(&wr, seq);
	tsw_wr_u32(&wr, crc32_seq(crc32(0, memboard.flash + base, UNIT), seq));
	return (struct writer){base, 2 * UNIT, seq, 0};
}

static void
write_raw(struct writer *w, unsigned int key, const void *value, size_t len)
{
	uint8_t *p = memboard.flash + w->base + w->off;
	size_t padded = (len + UNIT - 1) / UNIT * UNIT;
	uint32_t crc = crc32_seq(0, w->seq);
	struct tsw_wr wr;

	tsw_wr_init(&wr, p, 2 * UNIT + padded);
	tsw_wr_u16(&wr, (uint16_t)key);
	tsw_wr_u16(&wr, (uint16_t)len);
	tsw_wr_u32(&wr, crc32(crc, p, 4) ^ w->damage);
	memcpy(p + UNIT, value, len);
	tsw_wr_init(&wr, p + UNIT + padded, UNIT);
	tsw_wr_u32(&wr, crc32(crc, p, UNIT + padded));
	tsw_wr_u32(&wr, 0x444f4e45);
	w->off += 2 * UNIT + padded;
}

/* Append a record, and note what the store is to say then. */
static void
write_record(struct writer *w, unsigned int key, const void *value, size_t len)
{
	write_raw(w, key, value, len);
	key &= DELETED - 1;
	memset(want.value[key], 0, sizeof(want.value[key]));
	memcpy(want.value[key], value, len);
	want.len[key] = (int)len;
}

static void
write_delete(struct writer *w, unsigned int key)
{
	write_record(w, key | DELETED, "", 0);
	want.len[key] = -1;
}

static void
write_pattern(struct writer *w, unsigned int key, size_t len)
{
	uint8_t value[FW_STORE_VALUE_MAX];
	size_t i;

	for (i = 0; i < len; i++)
		value[i] = (uint8_t)(key * 7 + i * 3);
	write_record(w, key, value, len);
}

/* What the code of version 1 was told for the first image. */
static void
write_first(struct writer *w)
{
	write_record(w, FW_STORE_DEVICE, "a device secret of thirty-two b.",
	    32);
	write_pattern(w, FW_STORE_PIN, 34);
	write_record(w, FW_STORE_COUNTER, "0001", 4);
	write_pattern(w, 8, 384);
	write_pattern(w, 9, 100);
	write_record(w, 10, "", 0);
	write_record(w, FW_STORE_COUNTER, "0002", 4);
	write_delete(w, 9);
	write_pattern(w, 135, 77);
}

/* As much as version 1 could hold, in the area at base. */
static struct writer
write_full(size_t base)
{
	struct writer w = write_header(base, 7);
	size_t area_len = memboard.page_cnt / 2 * memboard.page_len;
	unsigned int key;

	write_record(&w, FW_STORE_DEVICE, "secret", 6);
	write_pattern(&w, FW_STORE_PIN, FW_STORE_VALUE_MAX);
	for (key = 0; key < FW_STORE_CRED_CNT; key++)
		write_pattern(&w, FW_STORE_CRED + key, FW_STORE_VALUE_MAX);
	while (w.off + 64 <= area_len)
		write_record(&w, FW_STORE_COUNTER, "last", 4);
	return w;
}

static void
open_call(void *arg)
{
	(void)arg;
	assert_int_equal(fw_store_open(&s), FW_OK);
}

static void
assert_all_there(void)
{
	size_t i;

	fw_store_state_read(&got, &s);
	assert_true(fw_store_state_equal(&got, &want));
	/* Nothing of the old format is left. */
	for (i = 0; i < sizeof(memboard.flash); i += s.page_len)
		if (memboard.flash[i] != 0xff)
			assert_int_equal(memboard.flash[i + 5],
			    FW_STORE_VERSION);
	assert_int_equal(fw_store_put(&s, FW_STORE_LIVE, want.value[0], 3),
	    FW_OK);
	open_call(NULL);
	assert_int_equal(fw_store_del(&s, FW_STORE_LIVE), FW_OK);
	fw_store_state_read(&got, &s);
	assert_true(fw_store_state_equal(&got, &want));
}

/* Convert, cut at every step-th operation, and a few times while that is
 * repeated. */
static void
cut_conversion(long step)
{
	int again;
	long n;

	start = memboard;
	for (n = 1;; n += step) {
		memboard = start;
		if (fw_store_cut(open_call, NULL, n, &rng) == MEMBOARD_DONE)
			break;
		for (again = 0; again < 2; again++)
			(void)fw_store_cut(open_call, NULL,
			    1 + fw_store_random(&rng, (uint32_t)(2 * n)), &rng);
		open_call(NULL);
		assert_all_there();
	}
	assert_true(n > 20);
	memboard = start;
	open_call(NULL);
	assert_all_there();
	memboard = start;
}

static void
test_writer_is_right(void **state)
{
	struct writer w;

	(void)state;
	load(image_first_area);
	start = memboard;
	memboard_reset();
	w = write_header(0, 1);
	write_first(&w);
	assert_memory_equal(memboard.flash, start.flash,
	    sizeof(memboard.flash));
}

static void
test_first_area(void **state)
{
	struct writer w = write_header(0, 1);
	int i;

	(void)state;
	write_first(&w);
	memboard_reset();
	load(image_first_area);
	for (i = 0; i < 5; i++)
		cut_conversion(1);
}

static void
expect_second(void)
{
	struct writer w = write_header(0, 1);

	write_first(&w);
	write_record(&w, FW_STORE_COUNTER, "0003", 4);
	write_record(&w, FW_STORE_PIN, "changed", 7);
	write_delete(&w, 8);
	memset(want.value[8], 0, sizeof(want.value[8]));
	write_pattern(&w, 11, 200);
	memboard_reset();
}

static void
test_second_area(void **state)
{
	int i;

	(void)state;
	expect_second();
	load(image_second_area);
	for (i = 0; i < 5; i++)
		cut_conversion(1);
}

/* The first area was not yet erased when the power went. */
static void
test_both_areas(void **state)
{
	(void)state;
	expect_second();
	load(image_first_area);
	load(image_second_area);
	cut_conversion(1);
}

static void
test_small_pages(void **state)
{
	(void)state;
	expect_second();
	memboard.page_len = 2048;
	memboard.page_cnt = 64;
	load(image_second_area);
	cut_conversion(1);
}

static void
convert_full(uint32_t page_len, uint32_t page_cnt, size_t base)
{
	memboard_reset();
	memboard.page_len = page_len;
	memboard.page_cnt = page_cnt;
	(void)write_full(base);
	cut_conversion(getenv("TS_CUTS") == NULL ? 97 : 1);
}

static void
test_full(void **state)
{
	(void)state;
	convert_full(4096, 32, 0);
	convert_full(4096, 32, MEMBOARD_FLASH_LEN / 2);
	convert_full(2048, 64, 0);
	/* The smallest flash, in which there is one page to spare. */
	convert_full(4096, 30, 0);
}

/* A version 1 that was cut while it formatted held nothing. */
static void
test_cut_format(void **state)
{
	size_t i;

	(void)state;
	(void)write_header(0, 1);
	for (i = 12; i < 16; i++)
		memboard.flash[i] |= 0x0f;
	open_call(NULL);
	assert_all_there();
}

/* Damage is refused as version 1 refused it, and nothing is written. */
static void
test_damage(void **state)
{
	size_t i;

	(void)state;
	load(image_first_area);
	memboard.ops = 0;
	for (i = 0; i < 16 + 40 + 8; i++) {
		memboard.flash[i] ^= 0x10;
		assert_int_equal(fw_store_open(&s), FW_ERR_CORRUPT);
		memboard.flash[i] ^= 0x10;
	}
	assert_int_equal(memboard.ops, 0);
}

/* Records with right checksums that version 1 never wrote, and one with a
 * wrong one. */
static void
test_no_records(void **state)
{
	static const uint8_t value[FW_STORE_VALUE_MAX + 1];
	struct writer w;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		memboard_reset();
		w = i == 3 ? write_full(0) : write_header(0, 1);
		w.damage = i == 0;
		write_raw(&w, i == 1 ? FW_STORE_KEY_CNT : FW_STORE_PIN, value,
		    i == 2 ? sizeof(value) : 64);
		assert_int_equal(fw_store_open(&s), FW_ERR_CORRUPT);
	}
}

/* The first unit of a record was cut, after records that fill a page but for
 * its end, and the last key; the other area is older. */
static void
test_edges(void **state)
{
	struct writer w = write_header(MEMBOARD_FLASH_LEN / 2, 1);
	unsigned int key;

	(void)state;
	write_raw(&w, FW_STORE_PIN, "old", 3);
	w = write_header(0, 2);
	for (key = FW_STORE_CRED; key < FW_STORE_CRED + 10; key++)
		write_pattern(&w, key, FW_STORE_VALUE_MAX);
	write_pattern(&w, key, 152);
	write_pattern(&w, FW_STORE_KEY_CNT - 1, 5);
	memboard.flash[w.off] = 0x7f;
	open_call(NULL);
	assert_all_there();
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_writer_is_right),
	    TEST(test_first_area),
	    TEST(test_second_area),
	    TEST(test_both_areas),
	    TEST(test_small_pages),
	    TEST(test_full),
	    TEST(test_cut_format),
	    TEST(test_damage),
	    TEST(test_no_records),
	    TEST(test_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
