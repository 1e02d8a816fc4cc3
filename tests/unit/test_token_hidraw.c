/* SPDX-License-Identifier: BSD-2-Clause */
/* HID report descriptors: which device is a token. */
#include "token/hidraw.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* CTAP 2.1 section 11.2.8.1, as most tokens have it. */
static const uint8_t fido[] = {0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09,
    0x20, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x81, 0x02,
    0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91,
    0x02, 0xc0};

/* A boot keyboard (HID 1.11 appendix E.6). */
static const uint8_t keyboard[] = {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05,
    0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95,
    0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0xc0};

static void
a_token_is_one(void **state)
{
	(void)state;
	assert_int_equal(ts_token_descriptor_check(fido, sizeof(fido)), TS_OK);
}

static void
other_devices_are_none(void **state)
{
	uint8_t d[sizeof(fido)];

	(void)state;
	assert_int_equal(ts_token_descriptor_check(keyboard, sizeof(keyboard)),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_token_descriptor_check(fido, 0), TS_ERR_NOT_FOUND);
	memcpy(d, fido, sizeof(d));
	d[4] = 0x02; /* usage 2 of the FIDO page */
	assert_int_equal(ts_token_descriptor_check(d, sizeof(d)),
	    TS_ERR_NOT_FOUND);
	memcpy(d, fido, sizeof(d));
	d[1] = 0xd1; /* page 0xF1D1 */
	assert_int_equal(ts_token_descriptor_check(d, sizeof(d)),
	    TS_ERR_NOT_FOUND);
}

/* A keyboard and a token behind one node, as some vendors do. */
static void
a_token_beside_a_keyboard_is_found(void **state)
{
	uint8_t d[sizeof(keyboard) + sizeof(fido)];

	(void)state;
	memcpy(d, keyboard, sizeof(keyboard));
	memcpy(d + sizeof(keyboard), fido, sizeof(fido));
	assert_int_equal(ts_token_descriptor_check(d, sizeof(d)), TS_OK);
}

static void
other_report_lengths_are_not_supported(void **state)
{
	uint8_t d[sizeof(fido)];

	(void)state;
	memcpy(d, fido, sizeof(d));
	d[17] = 0x20; /* 32 bytes in */
	assert_int_equal(ts_token_descriptor_check(d, sizeof(d)),
	    TS_ERR_TOKEN_UNSUPPORTED);
	memcpy(d, fido, sizeof(d));
	d[30] = 0x3f; /* 63 bytes out */
	assert_int_equal(ts_token_descriptor_check(d, sizeof(d)),
	    TS_ERR_TOKEN_UNSUPPORTED);
}

static void
broken_descriptors_are_told_apart(void **state)
{
	static const uint8_t closes_too_much[] = {0xc0};
	static const uint8_t long_item[] = {0xfe, 0x02, 0x00, 0xaa, 0xbb};
	uint8_t d[sizeof(long_item) + sizeof(fido)];
	size_t n;

	(void)state;
	assert_int_equal(ts_token_descriptor_check(closes_too_much, 1),
	    TS_ERR_TOKEN_IO);
	for (n = 1; n < sizeof(fido); n++)
		assert_int_not_equal(ts_token_descriptor_check(fido, n), TS_OK);
	assert_int_equal(ts_token_descriptor_check(fido, sizeof(fido) - 1),
	    TS_ERR_TOKEN_IO);
	/* Long items are skipped, and may not lie about their length. */
	memcpy(d, long_item, sizeof(long_item));
	memcpy(d + sizeof(long_item), fido, sizeof(fido));
	assert_int_equal(ts_token_descriptor_check(d, sizeof(d)), TS_OK);
	assert_int_equal(ts_token_descriptor_check(d, sizeof(long_item) - 1),
	    TS_ERR_TOKEN_IO);
}

static void
what_is_no_hidraw_is_none(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ts_token_hidraw_check(fd), TS_ERR_NOT_FOUND);
	close(fd);
	assert_int_equal(ts_token_hidraw_check(-1), TS_ERR_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_token_is_one),
	    cmocka_unit_test(other_devices_are_none),
	    cmocka_unit_test(a_token_beside_a_keyboard_is_found),
	    cmocka_unit_test(other_report_lengths_are_not_supported),
	    cmocka_unit_test(broken_descriptors_are_told_apart),
	    cmocka_unit_test(what_is_no_hidraw_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
