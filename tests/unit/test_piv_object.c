/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: data objects. */
#include "pivrig.h"

#include <stdio.h>
#include <string.h>

static uint8_t content[FW_PIV_OBJECT_MAX + 1];

static int
setup(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + i / 256);
	(void)pivrig_setup(state);
	pivrig_admin();
	return 0;
}

static void
expect(const char *object, const uint8_t *p, size_t len)
{
	struct tsw_slice value;

	assert_int_equal(pivrig_get(object), FW_SW_OK);
	assert_true(fw_tlv_only(&value,
	    (struct tsw_slice){pivrig.rsp, pivrig.len}, 0x53));
	assert_int_equal(value.len, len);
	assert_memory_equal(value.p, p, len);
}

/* Lengths around those of a part, and the longest. */
static void
test_lengths(void **state)
{
	static const size_t len[] = {1, 2, 127, 128, 255, 256, 381, 382, 383,
	    764, 765, 1528, 1529, FW_PIV_OBJECT_MAX, 5, 1529, 383, 1};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		assert_int_equal(pivrig_put("5fc105", content, len[i]),
		    FW_SW_OK);
		assert_int_equal(pivrig.len, 0);
		expect("5fc105", content, len[i]);
		pivrig_plug();
		expect("5fc105", content, len[i]);
		pivrig_admin();
	}
	assert_int_equal(pivrig_put("5fc105", content, sizeof(content)),
	    FW_SW_NO_ROOM);
	expect("5fc105", content, 1);
}

static void
test_delete(void **state)
{
	(void)state;
	assert_int_equal(pivrig_put("5fc10a", content, 1000), FW_SW_OK);
	assert_int_equal(pivrig_put("5fc10a", NULL, 0), FW_SW_OK);
	assert_int_equal(pivrig_get("5fc10a"), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_put("5fc10a", NULL, 0), FW_SW_OK);
	assert_int_equal(pivrig_put("5fc102", NULL, 0), FW_SW_OK);
	pivrig_plug();
	assert_int_equal(pivrig_get("5fc10a"), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_get("5fc102"), FW_SW_FILE_NOT_FOUND);
}

static void
test_needs_the_key(void **state)
{
	(void)state;
	pivrig_plug();
	assert_int_equal(pivrig_put("5fc105", content, 10), FW_SW_SECURITY);
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	assert_int_equal(pivrig_put("5fc105", content, 10), FW_SW_SECURITY);
	assert_int_equal(pivrig_put("5fc102", NULL, 0), FW_SW_SECURITY);
	assert_int_equal(pivrig_get("5fc105"), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_get("5fc102"), FW_SW_OK);
}

/* All objects that have a name, each with its own content; no other. */
static void
test_names(void **state)
{
	char name[8];
	unsigned int i, known = 0, sw;
	uint8_t value;

	(void)state;
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	for (i = 0; i < 0x200; i++) {
		(void)snprintf(name, sizeof(name), "5f%s%02x",
		    i < 0x100 ? "c1" : "ff", i & 0xff);
		value = (uint8_t)(i + i / 256);
		sw = pivrig_put(name, &value, 1);
		assert_true(sw == FW_SW_OK || sw == FW_SW_FILE_NOT_FOUND);
		if (sw != FW_SW_OK)
			assert_int_equal(pivrig_get(name),
			    FW_SW_FILE_NOT_FOUND);
	}
	for (i = 0; i < 0x200; i++) {
		(void)snprintf(name, sizeof(name), "5f%s%02x",
		    i < 0x100 ? "c1" : "ff", i & 0xff);
		value = (uint8_t)(i + i / 256);
		if (pivrig_get(name) != FW_SW_OK)
			continue;
		expect(name, &value, 1);
		known++;
	}
	assert_int_equal(known, 34 + 2 + 6);
	assert_int_equal(pivrig_get("7f61"), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_put("7e", content, 3), FW_SW_FILE_NOT_FOUND);
}

/* What is about its owner, for whoever knows the PIN. */
static void
test_needs_the_pin(void **state)
{
	static const char *const names[] = {"5fc103", "5fc108", "5fc109",
	    "5fc121"};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(pivrig_put(names[i], content, 100), FW_SW_OK);
		assert_int_equal(pivrig_get(names[i]), FW_SW_SECURITY);
	}
	assert_int_equal(pivrig_verify(PIVRIG_PIN), FW_SW_OK);
	for (i = 0; i < 4; i++)
		expect(names[i], content, 100);
}

