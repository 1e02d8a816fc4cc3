/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages that are not believed: rules 2 to 6 of SPEC 14.2. */
#include "logask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static char room[2048];

/* --- Rules 2 to 4 --- */

static void
drop_record(size_t i)
{
	struct ts_page *page = &shown.page;

	for (; i + 1 < page->record_cnt; i++)
		page->record[i] = page->record[i + 1];
	page->record_cnt--;
}

static void
numbers(void **state)
{
	const struct ts_lookup ask = asking("bob");
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) { /* a gap */
		logworld_page(world, &shown, &ask);
		drop_record(i);
		assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	}
	for (i = 0; i < 3; i++) { /* a gap that is hidden by new numbers */
		logworld_page(world, &shown, &ask);
		drop_record(i);
		shown.page.record[0].number = 0;
		shown.page.record[1].number = 1;
		shown.page.record[2].number = 2;
		assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	}
	logworld_page(world, &shown, &ask);
	shown.page.record[1].number = 2;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	logworld_page(world, &shown, &ask);
	assert_int_equal(judge(&(struct ts_lookup){slice("bob"), 1, false, 0}),
	    TS_ERR_LOG_PROOF);
	assert_int_equal(judge(&(struct ts_lookup){slice("bob"), UINT32_MAX - 1,
			     false, 0}),
	    TS_ERR_LOG_PROOF);
}

/* The number after the last there can be. */
static void
last_number(void **state)
{
	struct ts_lookup ask = asking("bob");

	(void)state;
	ask.from = UINT32_MAX;
	logworld_page(world, &shown, &ask);
	assert_int_equal(judge(&ask), TS_OK);
	shown.page.record_cnt = 1;
	shown.page.record[0].number = UINT32_MAX;
	shown.page.record[0].envelope.p = world->record[0].envelope;
	shown.page.record[0].envelope.len = world->record[0].len;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.page.record[0].proof.there = true;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
}

static void
proof_missing(void **state)
{
	const struct ts_lookup ask = asking("bob");

	(void)state;
	logworld_page(world, &shown, &ask);
	shown.page.record[3].proof.there = false;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	/* What follows is no update of it: a genesis, another's record. */
	logworld_page(world, &shown, &ask);
	shown.page.record[2].envelope = shown.page.record[1].envelope;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	logworld_page(world, &shown, &ask);
	shown.page.record[1].envelope = shown.page.record[0].envelope;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	logworld_page(world, &shown, &ask);
	shown.page.record[0].envelope = slice("nothing");
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.page.record[0].proof.there = true;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
}

/* What names it, and is no update, binds nothing. */
static void
bound_by_no_update(void **state)
{
	const struct ts_lookup ask = asking("bob");

	(void)state;
	logworld_add_confirm(world, "bob");
	logworld_seal(world);
	logworld_page(world, &shown, &ask);
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	logworld_prove(world, &shown, 3);
	assert_int_equal(judge(&ask), TS_OK);
}

static void
proof_lies(void **state)
{
	const struct ts_lookup ask = asking("bob");
	struct ts_page_proof *m = &shown.page.record[3].proof;

	(void)state;
	logworld_page(world, &shown, &ask);
	m->opening[0] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	m->opening[0] ^= 1;
	m->vrf[79] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	m->vrf[79] ^= 1;
	m->path.len -= TS_PATH_STEP_LEN;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	m->path.len += TS_PATH_STEP_LEN;
	shown.path[3][1] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.path[3][1] ^= 1;
	assert_int_equal(judge(&ask), TS_OK);
	/* Another statement under the same opening. */
	shown.page.record[3].envelope = shown.page.record[2].envelope;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	/* The proof of another number, of another label. */
	logworld_page(world, &shown, &ask);
	logworld_prove(world, &shown, 1);
	*m = shown.page.record[1].proof;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	logworld_page(world, &shown, &ask);
	assert_int_equal(judge(&(struct ts_lookup){slice("rob"), 0, false, 0}),
	    TS_ERR_LOG_PROOF);
}

/* Proofs of two versions of the index: each holds, but not together. */
static void
two_roots(void **state)
{
	static struct logworld_page old;
	const struct ts_lookup ask = asking("bob");

	(void)state;
	logworld_page(world, &old, &ask);
	logworld_prove(world, &old, 0);
	logworld_fill(world);
	logworld_seal(world);
	logworld_page(world, &shown, &ask);
	shown.page.record[0] = old.page.record[0];
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
}

