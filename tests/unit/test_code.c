/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/wire/code.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "softtoken.h"

enum { MOVES = 4 }; /* moves 1 to 3, and one of another session */

static struct tsw_live_party
party(uint8_t id, const char *label)
{
	struct tsw_live_party p;

	memset(&p, 0, sizeof(p));
	memset(p.id, id, sizeof(p.id));
	memset(p.head, id + 1, sizeof(p.head));
	p.seq = id;
	p.label = soft_slice(label);
	p.log_size = 99;
	memset(p.root, 0x77, sizeof(p.root));
	return p;
}

struct run {
	struct tsw_live_party pa, pb;
	uint8_t secret_a[32], secret_b[32];
	struct tsw_live a, b;
	char move[MOVES][TSW_LIVE_TEXT_MAX];
};

static void
begin(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->pa = party(10, "alice@example.org");
	run->pb = party(20, "bob@example.org");
	memset(run->secret_a, 0xaa, sizeof(run->secret_a));
	memset(run->secret_b, 0xbb, sizeof(run->secret_b));
}

/* A whole run in which nothing goes wrong. */
static void
play(struct run *run)
{
	assert_int_equal(tsw_live_start(&run->a, run->move[0], &run->pa,
			     &run->pb, run->secret_a),
	    TSW_OK);
	assert_int_equal(tsw_live_answer(&run->b, run->move[1], &run->pb,
			     &run->pa, soft_slice(run->move[0]), run->secret_b),
	    TSW_OK);
	assert_int_equal(tsw_live_open(&run->a, run->move[2],
			     soft_slice(run->move[1])),
	    TSW_OK);
	assert_int_equal(tsw_live_finish(&run->b, soft_slice(run->move[2])),
	    TSW_OK);
}

static void
both_see_the_same(void **state)
{
	struct run run, other;

	(void)state;
	begin(&run);
	play(&run);
	assert_int_equal(run.a.state, TSW_LIVE_DONE);
	assert_int_equal(run.b.state, TSW_LIVE_DONE);
	assert_string_equal(run.a.code, run.b.code);
	assert_int_equal(strlen(run.a.code), TSW_LIVE_DIGITS);
	assert_int_equal(strspn(run.a.code, "0123456789"), TSW_LIVE_DIGITS);
	assert_true(strlen(run.move[0]) <= 90);
	begin(&other);
	other.secret_b[31] ^= 1;
	play(&other);
	assert_string_not_equal(run.a.code, other.a.code);
}

/* Everything that a side brings in is bound: change it, and codes differ. */
static void
everything_is_bound(void **state)
{
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		begin(&run);
		assert_int_equal(tsw_live_start(&run.a, run.move[0], &run.pa,
				     &run.pb, run.secret_a),
		    TSW_OK);
		/* B sees another A; what moves carry is the same. */
		if (i == 0)
			run.pa.id[31] ^= 1;
		else if (i == 1)
			run.pa.head[0] ^= 1;
		else if (i == 2)
			run.pa.root[9] ^= 1;
		else if (i == 3)
			run.pa.label = soft_slice("alice@example.com");
		else
			run.pb.head[0] ^= 1;
		assert_int_equal(tsw_live_answer(&run.b, run.move[1], &run.pb,
				     &run.pa, soft_slice(run.move[0]),
				     run.secret_b),
		    TSW_OK);
		assert_int_equal(tsw_live_open(&run.a, run.move[2],
				     soft_slice(run.move[1])),
		    TSW_OK);
		assert_int_equal(tsw_live_finish(&run.b,
				     soft_slice(run.move[2])),
		    TSW_ERR_COMMITMENT);
		assert_int_equal(run.b.state, TSW_LIVE_FAILED);
		assert_string_equal(run.b.code, "");
		/* Nothing helps a failed run, not even the truth. */
		assert_int_equal(tsw_live_finish(&run.b,
				     soft_slice(run.move[2])),
		    TSW_ERR_ORDER);
	}
}

