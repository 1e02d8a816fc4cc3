/* SPDX-License-Identifier: BSD-2-Clause */
/* What is believed, and checkpoints that are not: rule 1 of SPEC 14.2. */
#include "logask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <touchstone/wire/crypto.h>

static char room[2048];

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
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