/* --- Rule 5 --- */

static void
not_latest(void **state)
{
	static struct logworld_page old;
	struct ts_lookup ask = asking("bob");
	struct ts_page *page = &shown.page;

	(void)state;
	/* The last record hidden: its absence cannot be shown. */
	logworld_page(world, &shown, &ask);
	page->record_cnt = 3;
	logworld_prove(world, &shown, 2);
	logworld_absence(world, &shown, ask.label, 3);
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	/* That of a later number, or of another label, instead. */
	logworld_absence(world, &shown, ask.label, 4);
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	logworld_absence(world, &shown, slice("rob"), 3);
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	/* All hidden. */
	page->record_cnt = 0;
	logworld_absence(world, &shown, ask.label, 0);
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	/* An index as it was before, with a new last leaf. */
	logworld_page(world, &old, &ask);
	logworld_add(world, "bob");
	logworld_seal(world);
	logworld_page(world, &shown, &ask);
	page->record_cnt = 4;
	logworld_prove(world, &shown, 3);
	page->absence = old.page.absence;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	/* Records as they were, too. */
	page->record[3] = old.page.record[3];
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
}

static void
absence_lies(void **state)
{
	const struct ts_lookup ask = asking("bob");

	(void)state;
	logworld_page(world, &shown, &ask);
	shown.page.absence.vrf[0] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	shown.page.absence.vrf[0] ^= 1;
	shown.path[TS_PAGE_RECORDS_CNT][9] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	shown.path[TS_PAGE_RECORDS_CNT][9] ^= 1;
	shown.leaf[63] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	shown.leaf[63] ^= 1;
	shown.page.absence.leaf.len = 0;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
	shown.page.absence.leaf.len = 64;
	assert_int_equal(judge(&ask), TS_OK);
}

/* --- Rule 6 --- */

static void
root_leaf(void **state)
{
	const struct ts_lookup ask = asking("bob");

	(void)state;
	logworld_page(world, &shown, &ask);
	shown.page.entries++;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.page.entries--;
	shown.hashes[0][0] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.hashes[0][0] ^= 1;
	shown.page.inclusion.len -= TSW_HASH_LEN;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.page.inclusion.len += TSW_HASH_LEN;
	assert_int_equal(judge(&ask), TS_OK);
}

/* A witnessed checkpoint of a log that is none. */
static void
no_leaves(void **state)
{
	const struct ts_lookup ask = asking("bob");
	struct ts_tree_head head = logworld_head(world);

	(void)state;
	logworld_page(world, &shown, &ask);
	head.size = 0;
	ts_tree_empty(head.root);
	shown.page.note = logworld_note(world, room, &head, NOW);
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
}

/* One bit of each byte of what travels. */
static void
every_byte(void **state)
{
	static uint8_t bytes[8192];
	struct ts_log_view known = view;
	struct ts_lookup ask;
	struct ts_page page;
	struct tsw_slice s = {bytes, 0};
	size_t i, unsaid = 0;
	int r;

	(void)state;
	assert_int_equal(look("bob"), TS_OK);
	logworld_add(world, "bob");
	logworld_seal(world);
	known = view;
	ask = asking("bob");
	logworld_page(world, &shown, &ask);
	s.len = ts_page_encode(bytes, sizeof(bytes), &shown.page);
	assert_true(s.len > 0);
	for (i = 0; i < s.len; i++) {
		bytes[i] ^= (uint8_t)(1U << i % 8);
		view = known;
		r = ts_page_decode(&page, s);
		if (r == TS_OK)
			r = ts_latest_check(&view, NULL, world->policy, &ask,
			    &page, NOW);
		unsaid += r == TS_OK;
		bytes[i] ^= (uint8_t)(1U << i % 8);
	}
	/* The 9 bytes of each record's signature, which the chain checks. */
	assert_int_equal(unsaid, 5 * 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(numbers),
	    TEST(last_number),
	    TEST(proof_missing),
	    TEST(bound_by_no_update),
	    TEST(proof_lies),
	    TEST(two_roots),
	    TEST(not_latest),
	    TEST(absence_lies),
	    TEST(root_leaf),
	    TEST(no_leaves),
	    TEST(every_byte),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