/* Mallory stands between: she plays B to Alice and A to Bob. */
static void
middle_gives_other_digits(void **state)
{
	struct run to_alice, to_bob;

	(void)state;
	begin(&to_alice);
	memset(to_alice.pb.id, 0x66, 32);
	begin(&to_bob);
	memset(to_bob.pa.id, 0x66, 32);
	play(&to_alice);
	play(&to_bob);
	assert_string_not_equal(to_alice.a.code, to_bob.b.code);
}

static void
reflection_is_refused(void **state)
{
	char text[TSW_LIVE_TEXT_MAX] = "unchanged";
	struct tsw_live before;
	struct run run;

	(void)state;
	begin(&run);
	play(&run);
	before = run.a;
	assert_int_equal(tsw_live_start(&run.a, text, &run.pa, &run.pa,
			     run.secret_a),
	    TSW_ERR_REFLECTED);
	assert_int_equal(tsw_live_answer(&run.a, text, &run.pa, &run.pa,
			     soft_slice(run.move[0]), run.secret_a),
	    TSW_ERR_REFLECTED);
	assert_memory_equal(&run.a, &before, sizeof(before));
	assert_string_equal(text, "unchanged");
}

static void
parties_are_checked(void **state)
{
	char text[TSW_LIVE_TEXT_MAX];
	struct run run;

	(void)state;
	begin(&run);
	run.pa.label = soft_slice("Alice");
	assert_int_equal(tsw_live_start(&run.a, text, &run.pa, &run.pb,
			     run.secret_a),
	    TSW_ERR_LABEL);
	assert_int_equal(tsw_live_start(&run.a, text, &run.pb, &run.pa,
			     run.secret_a),
	    TSW_ERR_LABEL);
	begin(&run);
	run.pb.log_size = 0; /* but there is a root */
	assert_int_equal(tsw_live_start(&run.a, text, &run.pa, &run.pb,
			     run.secret_a),
	    TSW_ERR_RANGE);
}

static void
stale_views_are_told(void **state)
{
	struct tsw_live a, b;
	struct run run, old;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		begin(&run);
		play(&run);
		begin(&old); /* what the other side still believes */
		if (i == 0)
			old.pa.seq--;
		else if (i == 1)
			old.pb.seq--;
		else
			old.pa.log_size = old.pb.log_size = 98;
		assert_int_equal(tsw_live_start(&a, old.move[0], &old.pa,
				     &old.pb, old.secret_a),
		    TSW_OK);
		assert_int_equal(tsw_live_answer(&b, run.move[3], &run.pb,
				     &run.pa, soft_slice(old.move[0]),
				     run.secret_b),
		    TSW_ERR_STALE);
	}
}

/* Every state takes exactly one move; all else changes nothing. */
static void
order(void **state)
{
	struct tsw_live live[TSW_LIVE_FAILED + 1], before;
	char out[TSW_LIVE_TEXT_MAX];
	struct run run, other;
	size_t s, m;
	int r;

	(void)state;
	begin(&run);
	memset(live, 0, sizeof(live));
	assert_int_equal(tsw_live_start(&live[TSW_LIVE_COMMITTED], run.move[0],
			     &run.pa, &run.pb, run.secret_a),
	    TSW_OK);
	assert_int_equal(tsw_live_answer(&live[TSW_LIVE_ANSWERED], run.move[1],
			     &run.pb, &run.pa, soft_slice(run.move[0]),
			     run.secret_b),
	    TSW_OK);
	play(&run);
	live[TSW_LIVE_DONE] = run.a;
	live[TSW_LIVE_FAILED].state = TSW_LIVE_FAILED;
	begin(&other);
	other.secret_a[0] ^= 1;
	play(&other);

	for (s = 0; s <= TSW_LIVE_FAILED; s++) {
		for (m = 0; m < MOVES; m++) {
			/* the last column: right move, other session */
			const char *text = m < 3      ? run.move[m]
			    : s == TSW_LIVE_COMMITTED ? other.move[1]
						      : other.move[2];

			before = live[s];
			if (s != TSW_LIVE_COMMITTED || m != 1) {
				r = tsw_live_open(&live[s], out,
				    soft_slice(text));
				assert_int_equal(r, TSW_ERR_ORDER);
			}
			if (s != TSW_LIVE_ANSWERED || m != 2) {
				r = tsw_live_finish(&live[s], soft_slice(text));
				assert_int_equal(r, TSW_ERR_ORDER);
			}
			assert_memory_equal(&live[s], &before, sizeof(before));
		}
	}
	for (m = 1; m < 3; m++)
		assert_int_equal(tsw_live_answer(&before, out, &run.pb, &run.pa,
				     soft_slice(run.move[m]), run.secret_b),
		    TSW_ERR_ORDER);
	assert_int_equal(tsw_live_open(&live[TSW_LIVE_COMMITTED], out,
			     soft_slice(run.move[1])),
	    TSW_OK);
	assert_int_equal(tsw_live_finish(&live[TSW_LIVE_ANSWERED],
			     soft_slice(run.move[2])),
	    TSW_OK);
}

