/* SPDX-License-Identifier: BSD-2-Clause */
/* A page whose erase was cut short reads as erased, but is none: the store
 * took it for one and programmed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "memboard.h"
#include "store.h"

static struct fw_store s;
static struct memboard before;

static void
put(unsigned int key)
{
	assert_int_equal(fw_store_put(&s, key, (const uint8_t *)"v", 1), FW_OK);
}

static void
compact_once(void *arg)
{
	uint32_t seq = s.seq;

	(void)arg;
	while (s.seq == seq)
		put(FW_STORE_COUNTER);
}

static void
reset_once(void *arg)
{
	struct fw_store_item item = {FW_STORE_COUNTER, (const uint8_t *)"v", 1};

	(void)arg;
	fw_store_reset(&s, &item, 1);
}

static void
open_once(void *arg)
{
	(void)arg;
	assert_int_equal(fw_store_open(&s), FW_OK);
}

/* Cut fn at every operation, then use both areas again. */
static void
cut_everywhere(void (*fn)(void *))
{
	uint8_t v;
	long at;

	for (at = 1;; at++) {
		memboard = before;
		if (fn != open_once)
			open_once(NULL);
		if (memboard_run(fn, NULL, at, MEMBOARD_CUT_WEAK) ==
		    MEMBOARD_DONE)
			break;
		open_once(NULL);
		if (fn != open_once)
			assert_int_equal(fw_store_get(&s, &v, 1,
					     FW_STORE_COUNTER),
			    1);
		compact_once(NULL);
		compact_once(NULL);
		reset_once(NULL);
	}
	assert_true(at > MEMBOARD_PAGE_CNT / 2); /* at the erases, too */
}

/* Just before the log is full, so that little is written in front of them. */
static int
setup_full(void **state)
{
	(void)state;
	memboard_reset();
	open_once(NULL);
	while (s.end + 100 < s.area_len)
		put(FW_STORE_COUNTER);
	before = memboard;
	return 0;
}

static int
setup_blank(void **state)
{
	(void)state;
	memboard_reset();
	before = memboard;
	return 0;
}

static void
test_cut_erase_of_compaction(void **state)
{
	(void)state;
	cut_everywhere(compact_once);
}

static void
test_cut_erase_of_reset(void **state)
{
	(void)state;
	cut_everywhere(reset_once);
}

static void
test_cut_erase_of_format(void **state)
{
	(void)state;
	cut_everywhere(open_once);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_cut_erase_of_compaction, setup_full),
	    cmocka_unit_test_setup(test_cut_erase_of_reset, setup_full),
	    cmocka_unit_test_setup(test_cut_erase_of_format, setup_blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
