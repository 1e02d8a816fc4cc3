/* SPDX-License-Identifier: BSD-2-Clause */
#include "liverun.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <string.h>

struct tsw_live_party a, b;
uint8_t c[32], r_a[32], r_b[32], none[32];

int
run_setup(void **state)
{
	(void)state;
	pair_new();
	a = pair_party(&alice);
	b = pair_party(&bob);
	memset(none, 0, sizeof(none));
	return 0;
}

void
alice_shows(void)
{
	assert_int_equal(pair_begin(c, &alice, &a, &b, false), FW_CTAP_OK);
	assert_int_equal(pair_open(r_a, r_b), FW_CTAP_OK);
	assert_int_equal(strlen(pair_display()), 9);
}

void
both_show(void)
{
	pair_use(&alice);
	assert_int_equal(pair_begin(c, &alice, &a, &b, false), FW_CTAP_OK);
	pair_use(&bob);
	assert_int_equal(pair_answer(r_b, &bob, &b, &a, c), FW_CTAP_OK);
	pair_use(&alice);
	assert_int_equal(pair_open(r_a, r_b), FW_CTAP_OK);
	pair_use(&bob);
	assert_int_equal(pair_open(none, r_a), FW_CTAP_OK);
}

void
assert_no_run(void)
{
	assert_string_equal(memboard.display, "");
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_TYPE), FW_ST_LIVE_EARLY);
}
