/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The witness without a network: every status of tlog-witness, forks, and many
 * at once.
 */
#include "witnessrig.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "witness/book.h"
#include "witness/request.h"

static void
growth(void **state)
{
	struct ts_witness *w = witness_with_log();
	static const uint64_t size[] = {0, 0, 1, 2, 2, 100, 256, 257, 300};
	struct ts_witness_answer answer;
	uint64_t old = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		answer =
		    witness_ask(w, (struct asked){.old = old, .size = size[i]});
		witness_verify_answer(w, &answer, 0, size[i]);
		old = size[i];
	}
	/* It remembers without its process. */
	ts_witness_free(&w);
	w = witness_open_witness();
	witness_conflict(witness_ask(w, (struct asked){.old = 0, .size = 300}),
	    "300\n");
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 300, .size = 300}),
	    200);
	assert_int_equal(ts_witness_counts(w)->cosigned, 1);
	ts_witness_free(&w);
}

static void
refusals(void **state)
{
	struct ts_witness *w = witness_open_witness();
	struct ts_skey same_name, other_name;

	(void)state;
	assert_int_equal(ts_skey_init(&same_name, "o.example/log",
			     TS_NOTE_ED25519, (const uint8_t[32]){2}),
	    TS_OK);
	assert_int_equal(ts_skey_init(&other_name, "p.example/log",
			     TS_NOTE_ED25519, (const uint8_t[32]){1}),
	    TS_OK);
	assert_int_equal(witness_status(w, (struct asked){.size = 5}), 404);
	witness_add_log(&witness_log.vkey);
	assert_int_equal(witness_status(w,
			     (struct asked){.size = 5, .key = &same_name}),
	    403);
	/* The right key under another name. */
	assert_int_equal(witness_status(w,
			     (struct asked){.size = 5, .key = &other_name}),
	    403);
	assert_int_equal(witness_status(w, (struct asked){.old = 6, .size = 5}),
	    400);
	witness_conflict(witness_ask(w, (struct asked){.old = 4, .size = 5}),
	    "0\n");
	/* A proof where there must be none. */
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 0, .size = 5, .proof_from = 3}),
	    422);
	/* Nothing of these was taken. */
	assert_int_equal(witness_status(w, (struct asked){.size = 100}), 200);
	assert_int_equal(ts_witness_counts(w)->inconsistent, 1);
	assert_int_equal(ts_witness_counts(w)->forbidden, 2);
	assert_int_equal(ts_witness_counts(w)->unknown, 1);
	assert_int_equal(ts_witness_counts(w)->malformed, 1);
	assert_int_equal(ts_witness_counts(w)->conflicts, 1);
	ts_witness_free(&w);
}

static void
inconsistencies(void **state)
{
	struct ts_witness *w = witness_with_log();

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.size = 100}), 200);
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 101, .size = 100}),
	    400);
	witness_conflict(witness_ask(w, (struct asked){.old = 99, .size = 300}),
	    "100\n");
	witness_conflict(witness_ask(w, (struct asked){.old = 50, .size = 60}),
	    "100\n");
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 100, .size = 300, .proof_from = 99}),
	    422);
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 100, .size = 300, .wrong_root = true}),
	    422);
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 100, .size = 100, .proof_from = 99}),
	    422);
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 100, .size = 300}),
	    200);
	assert_int_equal(ts_witness_counts(w)->inconsistent, 3);
	assert_int_equal(ts_witness_counts(w)->malformed, 1);
	assert_int_equal(ts_witness_counts(w)->conflicts, 2);
	assert_int_equal(ts_witness_counts(w)->forks, 0);
	ts_witness_free(&w);
}