/* Every field of a move is looked at. */
static void
moves_are_checked(void **state)
{
	static const struct {
		size_t len, at;
		uint8_t value;
		int want;
	} t[] = {{48, 0, 2, TSW_ERR_VERSION}, {48, 1, 0, TSW_ERR_RANGE},
	    {48, 1, 4, TSW_ERR_RANGE}, {48, 1, 2, TSW_ERR_ORDER},
	    {48, 2, 0x5a, TSW_ERR_FORMAT}, {48, 7, 99, TSW_ERR_STALE},
	    {48, 11, 99, TSW_ERR_STALE}, {48, 15, 98, TSW_ERR_STALE},
	    {47, 0, 1, TSW_ERR_TRUNCATED}, {49, 0, 1, TSW_ERR_TRAILING}};
	uint8_t b[64];
	char text[TSW_BECH32_MAX], out[TSW_LIVE_TEXT_MAX];
	struct tsw_live live;
	struct run run;
	size_t i, len;

	(void)state;
	begin(&run);
	play(&run);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		memset(b, 0, sizeof(b));
		len = sizeof(b);
		assert_int_equal(tsw_bech32m_decode(b, &len, "live",
				     soft_slice(run.move[0])),
		    TSW_OK);
		b[t[i].at] = t[i].value;
		assert_int_equal(tsw_bech32m_encode(text, "live", b, t[i].len),
		    TSW_OK);
		assert_int_equal(tsw_live_answer(&live, out, &run.pb, &run.pa,
				     soft_slice(text), run.secret_b),
		    t[i].want);
	}
	assert_int_equal(tsw_live_answer(&live, out, &run.pb, &run.pa,
			     soft_slice(""), run.secret_b),
	    TSW_ERR_FORMAT);
}

/* What a token reads is what the transcript is made of. */
static void
parties_travel(void **state)
{
	struct tsw_live_party p = party(10, "alice@example.org"), back;
	uint8_t m[TSW_LIVE_PARTY_MAX];
	struct tsw_wr wr;
	size_t len, whole;

	(void)state;
	tsw_wr_init(&wr, m, sizeof(m));
	assert_int_equal(tsw_live_party_encode(&wr, &p), TSW_OK);
	whole = tsw_wr_len(&wr);
	assert_int_equal(tsw_live_party_decode(&back, m, whole), TSW_OK);
	assert_memory_equal(back.id, p.id, sizeof(p.id));
	assert_memory_equal(back.head, p.head, sizeof(p.head));
	assert_memory_equal(back.root, p.root, sizeof(p.root));
	assert_int_equal(back.seq, p.seq);
	assert_int_equal(back.log_size, p.log_size);
	assert_int_equal(back.label.len, p.label.len);
	assert_true(back.label.p > m && back.label.p < m + whole);
	for (len = 0; len < whole; len++) {
		assert_int_not_equal(tsw_live_party_decode(&back, m, len),
		    TSW_OK);
		tsw_wr_init(&wr, m, len);
		assert_int_equal(tsw_live_party_encode(&wr, &p),
		    TSW_ERR_NO_SPACE);
	}
	tsw_wr_init(&wr, m, sizeof(m));
	p.label = soft_slice("Alice");
	assert_int_equal(tsw_live_party_encode(&wr, &p), TSW_ERR_LABEL);
	p.label = soft_slice("alice");
	p.log_size = 0;
	assert_int_equal(tsw_live_party_encode(&wr, &p), TSW_ERR_RANGE);
	assert_int_equal(tsw_wr_len(&wr), 0);
}

