/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/tlv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SLICE(...)                                                             \
	((struct tsw_slice){(const uint8_t[]){__VA_ARGS__},                    \
	    sizeof((const uint8_t[]){__VA_ARGS__})})

static int
find(struct tsw_slice data, uint32_t tag, size_t *len)
{
	struct tsw_slice value;
	int r = ts_tlv_find(&value, data, tag);

	*len = value.len;
	if (r != TS_OK)
		assert_true(value.p == NULL && value.len == 0);
	return r;
}

static void
test_tags_and_lengths(void **state)
{
	uint8_t long_form[3 + 200] = {0x53, 0x81, 200};
	uint8_t longer[4 + 300] = {0x53, 0x82, 1, 44};
	size_t len;

	(void)state;
	assert_int_equal(find(SLICE(0x53, 0), 0x53, &len), TS_OK);
	assert_int_equal(len, 0);
	assert_int_equal(find(SLICE(0x7f, 0x49, 1, 9), 0x7f49, &len), TS_OK);
	assert_int_equal(len, 1);
	assert_int_equal(find(SLICE(0x5f, 0xc1, 0x0a, 1, 9), 0x5fc10a, &len),
	    TS_OK);
	/* Longer than need be is how many cards write them. */
	assert_int_equal(find(SLICE(0x53, 0x82, 0, 1, 9), 0x53, &len), TS_OK);
	assert_int_equal(len, 1);
	assert_int_equal(find((struct tsw_slice){long_form, sizeof(long_form)},
			     0x53, &len),
	    TS_OK);
	assert_int_equal(len, 200);
	assert_int_equal(find((struct tsw_slice){longer, sizeof(longer)}, 0x53,
			     &len),
	    TS_OK);
	assert_int_equal(len, 300);
}

static void
test_what_is_no_row_of_objects(void **state)
{
	const struct tsw_slice bad[] = {
	    SLICE(0x53),		/* no length */
	    SLICE(0x53, 1),		/* no value */
	    SLICE(0x53, 0x81),		/* half a length */
	    SLICE(0x53, 0x82, 0),	/* the same */
	    SLICE(0x53, 0x80),		/* without an end */
	    SLICE(0x53, 0x83, 0, 0, 0), /* too long a length */
	    SLICE(0x53, 0x82, 0xff, 0xff, 1), SLICE(0x53, 0xff),
	    SLICE(0x7f), /* half a tag */
	    SLICE(0x7f, 0x81),
	    SLICE(0x7f, 0x81, 0x82, 0x01, 0), /* four bytes of tag */
	    SLICE(0x00, 0),		      /* filler */
	    SLICE(0xff, 0),
	    SLICE(0x53, 0, 0x70), /* a good one, then half of one */
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(find(bad[i], 0x53, &len), TS_ERR_TOKEN_IO);
}

static void
test_find_wants_one(void **state)
{
	struct tsw_slice value;
	size_t len;

	(void)state;
	assert_int_equal(find(SLICE(0x70, 0, 0x53, 2, 1, 2, 0x71, 0), 0x53,
			     &len),
	    TS_OK);
	assert_int_equal(len, 2);
	assert_int_equal(find(SLICE(0x70, 0), 0x53, &len), TS_ERR_NOT_FOUND);
	assert_int_equal(find(SLICE(0x53, 0, 0x53, 0), 0x53, &len),
	    TS_ERR_TOKEN_IO);
	assert_int_equal(ts_tlv_find(&value, (struct tsw_slice){NULL, 0}, 0x53),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_tlv_only(&value, SLICE(0x53, 1, 9), 0x53), TS_OK);
	assert_int_equal(value.p[0], 9);
	assert_int_equal(ts_tlv_only(&value, SLICE(0x70, 0), 0x53),
	    TS_ERR_NOT_FOUND);
	assert_int_equal(ts_tlv_only(&value, SLICE(0x53, 0, 0x70, 0), 0x53),
	    TS_ERR_TOKEN_IO);
	assert_int_equal(ts_tlv_only(&value, SLICE(0x53, 0, 0), 0x53),
	    TS_ERR_TOKEN_IO);
}

static void
test_written_is_read(void **state)
{
	static const uint32_t tags[] = {0x53, 0x7f49, 0x5fc10a};
	static const size_t lens[] = {0, 1, 127, 128, 255, 256, 1000};
	uint8_t in[1000], out[1100];
	struct tsw_slice value;
	struct tsw_wr wr;
	size_t i, j;

	(void)state;
	memset(in, 7, sizeof(in));
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		for (j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			tsw_wr_init(&wr, out, sizeof(out));
			ts_tlv_put(&wr, tags[i],
			    (struct tsw_slice){in, lens[j]});
			assert_int_equal(tsw_wr_len(&wr),
			    ts_tlv_size(tags[i], lens[j]));
			assert_int_equal(ts_tlv_only(&value,
					     (struct tsw_slice){out,
						 tsw_wr_len(&wr)},
					     tags[i]),
			    TS_OK);
			assert_int_equal(value.len, lens[j]);
		}
	}
	tsw_wr_init(&wr, out, sizeof(out));
	ts_tlv_head(&wr, 0x53, 0x10000);
	assert_true(wr.full);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tags_and_lengths),
	    cmocka_unit_test(test_what_is_no_row_of_objects),
	    cmocka_unit_test(test_find_wants_one),
	    cmocka_unit_test(test_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