/* The pool has its end, and a full one loses nothing. */
static void
test_full(void **state)
{
	char name[8];
	unsigned int i, sw = FW_SW_OK;

	(void)state;
	for (i = 0x0d; i <= 0x20; i++) {
		(void)snprintf(name, sizeof(name), "5fc1%02x", i);
		assert_int_equal(pivrig_put(name, content, FW_PIV_OBJECT_MAX),
		    FW_SW_OK);
	}
	for (i = 0x10; i <= 0x15 && sw == FW_SW_OK; i++) {
		(void)snprintf(name, sizeof(name), "5fff%02x", i);
		sw = pivrig_put(name, content, FW_PIV_OBJECT_MAX);
	}
	assert_int_equal(sw, FW_SW_OK);
	/* 3 records were taken, 130 are now: 3 are left. */
	assert_int_equal(pivrig_put("5fc105", content, FW_PIV_OBJECT_MAX),
	    FW_SW_NO_ROOM);
	assert_int_equal(pivrig_get("5fc105"), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_put("5fc105", content, 3 * 382), FW_SW_OK);
	assert_int_equal(pivrig_put("5fc10a", content, 1), FW_SW_NO_ROOM);
	/* Longer than it is: no room, and it stays. */
	assert_int_equal(pivrig_put("5fc105", content, 3 * 382 + 1),
	    FW_SW_NO_ROOM);
	expect("5fc105", content, 3 * 382);
	/* As long as it is: in place. */
	assert_int_equal(pivrig_put("5fc105", content + 1, 3 * 382), FW_SW_OK);
	expect("5fc105", content + 1, 3 * 382);
	/* PINs and keys have room of their own. */
	assert_int_equal(pivrig_generate(0x9a, FW_PIV_P256, 0, 0), FW_SW_OK);
	assert_int_equal(pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321"),
	    FW_SW_OK);
	for (i = 0; i < 200; i++)
		assert_int_equal(pivrig_put("5fc110", content + i % 2, 1900),
		    FW_SW_OK);
	pivrig_plug();
	expect("5fc110", content + 1, 1900);
	expect("5fc105", content + 1, 3 * 382);
}

static void
test_command_bounds(void **state)
{
	static const char *const get[] = {"", "5c", "5c00ff", "5c05 5fc105",
	    "5d03 5fc105", "5c03 5fc10500", "5c80 5fc105 0000"};
	static const char *const put[] = {"", "5c03 5fc105", "5c03 5fc105 53",
	    "5c03 5fc105 5302 01", "5c03 5fc105 5301 0102",
	    "5c03 5fc105 5401 01", "5301 01 5c03 5fc105",
	    "5c03 5fc105 5380 01 0000", "5c03 5fc105 5383 000001 01"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(get) / sizeof(get[0]); i++)
		assert_int_equal(pivrig_hex(FW_PIV_INS_GET_DATA, 0x3f, 0xff,
				     get[i]),
		    FW_SW_DATA);
	for (i = 0; i < sizeof(put) / sizeof(put[0]); i++)
		assert_int_equal(pivrig_hex(FW_PIV_INS_PUT_DATA, 0x3f, 0xff,
				     put[i]),
		    FW_SW_DATA);
	assert_int_equal(pivrig_hex(FW_PIV_INS_GET_DATA, 0x00, 0xff,
			     "5c03 5fc102"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_hex(FW_PIV_INS_PUT_DATA, 0x3f, 0x00,
			     "5c03 5fc105 5301 01"),
	    FW_SW_WRONG_P1P2);
	assert_int_equal(pivrig_get("5fc105"), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_get(""), FW_SW_FILE_NOT_FOUND);
	assert_int_equal(pivrig_hex(FW_PIV_INS_PUT_DATA, 0x3f, 0xff,
			     "5c03 5fc105 53820001 01"),
	    FW_SW_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_lengths, setup),
	    cmocka_unit_test_setup(test_delete, setup),
	    cmocka_unit_test_setup(test_needs_the_key, setup),
	    cmocka_unit_test_setup(test_names, setup),
	    cmocka_unit_test_setup(test_needs_the_pin, setup),
	    cmocka_unit_test_setup(test_full, setup),
	    cmocka_unit_test_setup(test_command_bounds, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
