/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store against a plain array, with the power cut at every flash operation
 * of every call.  What is left must be the state before or after, whatever
 * bits the cut left, and whatever further cuts hit the next attempts; and it
 * must go on to work.  The board in memory watches that no unit is programmed
 * twice and no weak page is used.
 *
 * TS_CUTS is the number of cuts to make in each test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw_store_state.h"

#define CUTS_DEFAULT 1500
#define ITEM_MAX 5

/* One call of the store. */
struct call {
	enum { CALL_COMMIT, CALL_RESET, CALL_OPEN } kind;
	size_t cnt;
	struct fw_store_item item[ITEM_MAX];
	uint8_t value[ITEM_MAX][FW_STORE_VALUE_MAX];
};

static struct fw_store s;
static struct fw_store_state before, after, got;
static struct memboard start, left;
static uint64_t rng;
static uint32_t counter;
static long cuts;

static uint32_t
dice(uint32_t below)
{
	return fw_store_random(&rng, below);
}

static long
cuts_wanted(void)
{
	const char *text = getenv("TS_CUTS");
	long n = text == NULL ? 0 : strtol(text, NULL, 10);

	return n > 0 ? n : CUTS_DEFAULT;
}

static void
open_call(void *arg)
{
	(void)arg;
	if (fw_store_open(&s) != FW_OK)
		fail_msg("open: cut %ld", cuts);
}

/* Before the call the store is open, as it was left. */
static void
run_call(void *arg)
{
	const struct call *c = arg;

	if (c->kind == CALL_RESET)
		fw_store_reset(&s, c->item, c->cnt);
	else if (c->kind == CALL_OPEN)
		open_call(NULL);
	else if (fw_store_commit(&s, c->item, c->cnt) != FW_OK)
		fail_msg("commit: cut %ld", cuts);
}

/* What the plain array says after the call. */
static void
model(struct fw_store_state *m, const struct call *c)
{
	const struct fw_store_item *item;
	size_t i;

	if (c->kind == CALL_OPEN)
		return;
	for (i = 0; c->kind == CALL_RESET && i < FW_STORE_KEY_CNT; i++) {
		m->len[i] = -1;
		memset(m->value[i], 0, sizeof(m->value[i]));
	}
	for (i = 0; i < c->cnt; i++) {
		item = &c->item[i];
		memset(m->value[item->key], 0, sizeof(m->value[item->key]));
		m->len[item->key] = item->value == NULL ? -1 : (int)item->len;
		if (item->value != NULL)
			memcpy(m->value[item->key], item->value, item->len);
	}
}

static void
add_item(struct call *c, unsigned int key, size_t len)
{
	uint8_t *value = c->value[c->cnt];
	size_t i;

	for (i = 0; i < len; i++)
		value[i] = (uint8_t)dice(256);
	c->item[c->cnt++] = (struct fw_store_item){key, value, len};
}

/* Always with a counter that goes up. */
static void
add_counter(struct call *c)
{
	size_t i;

	counter++;
	add_item(c, FW_STORE_COUNTER, 4);
	for (i = 0; i < 4; i++)
		c->value[c->cnt - 1][i] = (uint8_t)(counter >> (24 - 8 * i));
}

/* spread: how many keys are in use; size: how long values are. */
static void
draw_call(struct call *c, uint32_t spread, uint32_t size)
{
	uint32_t what = dice(60), n;

	memset(c, 0, sizeof(*c));
	c->kind = what == 0 ? CALL_RESET : what < 5 ? CALL_OPEN : CALL_COMMIT;
	if (c->kind == CALL_OPEN)
		return;
	add_counter(c);
	for (n = dice(ITEM_MAX); n > 0; n--) {
		add_item(c, FW_STORE_KEY_CNT - 1 - dice(spread),
		    size - dice(size < 40 ? size : 40));
		if (dice(4) == 0)
			c->item[c->cnt - 1].value = NULL;
	}
}

