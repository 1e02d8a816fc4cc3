/* SPDX-License-Identifier: BSD-2-Clause */
/* A page of an honest directory is believed; each lie has its own error. */
#include "logworld.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <touchstone/wire/crypto.h>

#define NOW LOGWORLD_NOW

static struct logworld *world;
static struct logworld_page shown;
static struct ts_log_view view;
static char room[2048];

static struct tsw_slice
slice(const char *text)
{
	return (struct tsw_slice){(const uint8_t *)text, strlen(text)};
}

static struct ts_lookup
asking(const char *label)
{
	const struct ts_lookup ask = {slice(label), 0, view.known,
	    view.head.size};

	return ask;
}

/* bob has four records, the last two in another batch; carol has one. */
static int
set_up(void **state)
{
	size_t i;

	(void)state;
	world = logworld_new();
	logworld_add(world, "bob");
	logworld_add(world, "bob");
	for (i = 0; i < 5; i++)
		logworld_fill(world);
	logworld_seal(world);
	logworld_add(world, "bob");
	logworld_add(world, "carol");
	logworld_add(world, "bob");
	logworld_seal(world);
	memset(&view, 0, sizeof(view));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	logworld_free(&world);
	return 0;
}

/* What check says of what is shown; a view is changed only on success. */
static int
judge(const struct ts_lookup *ask)
{
	const struct ts_log_view before = view;
	int r;

	r = ts_latest_check(&view, NULL, world->policy, ask, &shown.page, NOW);
	if (r != TS_OK)
		assert_memory_equal(&view, &before, sizeof(view));
	return r;
}

static int
look(const char *label)
{
	const struct ts_lookup ask = asking(label);

	logworld_page(world, &shown, &ask);
	return judge(&ask);
}

static void
assert_view(void)
{
	const struct ts_tree_head head = logworld_head(world);
	const struct tsw_slice origin = slice(LOGWORLD_ORIGIN);
	uint8_t hash[TSW_HASH_LEN];

	tsw_sha256(hash, &origin, 1);
	assert_true(view.known);
	assert_memory_equal(view.origin, hash, sizeof(hash));
	assert_memory_equal(view.vrf, world->vrf, sizeof(view.vrf));
	assert_int_equal(view.head.size, head.size);
	assert_memory_equal(view.head.root, head.root, sizeof(head.root));
	assert_int_equal(view.time, NOW);
}

static void
believed(void **state)
{
	struct ts_lookup ask;
	size_t i;

	(void)state;
	assert_int_equal(look("bob"), TS_OK);
	assert_int_equal(shown.page.record_cnt, 4);
	assert_view();
	assert_int_equal(look("carol"), TS_OK);
	assert_int_equal(look("nobody"), TS_OK);
	assert_int_equal(shown.page.record_cnt, 0);
	for (i = 0; i < 20; i++) {
		logworld_add(world, "bob");
		logworld_seal(world);
		assert_int_equal(look("bob"), TS_OK);
		assert_view();
	}
	/* All proofs may be there; one may begin in the middle or at the end.
	 */
	ask = asking("bob");
	for (ask.from = 0; ask.from <= 24; ask.from++) {
		logworld_page(world, &shown, &ask);
		assert_int_equal(judge(&ask), TS_OK);
		for (i = 0; i < shown.page.record_cnt; i++)
			logworld_prove(world, &shown, i);
		assert_int_equal(judge(&ask), TS_OK);
	}
}

static void
empty_log(void **state)
{
	struct ts_lookup ask;

	(void)state;
	logworld_free(&world);
	world = logworld_new();
	assert_int_equal(look("bob"), TS_OK);
	assert_int_equal(shown.page.absence.leaf.len, 0);
	assert_int_equal(view.head.size, 2);
	logworld_add(world, "bob");
	logworld_seal(world);
	/* The empty index is no more. */
	memset(&view, 0, sizeof(view));
	ask = asking("carol");
	logworld_page(world, &shown, &ask);
	shown.page.absence.leaf.len = shown.page.absence.path.len = 0;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
}

static void
many_pages(void **state)
{
	struct ts_lookup ask;
	size_t i;

	(void)state;
	for (i = 0; i < 96; i++)
		logworld_add(world, "bob");
	logworld_seal(world);
	ask = asking("bob");
	logworld_page(world, &shown, &ask);
	assert_int_equal(shown.page.record_cnt, 64);
	assert_false(shown.page.absence.there);
	assert_int_equal(judge(&ask), TS_OK);
	ask.from = 64;
	ask.has_size = true;
	ask.size = view.head.size;
	logworld_page(world, &shown, &ask);
	assert_int_equal(shown.page.record_cnt, 36);
	assert_int_equal(judge(&ask), TS_OK);
	/* Nothing of something: the asker would ask for ever. */
	shown.page.record_cnt = 0;
	shown.page.absence.there = false;
	assert_int_equal(judge(&ask), TS_ERR_LOG_LATEST);
}

/* --- Rule 1 --- */

