/* SPDX-License-Identifier: BSD-2-Clause */
/* The mailbox of SPEC 15. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "directory/mailbox.h"

#define NOW 1800000000000u /* ms */
#define BOXES 8
#define MESSAGES 40

static struct ts_mailbox *mailbox;
static struct ts_mailbox_room room;
static struct ts_box box;

static int
set_up(void **state)
{
	const struct ts_mailbox_bounds bounds = {BOXES, MESSAGES};

	(void)state;
	return ts_mailbox_new(&mailbox, &bounds);
}

static int
tear_down(void **state)
{
	(void)state;
	ts_mailbox_free(&mailbox);
	return 0;
}

static const uint8_t *
name(uint8_t i)
{
	static uint8_t n[TS_BOX_NAME_LEN];

	memset(n, 7, sizeof(n));
	n[31] = i;
	return n;
}

static enum ts_box_result
put(uint8_t i, const char *text, uint64_t now_ms)
{
	return ts_mailbox_put(mailbox, name(i),
	    (struct tsw_slice){(const uint8_t *)text, strlen(text)}, now_ms);
}

static size_t
get(uint8_t i, uint32_t after, uint64_t now_ms)
{
	ts_mailbox_get(mailbox, &box, &room, name(i), after, now_ms);
	return box.cnt;
}

static size_t
messages(void)
{
	struct ts_mailbox_counts counts;

	ts_mailbox_count(mailbox, &counts);
	return counts.messages;
}

static void
test_order(void **state)
{
	uint32_t first;

	(void)state;
	assert_int_equal(get(1, 0, NOW), 0);
	assert_int_equal(put(1, "\001one", NOW), TS_BOX_OK);
	assert_int_equal(put(1, "\001two", NOW), TS_BOX_OK);
	assert_int_equal(put(2, "\001other", NOW), TS_BOX_OK);
	assert_int_equal(get(1, 0, NOW), 2);
	assert_int_equal(box.message[0].bytes.len, 4);
	assert_memory_equal(box.message[0].bytes.p, "\001one", 4);
	assert_memory_equal(box.message[1].bytes.p, "\001two", 4);
	first = box.message[0].number;
	assert_true(box.message[1].number > first);
	assert_int_equal(get(1, first, NOW), 1);
	assert_memory_equal(box.message[0].bytes.p, "\001two", 4);
	assert_int_equal(get(1, first + 1, NOW), 0);
	assert_int_equal(get(3, 0, NOW), 0);
}

static void
test_lengths(void **state)
{
	uint8_t p[TS_BOX_MESSAGE_MAX + 1] = {1};

	(void)state;
	assert_int_equal(put(1, "", NOW), TS_BOX_LENGTH);
	assert_int_equal(ts_mailbox_put(mailbox, name(1),
			     (struct tsw_slice){p, sizeof(p)}, NOW),
	    TS_BOX_LENGTH);
	assert_int_equal(ts_mailbox_put(mailbox, name(1),
			     (struct tsw_slice){p, sizeof(p) - 1}, NOW),
	    TS_BOX_OK);
	assert_int_equal(get(1, 0, NOW), 1);
	assert_int_equal(box.message[0].bytes.len, TS_BOX_MESSAGE_MAX);
}

static void
test_full_box(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < TS_BOX_MESSAGES_CNT / 2; i++)
		assert_int_equal(put(1, "bob", NOW), TS_BOX_OK);
	assert_int_equal(put(1, "bob", NOW), TS_BOX_FULL);
	for (i = 0; i < TS_BOX_MESSAGES_CNT / 2; i++)
		assert_int_equal(put(1, "\001live", NOW), TS_BOX_OK);
	assert_int_equal(put(1, "\001live", NOW), TS_BOX_FULL);
	assert_int_equal(get(1, 0, NOW), TS_BOX_MESSAGES_CNT);
	/* Who filled it with hellos is in the way of half of it. */
	assert_int_equal(put(1, "\001live", NOW + TS_BOX_LIVE_MS), TS_BOX_OK);
	assert_int_equal(put(1, "bob", NOW + TS_BOX_LIVE_MS), TS_BOX_FULL);
}

