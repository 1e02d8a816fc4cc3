/* SPDX-License-Identifier: BSD-2-Clause */
/* The longest and the shortest of each field of SPEC 14.1. */
#include "pagerig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int
page(const struct ts_page *m)
{
	static uint8_t room[2 * TS_PAGE_MAX];
	struct ts_page out, before;
	size_t len = ts_page_encode(room, sizeof(room), m);
	int r;

	memset(&out, 0xa5, sizeof(out));
	memcpy(&before, &out, sizeof(out));
	r = ts_page_decode(&out, (struct tsw_slice){room, len});
	if (r != TSW_OK)
		assert_memory_equal(&out, &before, sizeof(out));
	return r;
}

/* Set where to a length: the longest that goes, and what is said of others. */
static void
length(struct ts_page *m, struct tsw_slice *where, size_t max, size_t unit)
{
	const struct tsw_slice before = *where;

	*where = fill(max);
	assert_int_equal(page(m), TSW_OK);
	*where = fill(max + unit);
	assert_int_equal(page(m), TSW_ERR_TOO_LONG);
	if (unit > 1) {
		*where = fill(unit - 1);
		assert_int_equal(page(m), TSW_ERR_FORMAT);
		*where = fill(0);
		assert_int_equal(page(m), TSW_OK);
	} else {
		*where = fill(0);
		assert_int_equal(page(m), TSW_ERR_TOO_SHORT);
	}
	*where = before;
}

static void
page_limits(void **state)
{
	struct ts_page m = whole_page();

	(void)state;
	length(&m, &m.note, TS_NOTE_MAX, 1);
	length(&m, &m.inclusion, 2048, 32);
	length(&m, &m.record[1].envelope, TSW_ENVELOPE_MAX, 1);
	length(&m, &m.record[2].proof.path, 8448, 33);
	length(&m, &m.absence.path, 8448, 33);
	length(&m, &m.absence.leaf, 64, 64);
	length(&m, &m.consistency, 2048, 32);
	length(&m, &m.parameters, 2048, 32);
	m.entries = (uint64_t)TSW_LOG_SIZE_MAX + 1;
	assert_int_equal(page(&m), TSW_ERR_RANGE);
}

static void
page_records(void **state)
{
	struct ts_page m = whole_page();
	size_t i;

	(void)state;
	m.record_cnt = TS_PAGE_RECORDS_CNT;
	for (i = 0; i < m.record_cnt; i++) {
		m.record[i] = m.record[2];
		m.record[i].envelope = fill(TSW_ENVELOPE_MAX);
		m.record[i].proof.path = fill(5 * 33);
	}
	assert_int_equal(page(&m), TSW_OK);
	for (i = 0; i < m.record_cnt; i++)
		m.record[i].proof.path = fill(8448);
	assert_int_equal(page(&m), TSW_ERR_TOO_LONG); /* 1 MB in all */
	m.record_cnt = 0;
	assert_int_equal(page(&m), TSW_OK);
}

static int
submit(const struct ts_submit *m)
{
	static uint8_t room[TS_SUBMIT_MAX + 8192];
	struct ts_submit out;
	size_t len = ts_submit_encode(room, sizeof(room), m);
	int r = ts_submit_decode(&out, (struct tsw_slice){room, len});

	if (r == TSW_OK)
		assert_true(len <= TS_SUBMIT_MAX);
	return r;
}

static void
submit_limits(void **state)
{
	struct ts_submit m = whole_submit();
	size_t i;

	(void)state;
	m.invitation = text("0123456789012345678901234567890123456789"
			    "012345678901234567890123");
	m.envelope = fill(TSW_ENVELOPE_MAX);
	m.bundle_cnt = TS_SUBMIT_BUNDLES_CNT;
	for (i = 0; i < m.bundle_cnt; i++)
		m.bundle[i] = fill(TSW_BUNDLE_MAX);
	assert_int_equal(submit(&m), TSW_OK);
	m.bundle[7] = fill(TSW_BUNDLE_MAX + 1);
	assert_int_equal(submit(&m), TSW_ERR_TOO_LONG);
	m.bundle[7] = fill(0);
	assert_int_equal(submit(&m), TSW_ERR_TOO_SHORT);
	m = whole_submit();
	m.envelope = fill(TSW_ENVELOPE_MAX + 1);
	assert_int_equal(submit(&m), TSW_ERR_TOO_LONG);
	m.envelope = fill(0);
	assert_int_equal(submit(&m), TSW_ERR_TOO_SHORT);
	m = whole_submit();
	m.invitation = text("\xff");
	assert_int_equal(submit(&m), TSW_ERR_FORMAT);
	m.invitation.len = 0;
	m.bundle_cnt = 0;
	assert_int_equal(submit(&m), TSW_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(page_limits),
	    cmocka_unit_test(page_records),
	    cmocka_unit_test(submit_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