/* Two keys of one origin, and a policy beside the book. */
static void
two_keys(void **state)
{
	struct ts_witness *w = witness_with_log();
	struct ts_policy *policy = NULL;
	struct ts_skey next, third, stranger;
	char vkey[TS_VKEY_MAX], other[TS_VKEY_MAX], text[1024];

	(void)state;
	assert_int_equal(ts_skey_init(&next, "o.example/log", TS_NOTE_ED25519,
			     (const uint8_t[32]){2}),
	    TS_OK);
	assert_int_equal(ts_skey_init(&third, "o.example/log", TS_NOTE_ED25519,
			     (const uint8_t[32]){3}),
	    TS_OK);
	witness_add_log(&next.vkey);
	ts_vkey_format(vkey, &third.vkey);
	assert_int_equal(ts_skey_init(&stranger, "p.example/log",
			     TS_NOTE_ED25519, (const uint8_t[32]){4}),
	    TS_OK);
	ts_vkey_format(other, &stranger.vkey);
	sprintf(text, "log %s\nlog %s\nquorum none\n", vkey, other);
	assert_int_equal(ts_policy_new(&policy,
			     (struct tsw_slice){(uint8_t *)text, strlen(text)},
			     NULL),
	    TS_OK);
	assert_int_equal(witness_status(w, (struct asked){.size = 5}), 200);
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 5, .size = 6, .key = &next}),
	    200);
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 6, .size = 7, .key = &third}),
	    403);
	ts_witness_take(w, policy);
	/* A log that is known signs for itself only. */
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 6, .size = 7, .key = &stranger}),
	    403);
	/* One history, whoever of them signs. */
	witness_conflict(witness_ask(w,
			     (struct asked){.size = 7, .key = &third}),
	    "6\n");
	assert_int_equal(
	    witness_status(w,
		(struct asked){.old = 6, .size = 7, .key = &third}),
	    200);
	assert_int_equal(witness_status(w, (struct asked){.old = 7, .size = 8}),
	    200);
	ts_witness_free(&w);
	ts_policy_free(&policy);
}

struct found {
	size_t cnt;
	struct ts_checkpoint known, shown;
};

static int
find(void *ctx, struct tsw_slice known, struct tsw_slice shown)
{
	struct found *f = ctx;
	struct ts_note n;

	f->cnt++;
	assert_int_equal(ts_note_parse(&n, known), TS_OK);
	assert_int_equal(ts_note_verify(&n, &witness_log.vkey, NULL), TS_OK);
	assert_int_equal(ts_checkpoint_parse(&f->known, n.text), TS_OK);
	assert_int_equal(ts_note_parse(&n, shown), TS_OK);
	assert_int_equal(ts_note_verify(&n, &witness_log.vkey, NULL), TS_OK);
	assert_int_equal(ts_checkpoint_parse(&f->shown, n.text), TS_OK);
	return TS_OK;
}

static void
forks(void **state)
{
	struct ts_witness *w = witness_with_log();
	struct found f = {.cnt = 0};
	struct ts_book *book = NULL;

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.size = 120}), 200);
	/* The other future, by whatever way. */
	witness_conflict(
	    witness_ask(w,
		(struct asked){.branch = 1, .old = 120, .size = 120}),
	    "120\n");
	witness_conflict(
	    witness_ask(w,
		(struct asked){.branch = 1, .old = 100, .size = 120}),
	    "120\n");
	witness_conflict(witness_ask(w,
			     (struct asked){.branch = 1, .size = 300}),
	    "120\n");
	assert_int_equal(
	    witness_status(w,
		(struct asked){.branch = 1, .old = 120, .size = 300}),
	    422);
	assert_int_equal(ts_witness_counts(w)->forks, 1);
	assert_int_equal(ts_book_open(&book, witness_dir, false), TS_OK);
	assert_int_equal(ts_book_each_evidence(book, find, &f), TS_OK);
	ts_book_free(&book);
	assert_int_equal(f.cnt, 1);
	assert_int_equal(f.known.head.size, 120);
	assert_int_equal(f.shown.head.size, 120);
	assert_memory_not_equal(f.known.head.root, f.shown.head.root, 32);
	/* The true log goes on. */
	assert_int_equal(witness_status(w,
			     (struct asked){.old = 120, .size = 300}),
	    200);
	ts_witness_free(&w);
}

/* A log that signs as many roots as it likes fills no disk. */
static void
many_forks(void **state)
{
	struct ts_witness *w = witness_with_log();
	struct ts_book *book = NULL;
	struct found f = {.cnt = 0};
	struct ts_witness_answer answer;
	struct ts_checkpoint cp;
	char body[2048];
	size_t i, n;

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.size = 7}), 200);
	for (i = 1; i < 40; i++) {
		cp = witness_checkpoint(0, 7);
		cp.head.root[0] ^= (uint8_t)i;
		n = (size_t)sprintf(body, "old 7\n\n");
		n += witness_note(body + n, &cp, &witness_log);
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, n});
		witness_conflict(answer, "7\n");
	}
	assert_int_equal(ts_book_open(&book, witness_dir, false), TS_OK);
	assert_int_equal(ts_book_each_evidence(book, find, &f), TS_OK);
	assert_int_equal(f.cnt, TS_BOOK_EVIDENCE_CNT);
	ts_book_free(&book);
	ts_witness_free(&w);
}