static void
test_end(void **state)
{
	uint32_t last;

	(void)state;
	assert_int_equal(put(1, "\001live", NOW), TS_BOX_OK);
	assert_int_equal(put(2, "bob", NOW), TS_BOX_OK);
	assert_int_equal(get(1, 0, NOW + TS_BOX_LIVE_MS - 1), 1);
	/* The last message says when. */
	assert_int_equal(put(1, "\001more", NOW + TS_BOX_LIVE_MS - 1),
	    TS_BOX_OK);
	assert_int_equal(get(1, 0, NOW + TS_BOX_LIVE_MS), 2);
	last = box.message[1].number;
	assert_int_equal(get(1, 0, NOW + 2 * TS_BOX_LIVE_MS), 0);
	assert_int_equal(get(2, 0, NOW + 2 * TS_BOX_LIVE_MS), 1);
	assert_int_equal(get(2, 0, NOW + TS_BOX_HELLO_MS - 1), 1);
	assert_int_equal(get(2, 0, NOW + TS_BOX_HELLO_MS), 0);
	assert_int_equal(messages(), 0);
	/* Who waits for numbers after the last one gets what comes later. */
	assert_int_equal(put(1, "\001new", NOW + 2 * TS_BOX_LIVE_MS),
	    TS_BOX_OK);
	assert_int_equal(get(1, last, NOW + 2 * TS_BOX_LIVE_MS), 1);
}

static void
test_full_mailbox(void **state)
{
	struct ts_mailbox_counts counts;
	uint8_t i;
	size_t j;

	(void)state;
	for (i = 0; i < BOXES / 2; i++)
		assert_int_equal(put(i, "bob", NOW), TS_BOX_OK);
	/* No more boxes for hellos, but for live codes. */
	assert_int_equal(put(20, "bob", NOW), TS_BOX_NO_ROOM);
	for (i = BOXES / 2; i < BOXES; i++)
		assert_int_equal(put(i, "\001live", NOW), TS_BOX_OK);
	assert_int_equal(put(20, "\001live", NOW), TS_BOX_NO_ROOM);
	for (i = 0; i < BOXES; i++) {
		for (j = 0; j < TS_BOX_MESSAGES_CNT; j++)
			(void)put(i, "\001live", NOW);
	}
	ts_mailbox_count(mailbox, &counts);
	assert_int_equal(counts.messages, MESSAGES);
	assert_int_equal(counts.boxes, BOXES);
	/* What ended makes room without anybody asking for it. */
	assert_int_equal(put(20, "\001live", NOW + TS_BOX_LIVE_MS), TS_BOX_OK);
	ts_mailbox_count(mailbox, &counts);
	assert_int_equal(counts.messages, BOXES / 2 + 1);
	assert_int_equal(counts.boxes, BOXES / 2 + 1);
}

/* Much coming and going, against a count of what should be there. */
static void
test_long_run(void **state)
{
	uint64_t ends[BOXES] = {0}, now = NOW;
	size_t cnt[BOXES] = {0}, i, step;
	uint32_t seed = 1;

	(void)state;
	for (step = 0; step < 200000; step++) {
		seed = seed * 1103515245u + 12345u;
		i = seed >> 16 & (BOXES - 1);
		now += seed >> 8 & 0x3fff;
		if (now >= ends[i])
			cnt[i] = 0;
		if (put((uint8_t)i, "\001x", now) == TS_BOX_OK) {
			cnt[i]++;
			ends[i] = now + TS_BOX_LIVE_MS;
		}
		assert_int_equal(get((uint8_t)i, 0, now), cnt[i]);
	}
	assert_true(messages() <= MESSAGES);
}

static void
test_names(void **state)
{
	static const char good[] = "0123456789abcdef0123456789abcdef"
				   "0123456789abcdef0123456789abcdef";
	uint8_t out[TS_BOX_NAME_LEN];
	char bad[sizeof(good)];

	(void)state;
	assert_int_equal(ts_box_name(out, good, 64), TS_OK);
	assert_memory_equal(out, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
	assert_int_equal(ts_box_name(out, good, 63), TS_ERR_ARGUMENT);
	memcpy(bad, good, sizeof(bad));
	bad[10] = 'A';
	assert_int_equal(ts_box_name(out, bad, 64), TS_ERR_ARGUMENT);
	bad[10] = '\0';
	assert_int_equal(ts_box_name(out, bad, 64), TS_ERR_ARGUMENT);
}

static void
test_queries(void **state)
{
	static const char *const bad[] = {"after=", "after=x", "wait=1",
	    "after=01", "after=1&wait=", "after=1&wait=2&", "after=1 ",
	    "after=4294967296", "after=99999999999", "after=-1", "&after=1",
	    "after=1&wait=1x"};
	uint32_t after = 9, wait_s = 9;
	size_t i;

	(void)state;
	assert_true(ts_box_query(&after, &wait_s, ""));
	assert_int_equal(after, 0);
	assert_int_equal(wait_s, 0);
	assert_true(ts_box_query(&after, &wait_s, "after=4294967295&wait=25"));
	assert_int_equal(after, UINT32_MAX);
	assert_int_equal(wait_s, 25);
	assert_true(ts_box_query(&after, &wait_s, "after=0"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ts_box_query(&after, &wait_s, bad[i]));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_order),
	    TEST(test_lengths),
	    TEST(test_full_box),
	    TEST(test_end),
	    TEST(test_full_mailbox),
	    TEST(test_long_run),
	    TEST(test_names),
	    TEST(test_queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
