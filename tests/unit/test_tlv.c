/* SPDX-License-Identifier: BSD-2-Clause */
/* BER-TLV: every form of tags and lengths, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tlv.h"

static bool
read_one(struct fw_tlv *t, const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len + 1); /* the sanitizer sees its end */
	struct tsw_rd rd;
	bool r;

	assert_non_null(copy);
	memcpy(copy + 1, p, len);
	tsw_rd_init(&rd, copy + 1, len);
	r = fw_tlv_read(t, &rd);
	free(copy);
	return r;
}

static void
expect(const char *bytes, size_t len, uint32_t tag, size_t value_len)
{
	struct fw_tlv t;

	assert_true(read_one(&t, (const uint8_t *)bytes, len));
	assert_int_equal(t.tag, tag);
	assert_int_equal(t.value.len, value_len);
}

static void
test_forms(void **state)
{
	(void)state;
	expect("\x53\x00", 2, 0x53, 0);
	expect("\x53\x01\x00", 3, 0x53, 1);
	expect("\x5f\x2f\x00", 3, 0x5f2f, 0);
	expect("\x7f\x49\x01\x00", 4, 0x7f49, 1);
	expect("\x5f\xc1\x05\x00", 4, 0x5fc105, 0);
	expect("\x53\x81\x01\x00", 4, 0x53, 1);
	expect("\x53\x82\x00\x01\x00", 5, 0x53, 1);
}

static void
test_not_whole(void **state)
{
	static const uint8_t bytes[] = {0x5f, 0xc1, 0x05, 0x82, 0x00, 0x02, 1,
	    2};
	struct fw_tlv t = {.tag = 1};
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(bytes); len++)
		assert_false(read_one(&t, bytes, len));
	assert_int_equal(t.tag, 1); /* as it was */
	assert_true(read_one(&t, bytes, len));
}

static void
test_no_forms(void **state)
{
	static const uint8_t indefinite[] = {0x53, 0x80, 0, 0};
	static const uint8_t huge[] = {0x53, 0x83, 0, 0, 1, 0};
	static const uint8_t long_tag[] = {0x5f, 0xc1, 0x85, 0x01, 0};
	static const uint8_t more[] = {0x53, 0x82, 0xff, 0xff, 1};
	struct fw_tlv t;

	(void)state;
	assert_false(read_one(&t, indefinite, sizeof(indefinite)));
	assert_false(read_one(&t, huge, sizeof(huge)));
	assert_false(read_one(&t, long_tag, sizeof(long_tag)));
	assert_false(read_one(&t, more, sizeof(more)));
}

static void
test_only(void **state)
{
	static const uint8_t bytes[] = {0x53, 2, 7, 8, 0};
	struct tsw_slice value;

	(void)state;
	assert_true(fw_tlv_only(&value, (struct tsw_slice){bytes, 4}, 0x53));
	assert_int_equal(value.len, 2);
	assert_ptr_equal(value.p, bytes + 2);
	assert_false(fw_tlv_only(&value, (struct tsw_slice){bytes, 5}, 0x53));
	assert_false(fw_tlv_only(&value, (struct tsw_slice){bytes, 4}, 0x54));
	assert_false(fw_tlv_only(&value, (struct tsw_slice){bytes, 3}, 0x53));
	assert_false(fw_tlv_only(&value, (struct tsw_slice){NULL, 0}, 0x53));
}

static void
test_fields(void **state)
{
	static const uint8_t bytes[] = {0x82, 0, 0x81, 1, 9, 0x82, 0};
	struct fw_tlv f[] = {{.tag = 0x81}, {.tag = 0x82}, {.tag = 0x85}};

	(void)state;
	assert_true(fw_tlv_fields(f, 3, (struct tsw_slice){bytes, 5}));
	assert_int_equal(f[0].value.len, 1);
	assert_non_null(f[1].value.p); /* there, and empty */
	assert_int_equal(f[1].value.len, 0);
	assert_null(f[2].value.p);
	assert_false(fw_tlv_fields(f, 3, (struct tsw_slice){bytes, 7}));
	assert_false(fw_tlv_fields(f, 3, (struct tsw_slice){bytes, 4}));
	assert_false(fw_tlv_fields(f, 1, (struct tsw_slice){bytes, 5}));
	assert_true(fw_tlv_fields(f, 3, (struct tsw_slice){bytes, 0}));
	assert_null(f[0].value.p);
}

/* What is written is read again, in the shortest form, at each length where the
 * form changes; or it does not fit, and that is said. */
static void
test_write(void **state)
{
	static const size_t len[] = {0, 1, 127, 128, 255, 256, 1900};
	static const size_t head[] = {2, 2, 2, 3, 3, 4, 4};
	static const uint32_t tag[] = {0x53, 0x7f49, 0x5fc105};
	static uint8_t in[1900], out[1920];
	struct tsw_slice value;
	struct tsw_wr wr;
	size_t i, j;

	(void)state;
	memset(in, 0x42, sizeof(in));
	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++)
		for (j = 0; j < 3; j++) {
			tsw_wr_init(&wr, out, sizeof(out));
			fw_tlv_put(&wr, tag[j], in, len[i]);
			assert_int_equal(tsw_wr_len(&wr), j + head[i] + len[i]);
			assert_true(fw_tlv_only(&value,
			    (struct tsw_slice){out, wr.len}, tag[j]));
			assert_int_equal(value.len, len[i]);
			assert_memory_equal(value.p, in, len[i]);
			tsw_wr_init(&wr, out, j + head[i] + len[i] - 1);
			fw_tlv_put(&wr, tag[j], in, len[i]);
			assert_true(wr.full);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_not_whole),
	    cmocka_unit_test(test_no_forms),
	    cmocka_unit_test(test_only),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