static void
note_lies(void **state)
{
	const struct ts_tree_head head = logworld_head(world);
	const struct ts_lookup ask = asking("bob");
	struct ts_seen seen;

	(void)state;
	logworld_page(world, &shown, &ask);
	shown.page.note = logworld_note(world, room, &head, 0);
	assert_int_equal(judge(&ask), TS_ERR_LOG_QUORUM);
	assert_int_equal(ts_latest_check(&view, &seen, world->policy, &ask,
			     &shown.page, NOW),
	    TS_ERR_LOG_QUORUM);
	assert_string_equal(seen.cp.origin, LOGWORLD_ORIGIN);
	assert_int_equal(seen.cp.head.size, head.size);
	shown.page.note = logworld_note(world, room, &head, NOW - 86401);
	assert_int_equal(judge(&ask), TS_ERR_LOG_STALE);
	shown.page.note = logworld_note(world, room, &head, NOW - 86400);
	assert_int_equal(judge(&ask), TS_OK);
	assert_int_equal(view.time, NOW - 86400);
	memset(&view, 0, sizeof(view));
	/* Another key of that name. */
	assert_int_equal(ts_skey_init(&world->log, LOGWORLD_ORIGIN,
			     TS_NOTE_ED25519, world->sk_vrf),
	    TS_OK);
	shown.page.note = logworld_note(world, room, &head, NOW);
	assert_int_equal(judge(&ask), TS_ERR_LOG_NOTE);
	memset(&seen, 0xa5, sizeof(seen));
	assert_int_equal(ts_latest_check(&view, &seen, world->policy, &ask,
			     &shown.page, NOW),
	    TS_ERR_LOG_NOTE);
	assert_int_equal(seen.cp.origin[0], '\0');
	assert_null(seen.log);
	shown.page.note = slice("nothing");
	assert_int_equal(judge(&ask), TS_ERR_LOG_NOTE);
}

/* The same checkpoint with older cosignatures does not turn time back. */
static void
time_stays(void **state)
{
	const struct ts_tree_head head = logworld_head(world);
	struct ts_lookup ask;

	(void)state;
	assert_int_equal(look("bob"), TS_OK);
	ask = asking("bob");
	logworld_page(world, &shown, &ask);
	shown.page.note = logworld_note(world, room, &head, NOW - 60);
	assert_int_equal(judge(&ask), TS_OK);
	assert_int_equal(view.time, NOW);
}

static void
another_log(void **state)
{
	(void)state;
	assert_int_equal(look("bob"), TS_OK);
	view.origin[0] ^= 1;
	assert_int_equal(look("bob"), TS_ERR_LOG_NOTE);
}

static void
rollback(void **state)
{
	const struct ts_tree_head older = logworld_head(world);
	struct ts_lookup ask;

	(void)state;
	logworld_add(world, "bob");
	logworld_seal(world);
	assert_int_equal(look("bob"), TS_OK);
	ask = asking("bob");
	shown.page.note = logworld_note(world, room, &older, NOW);
	assert_int_equal(judge(&ask), TS_ERR_LOG_ROLLBACK);
}

static void
split(void **state)
{
	struct ts_tree_head head;
	struct ts_lookup ask;

	(void)state;
	assert_int_equal(look("bob"), TS_OK);
	ask = asking("bob");
	logworld_page(world, &shown, &ask);
	head = logworld_head(world);
	head.root[0] ^= 1;
	shown.page.note = logworld_note(world, room, &head, NOW);
	assert_int_equal(judge(&ask), TS_ERR_LOG_SPLIT);
	logworld_add(world, "bob");
	logworld_seal(world);
	logworld_page(world, &shown, &ask);
	shown.page.has_consistency = false;
	assert_int_equal(judge(&ask), TS_ERR_LOG_SPLIT);
	shown.page.has_consistency = true;
	shown.hashes[1][5] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_SPLIT);
	shown.hashes[1][5] ^= 1;
	shown.page.consistency.len -= TSW_HASH_LEN;
	assert_int_equal(judge(&ask), TS_ERR_LOG_SPLIT);
	shown.page.consistency.len += TSW_HASH_LEN;
	assert_int_equal(judge(&ask), TS_OK);
}

/* The VRF key is that of leaf 0, and stays. */
static void
parameters(void **state)
{
	struct ts_lookup ask = asking("bob");
	uint8_t other[32], pk[32];

	(void)state;
	ts_vrf_keygen(other, pk);
	logworld_page(world, &shown, &ask);
	shown.page.has_parameters = false;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.page.has_parameters = true;
	shown.hashes[2][3] ^= 1;
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	shown.hashes[2][3] ^= 1;
	memcpy(shown.page.vrf, pk, sizeof(pk));
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	memcpy(shown.page.vrf, world->vrf, sizeof(pk));
	assert_int_equal(judge(&ask), TS_OK);
	/* Known, and said again: it has to be the same. */
	ask = asking("bob");
	logworld_page(world, &shown, &ask);
	shown.page.has_parameters = true;
	assert_int_equal(judge(&ask), TS_OK);
	memcpy(shown.page.vrf, pk, sizeof(pk));
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
	/* A directory that changes its key: old proofs do not hold. */
	shown.page.has_parameters = false;
	memcpy(view.vrf, pk, sizeof(pk));
	assert_int_equal(judge(&ask), TS_ERR_LOG_PROOF);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(believed),
	    TEST(empty_log),
	    TEST(many_pages),
	    TEST(note_lies),
	    TEST(time_stays),
	    TEST(another_log),
	    TEST(rollback),
	    TEST(split),
	    TEST(parameters),
	    TEST(numbers),
	    TEST(last_number),
	    TEST(proof_missing),
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