/* A size-0 checkpoint with the root of some tree. */
static void
empty_tree(void **state)
{
	struct ts_witness *w = witness_with_log();

	(void)state;
	assert_int_equal(witness_status(w, (struct asked){.wrong_root = true}),
	    422);
	assert_int_equal(witness_status(w, (struct asked){.size = 0}), 200);
	witness_conflict(witness_ask(w, (struct asked){.wrong_root = true}),
	    "0\n");
	assert_int_equal(witness_status(w, (struct asked){.size = 9}), 200);
	ts_witness_free(&w);
}

static void
malformed(void **state)
{
	struct ts_witness *w = witness_with_log();
	const struct ts_checkpoint cp = witness_checkpoint(0, 5);
	static const char *const head[] = {"", "old 0\n", "old 0", "0\n\n",
	    "old 00\n\n", "old 01\n\n", "old -1\n\n", "old  0\n\n", "Old 0\n\n",
	    "old 0 \n\n", "old\n\n", "old 9007199254740992\n\n",
	    "old 18446744073709551616\n\n", "old 0\r\n\r\n", "\nold 0\n\n",
	    "old 0\nx\n\n", "old 0\nAAAA\n\n",
	    "old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpka==\n\n",
	    "old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkax=\n\n",
	    "old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"};
	struct ts_witness_answer answer;
	char body[TS_WITNESS_BODY_MAX + 2];
	size_t i, j, n;

	(void)state;
	for (i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		n = (size_t)sprintf(body, "%s", head[i]);
		n += witness_note(body + n, &cp, &witness_log);
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, n});
		assert_int_equal(answer.status, 400);
	}
	/* Each prefix of a good one; 63 hashes are a request, 64 are none. */
	n = (size_t)sprintf(body, "old 0\n\n");
	n += witness_note(body + n, &cp, &witness_log);
	for (i = 0; i < n; i++) {
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, i});
		assert_int_equal(answer.status, 400);
	}
	for (i = 63; i <= 64; i++) {
		n = (size_t)sprintf(body, "old 1\n");
		for (j = 0; j < i; j++)
			n += (size_t)sprintf(body + n,
			    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n");
		body[n++] = '\n';
		n += witness_note(body + n, &cp, &witness_log);
		ts_witness_add_checkpoint(w, &answer,
		    (struct tsw_slice){(uint8_t *)body, n});
		assert_int_equal(answer.status, i == 63 ? 409 : 400);
	}
	memset(body, 'a', sizeof(body));
	ts_witness_add_checkpoint(w, &answer,
	    (struct tsw_slice){(uint8_t *)body, sizeof(body)});
	assert_int_equal(answer.status, 400);
	ts_witness_free(&w);
}

/* Many at once: one history, each step of it cosigned at most once. */
struct racer {
	struct ts_witness *w;
	unsigned branch;
	size_t won;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	uint64_t size, old = 100;

	for (size = 101; size < 160; size++) {
		if (witness_status(r->w,
			(struct asked){.branch = r->branch,
			    .old = old,
			    .size = size}) == 200) {
			r->won++;
			old = size;
		}
	}
	return NULL;
}

static void
races(void **state)
{
	struct racer r[4];
	pthread_t thread[4];
	size_t i;

	(void)state;
	r[0].w = witness_with_log();
	assert_int_equal(witness_status(r[0].w, (struct asked){.size = 100}),
	    200);
	for (i = 0; i < 4; i++) {
		r[i] = (struct racer){r[0].w, i & 1, 0};
		assert_int_equal(pthread_create(&thread[i], NULL, race, &r[i]),
		    0);
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	/* Whoever was first has the history; the other future got nothing. */
	assert_true(r[0].won + r[2].won == 0 || r[1].won + r[3].won == 0);
	assert_true(r[0].won + r[1].won + r[2].won + r[3].won >= 59);
	ts_witness_free(&r[0].w);
}

int
main(void)
{
#define SCENE(name)                                                            \
	cmocka_unit_test_setup_teardown(name, witness_setup, witness_teardown)
	const struct CMUnitTest tests[] = {
	    SCENE(growth),
	    SCENE(refusals),
	    SCENE(inconsistencies),
	    SCENE(two_keys),
	    SCENE(forks),
	    SCENE(many_forks),
	    SCENE(empty_tree),
	    SCENE(malformed),
	    SCENE(races),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