/* The longest there is fills the room to the last byte. */
static void
the_longest_party(void **state)
{
	struct tsw_live_party p = party(10, "a");
	uint8_t m[TSW_LIVE_PARTY_MAX], label[TSW_LABEL_MAX];
	struct tsw_wr wr;

	(void)state;
	memset(label, 'a', sizeof(label));
	p.label.p = label;
	p.label.len = sizeof(label);
	p.seq = p.log_size = UINT32_MAX;
	tsw_wr_init(&wr, m, sizeof(m));
	assert_int_equal(tsw_live_party_encode(&wr, &p), TSW_OK);
	assert_int_equal(tsw_wr_len(&wr), TSW_LIVE_PARTY_MAX);
}

/* Who keeps the state of a run elsewhere gets the same commitment and code. */
static void
a_run_from_its_parts(void **state)
{
	uint8_t c[TSW_HASH_LEN], r[2 * TSW_LIVE_NONCE_LEN];
	char code[TSW_LIVE_DIGITS + 1], text[TSW_LIVE_TEXT_MAX];
	struct tsw_live_move move;
	struct run run;

	(void)state;
	begin(&run);
	play(&run);
	tsw_live_commit(c, &run.pa, &run.pb, run.secret_a);
	assert_int_equal(tsw_live_move_decode(&move, soft_slice(run.move[0])),
	    TSW_OK);
	assert_memory_equal(move.value, c, sizeof(c));
	assert_int_equal(move.session, c[0] << 8 | c[1]);
	memcpy(r, run.secret_a, TSW_LIVE_NONCE_LEN);
	memcpy(r + TSW_LIVE_NONCE_LEN, run.secret_b, TSW_LIVE_NONCE_LEN);
	tsw_live_code(code, &run.pa, &run.pb, c, r);
	assert_string_equal(code, run.a.code);
	assert_int_equal(tsw_live_move_encode(text, &move), TSW_OK);
	assert_string_equal(text, run.move[0]);
	for (move.move = 0; move.move <= 4; move.move++)
		assert_int_equal(tsw_live_move_encode(text, &move),
		    move.move >= 1 && move.move <= 3 ? TSW_OK : TSW_ERR_RANGE);
}

static void
wipe(void **state)
{
	static const struct tsw_live nothing;
	struct run run;

	(void)state;
	begin(&run);
	play(&run);
	tsw_live_wipe(&run.a);
	assert_memory_equal(&run.a, &nothing, sizeof(nothing));
}

static void
pair_numbers(void **state)
{
	char a[TSW_PAIR_DIGITS / 2], b[TSW_PAIR_DIGITS / 2];
	char ab[TSW_PAIR_DIGITS + 1], ba[TSW_PAIR_DIGITS + 1];
	uint8_t id[TSW_ID_LEN];

	(void)state;
	memset(id, 1, sizeof(id));
	tsw_pair_half(a, (struct tsw_slice){id, sizeof(id)},
	    soft_slice("alice"));
	tsw_pair_half(b, (struct tsw_slice){id, sizeof(id)}, soft_slice("bob"));
	assert_memory_not_equal(a, b, sizeof(a));
	tsw_pair_number(ab, a, b);
	tsw_pair_number(ba, b, a);
	assert_string_equal(ab, ba);
	assert_int_equal(strspn(ab, "0123456789"), TSW_PAIR_DIGITS);
	assert_true(memcmp(ab, ab + 30, 30) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_see_the_same),
	    cmocka_unit_test(everything_is_bound),
	    cmocka_unit_test(middle_gives_other_digits),
	    cmocka_unit_test(reflection_is_refused),
	    cmocka_unit_test(parties_are_checked),
	    cmocka_unit_test(stale_views_are_told),
	    cmocka_unit_test(order),
	    cmocka_unit_test(moves_are_checked),
	    cmocka_unit_test(parties_travel),
	    cmocka_unit_test(the_longest_party),
	    cmocka_unit_test(a_run_from_its_parts),
	    cmocka_unit_test(wipe),
	    cmocka_unit_test(pair_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
