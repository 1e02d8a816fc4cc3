/* SPDX-License-Identifier: BSD-2-Clause */
/* What --watch-cards tells. */
#include "token/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
readers_return(void **state)
{
	static struct ts_token_readers some, back;
	uint8_t buf[TS_TOKEN_FRAME_MAX];
	struct tsw_wr wr;
	size_t i, n, len;

	(void)state;
	memset(&some, 0, sizeof(some));
	some.cnt = TS_TOKEN_READERS_MAX_CNT;
	for (i = 0; i < some.cnt; i++) {
		memset(some.reader[i].name, 'r', TS_TOKEN_READER_MAX);
		some.reader[i].present = true;
		some.reader[i].mute = i % 2 == 0;
		some.reader[i].exclusive = i % 2 == 1;
		some.reader[i].events = 0xfedcba98;
		some.reader[i].atr_len = TS_TOKEN_ATR_MAX;
		memset(some.reader[i].atr, 0x3b, TS_TOKEN_ATR_MAX);
	}
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_token_readers_encode(&wr, &some), TS_OK);
	len = tsw_wr_len(&wr);
	assert_int_equal(len, 2674 + 2);
	memset(&back, 0xee, sizeof(back));
	for (n = 0; n < len; n++)
		assert_int_not_equal(ts_token_readers_decode(&back, buf, n),
		    TS_OK);
	assert_int_equal(back.cnt, 0xee);
	assert_int_equal(ts_token_readers_decode(&back, buf, len), TS_OK);
	assert_memory_equal(&some, &back, sizeof(some));
	assert_int_equal(ts_token_readers_decode(&back, buf, len + 1),
	    TSW_ERR_TOO_LONG);
}

static void
wrong_readers_are_refused(void **state)
{
	static const uint8_t good[] = {TS_TOKEN_PROTO_VERSION,
	    TS_TOKEN_MSG_READERS, 0, 1, 1, 'A', 1, 0, 0, 0, 1, 1, 0x3b};
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {{2, 3}, {2, 1}, {3, 17}, {3, 2}, {4, 0}, {5, '\n'},
	    {5, '\0'}, {6, 8}, {6, 0}, {11, 34}, {11, 0}};
	static struct ts_token_readers out;
	uint8_t buf[sizeof(good)];
	struct tsw_wr wr;
	size_t i;

	(void)state;
	assert_int_equal(ts_token_readers_decode(&out, good, sizeof(good)),
	    TS_OK);
	assert_string_equal(out.reader[0].name, "A");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(buf, good, sizeof(buf));
		buf[bad[i].at] = bad[i].value;
		assert_int_not_equal(ts_token_readers_decode(&out, buf,
					 sizeof(buf)),
		    TS_OK);
	}
	assert_int_equal(out.reader[0].events, 1);
	out.state = TS_TOKEN_PCSC_ABSENT;
	tsw_wr_init(&wr, buf, sizeof(buf));
	assert_int_equal(ts_token_readers_encode(&wr, &out), TS_ERR_ARGUMENT);
	out.cnt = 0;
	assert_int_equal(ts_token_readers_encode(&wr, &out), TS_OK);
	assert_int_equal(tsw_wr_len(&wr), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readers_return),
	    cmocka_unit_test(wrong_readers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