static uint32_t
counter_of(const struct fw_store_state *state)
{
	const uint8_t *p = state->value[FW_STORE_COUNTER];

	return state->len[FW_STORE_COUNTER] < 0 ? 0
						: (uint32_t)p[0] << 24 |
		(uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
assert_bounded(const struct call *c)
{
	long page_units = (long)(s.page_len / HAL_FLASH_UNIT_LEN);

	assert_false(memboard.unsynced); /* durable when it returns */
	if (c->kind != CALL_COMMIT)
		return;
	assert_true(memboard.erases <= FW_STORE_GC_PAGES + 1);
	assert_true(memboard.programs <= (FW_STORE_GC_PAGES + 1) * page_units);
}

/* What a person does after a cut. */
static void
again_call(void *arg)
{
	open_call(NULL);
	run_call(arg);
}

/* The power is back, and fails again a few times, while the store is opened
 * or the call is made again; then the store is read. */
static void
recover(struct call *c)
{
	int again;

	for (again = 0; again < 4 && dice(2) == 0; again++)
		(void)fw_store_cut(dice(4) == 0 ? open_call : again_call, c,
		    1 + dice(dice(3) == 0 ? 40 : 4), &rng);
	open_call(NULL);
	fw_store_state_read(&got, &s);
	if (!fw_store_state_equal(&got, &before) &&
	    !fw_store_state_equal(&got, &after))
		fail_msg("neither before nor after: cut %ld", cuts);
	if (counter_of(&got) < counter_of(&before))
		fail_msg("a counter went back: cut %ld", cuts);
}

/* Whatever the cut left does no harm later. */
static void
go_on(void)
{
	static struct fw_store_state later;
	struct call c = {.kind = CALL_COMMIT};
	uint32_t old = counter;

	add_counter(&c);
	counter = old;
	memboard.erases = memboard.programs = 0;
	run_call(&c);
	assert_bounded(&c);
	model(&got, &c);
	open_call(NULL);
	fw_store_state_read(&later, &s);
	if (!fw_store_state_equal(&got, &later))
		fail_msg("lost after the recovery: cut %ld", cuts);
}

/* Cut c at each of its operations, from the board in start. */
static void
cut_everywhere(struct call *c, bool fresh)
{
	struct fw_store store = s;
	enum memboard_end end;
	long n;

	for (n = 1;; n++) {
		memboard = start;
		s = store;
		if (fresh)
			open_call(NULL);
		cuts++;
		end = fw_store_cut(run_call, c, n, &rng);
		if (end == MEMBOARD_DONE)
			return;
		assert_int_equal(end, MEMBOARD_POWER_CUT);
		recover(c);
		/* Sometimes life goes on from a cut. */
		if (dice(n + 1 < 1000 ? (uint32_t)n + 1 : 1000) == 0)
			left = memboard;
		go_on();
	}
}

/* Grow a store until cuts were made often enough. */
static void
play(uint32_t page_len, uint32_t spread, uint32_t size)
{
	static struct call c;
	long goal;
	int calls, quick;

	memboard_reset();
	memboard.page_len = page_len;
	memboard.page_cnt = MEMBOARD_FLASH_LEN / page_len;
	rng = page_len + spread;
	counter = 0;
	open_call(NULL);
	for (cuts = 0, goal = cuts_wanted(), calls = 0; cuts < goal; calls++) {
		/* A stretch without cuts, so that the log goes round. */
		for (quick = (int)dice(60); quick > 0; quick--) {
			draw_call(&c, spread, size);
			if (c.kind == CALL_RESET && dice(20) != 0)
				continue; /* else it never gets full */
			fw_store_state_read(&before, &s);
			model(&before, &c);
			memboard.erases = memboard.programs = 0;
			run_call(&c);
			assert_bounded(&c);
			fw_store_state_read(&got, &s);
			assert_true(fw_store_state_equal(&got, &before));
		}
		draw_call(&c, spread, size);
		fw_store_state_read(&before, &s);
		after = before;
		model(&after, &c);
		start = left = memboard;
		cut_everywhere(&c, dice(2) == 0);
		memboard = left;
		open_call(NULL);
	}
	assert_true(calls > 0);
}

static void
test_few_small_values(void **state)
{
	(void)state;
	play(4096, 20, 80);
}

static void
test_few_small_values_small_pages(void **state)
{
	(void)state;
	play(2048, 20, 80);
}

static void
test_full_of_long_values(void **state)
{
	(void)state;
	play(4096, FW_STORE_KEY_CNT, FW_STORE_VALUE_MAX);
}

static void
test_full_of_long_values_small_pages(void **state)
{
	(void)state;
	play(2048, FW_STORE_KEY_CNT, FW_STORE_VALUE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_few_small_values),
	    cmocka_unit_test(test_few_small_values_small_pages),
	    cmocka_unit_test(test_full_of_long_values),
	    cmocka_unit_test(test_full_of_long_values_small_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
