/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host between Alice's token and Bob's that lies to both (SPEC 12.5).  All
 * computers are its own: it says who the parties are, carries every value or
 * puts another in its place, and knows the specification.  Alice and Bob have
 * two displays and talk to each other; they touch if the codes are the same.
 *
 * In each attack the displays differ or one is empty, so nobody touches and
 * there is no confirmation.  test_truth shows that the judge can find for the
 * host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "livepair.h"

#define TRIES 40

static struct tsw_live_party a, b, m; /* m: Mallory */
static uint8_t r_m[32];		      /* her nonce of the moment */
static uint32_t drawn;

static int
setup(void **state)
{
	(void)state;
	pair_new();
	a = pair_party(&alice);
	b = pair_party(&bob);
	m = b;
	memset(m.id, 0x3a, sizeof(m.id));
	memset(m.head, 0x3b, sizeof(m.head));
	return 0;
}

/* Mallory draws another nonce. */
static void
draw(uint8_t out[32])
{
	memset(out, 0, 32);
	drawn++;
	memcpy(out, &drawn, sizeof(drawn));
}

/* Each try is one run; she finds somebody who touches for more. */
static void
refill(void)
{
	struct pair_side *side[] = {&alice, &bob};
	int i;

	for (i = 0; i < 2; i++) {
		pair_use(side[i]);
		(void)pair_plain(TSW_APPLET_LIVE_END);
		fw_live_refill(&rig.t.ctap2.store);
	}
}

/* What both read out; a touch on both if it is the same.  Returns whether
 * there is a confirmation. */
static bool
people_confirm(const struct tsw_live_party *told_alice,
    const struct tsw_live_party *told_bob)
{
	struct applet_answer answer;
	char of_alice[16], of_bob[16];
	struct saying s;
	bool same;
	int done = 0;

	pair_use(&alice);
	(void)snprintf(of_alice, sizeof(of_alice), "%s", pair_display());
	pair_use(&bob);
	(void)snprintf(of_bob, sizeof(of_bob), "%s", pair_display());
	same = of_alice[0] != '\0' && strcmp(of_alice, of_bob) == 0;
	rig.touch = same ? RIG_TOUCH : RIG_CANCEL;
	done += pair_confirm(&answer, &s, &b, told_bob) == FW_CTAP_OK;
	pair_use(&alice);
	rig.touch = same ? RIG_TOUCH : RIG_CANCEL;
	done += pair_confirm(&answer, &s, &a, told_alice) == FW_CTAP_OK;
	assert_int_equal(done, same ? 2 : 0);
	return same;
}

static void
alice_begins(uint8_t c[32], const struct tsw_live_party *peer)
{
	pair_use(&alice);
	assert_int_equal(pair_begin(c, &alice, &a, peer, false), FW_CTAP_OK);
}

static void
bob_answers(uint8_t r_b[32], const struct tsw_live_party *peer,
    const uint8_t c[32])
{
	pair_use(&bob);
	assert_int_equal(pair_answer(r_b, &bob, &b, peer, c), FW_CTAP_OK);
}

static unsigned int
alice_opens(uint8_t r_a[32], const uint8_t value[32])
{
	pair_use(&alice);
	return pair_open(r_a, value);
}

static unsigned int
bob_opens(const uint8_t value[32])
{
	uint8_t none[32];

	pair_use(&bob);
	return pair_open(none, value);
}

/* No lie at all: the codes are the same and both confirm. */
static void
test_truth(void **state)
{
	uint8_t c[32], r_a[32], r_b[32];
	int i;

	(void)state;
	for (i = 0; i < TRIES; i++) {
		refill();
		alice_begins(c, &b);
		bob_answers(r_b, &a, c);
		assert_int_equal(alice_opens(r_a, r_b), FW_CTAP_OK);
		assert_int_equal(bob_opens(r_a), FW_CTAP_OK);
		assert_true(people_confirm(&b, &a));
	}
}

/* Another peer, or a peer with one thing changed, in front of honest values:
 * Bob's token sees that the commitment was for somebody else. */
static void
test_other_parties(void **state)
{
	struct tsw_live_party to_alice, to_bob;
	uint8_t c[32], r_a[32], r_b[32];
	int i;

	(void)state;
	for (i = 0; i < 10; i++) {
		refill();
		to_alice = b;
		to_bob = a;
		if (i == 0)
			to_alice = m;
		if (i == 1)
			to_bob = m;
		to_alice.seq += i == 2;
		to_bob.seq += i == 3;
		to_alice.head[31] ^= i == 4;
		to_bob.head[31] ^= i == 5;
		to_alice.label.len -= i == 6;
		to_bob.label.len -= i == 7;
		to_alice.id[0] ^= i == 8;
		to_bob.id[0] ^= i == 9;
		alice_begins(c, &to_alice);
		bob_answers(r_b, &to_bob, c);
		assert_int_equal(alice_opens(r_a, r_b), FW_CTAP_OK);
		assert_int_equal(bob_opens(r_a), FW_ST_LIVE_COMMITMENT);
		assert_false(people_confirm(&to_alice, &to_bob));
	}
}

/* Mallory runs one exchange with each, in all orders that the tokens allow.
 * She commits to Bob before he shows r_B and answers Alice before she opens. */
static void
test_two_runs(void **state)
{
	uint8_t c_a[32], c_m[32], r_a[32], r_b[32], r_n[32];
	struct tsw_live_party m_a = m, m_b = m; /* as "Bob", as "Alice" */
	int i, order;

	(void)state;
	m_b.label = a.label;
	for (i = 0; i < TRIES; i++) {
		refill();
		order = i % 4;
		draw(r_m);
		draw(r_n);
		tsw_live_commit(c_m, &m_b, &b, r_m);
		if (order == 0) { /* first Alice, to the end */
			alice_begins(c_a, &m_a);
			assert_int_equal(alice_opens(r_a, r_n), FW_CTAP_OK);
			/* What she knows of Alice goes into c_m. */
			memcpy(r_m, r_a, 32);
			tsw_live_commit(c_m, &m_b, &b, r_m);
			bob_answers(r_b, &m_b, c_m);
		} else if (order == 1) { /* first Bob, up to r_B */
			bob_answers(r_b, &m_b, c_m);
			alice_begins(c_a, &m_a);
			assert_int_equal(alice_opens(r_a, r_b), FW_CTAP_OK);
		} else if (order == 2) { /* Bob to the end */
			bob_answers(r_b, &m_b, c_m);
			assert_int_equal(bob_opens(r_m), FW_CTAP_OK);
			alice_begins(c_a, &m_a);
			assert_int_equal(alice_opens(r_a, r_b), FW_CTAP_OK);
			assert_false(people_confirm(&m_a, &m_b));
			continue;
		} else { /* Alice's own commitment, opened by Mallory */
			alice_begins(c_a, &m_a);
			bob_answers(r_b, &m_b, c_a);
			assert_int_equal(alice_opens(r_a, r_b), FW_CTAP_OK);
			assert_int_equal(bob_opens(r_m), FW_ST_LIVE_COMMITMENT);
			assert_false(people_confirm(&m_a, &m_b));
			continue;
		}
		assert_int_equal(bob_opens(r_m), FW_CTAP_OK);
		assert_false(people_confirm(&m_a, &m_b));
	}
}

/* True parties, false nonces: what one side draws is not what the other gets.
 */
static void
test_swapped_nonces(void **state)
{
	uint8_t c[32], c_m[32], r_a[32], r_b[32];
	const uint8_t *to_alice;
	int i;

	(void)state;
	for (i = 0; i < TRIES; i++) {
		refill();
		draw(r_m);
		alice_begins(c, &b);
		/* Mallory speaks as Alice: she can write T down too. */
		tsw_live_commit(c_m, &a, &b, r_m);
		bob_answers(r_b, &a, i % 2 == 0 ? c_m : c);
		to_alice = i % 4 < 2 ? r_m : i % 3 == 0 ? c : r_b;
		assert_int_equal(alice_opens(r_a, to_alice), FW_CTAP_OK);
		if (i % 2 == 0) {
			assert_int_equal(bob_opens(r_m), FW_CTAP_OK);
		} else {
			/* The right opening, but Alice got another r_B. */
			if (to_alice == r_b)
				continue; /* that was the truth */
			assert_int_equal(bob_opens(r_a), FW_CTAP_OK);
		}
		assert_false(people_confirm(&b, &a));
	}
}

/* The opening first, so that the value can be chosen after it: refused. */
static void
test_open_early(void **state)
{
	uint8_t c[32], r_a[32] = {0}, r_b[32], zero[32] = {0};

	(void)state;
	pair_use(&alice);
	assert_int_equal(pair_open(r_a, r_m), FW_ST_LIVE_EARLY);
	alice_begins(c, &b);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_OPEN), FW_ST_LIVE_EARLY);
	assert_memory_equal(r_a, zero, 32);
	draw(r_m);
	assert_int_equal(alice_opens(r_a, r_m), FW_CTAP_OK);
	/* Now she knows r_A and would like another r_B for it. */
	bob_answers(r_b, &a, c);
	assert_int_equal(alice_opens(zero, r_b), FW_ST_LIVE_EARLY);
	assert_int_equal(bob_opens(r_a), FW_CTAP_OK);
	assert_false(people_confirm(&b, &a));
}

/* Values of an honest run of before. */
static void
test_replay(void **state)
{
	uint8_t c[32], r_a[32], r_b[32], c2[32], r_a2[32], r_b2[32];

	(void)state;
	alice_begins(c, &b);
	bob_answers(r_b, &a, c);
	assert_int_equal(alice_opens(r_a, r_b), FW_CTAP_OK);
	assert_int_equal(bob_opens(r_a), FW_CTAP_OK);
	refill();
	/* To Bob: an old commitment and its opening. */
	bob_answers(r_b2, &a, c);
	assert_memory_not_equal(r_b2, r_b, 32);
	assert_int_equal(bob_opens(r_a), FW_CTAP_OK);
	/* To Alice: an old answer. */
	alice_begins(c2, &b);
	assert_memory_not_equal(c2, c, 32);
	assert_int_equal(alice_opens(r_a2, r_b), FW_CTAP_OK);
	assert_false(people_confirm(&b, &a));
	refill();
	/* The same, with the answer of now. */
	bob_answers(r_b2, &a, c);
	alice_begins(c2, &b);
	assert_int_equal(alice_opens(r_a2, r_b2), FW_CTAP_OK);
	assert_int_equal(bob_opens(r_a), FW_CTAP_OK);
	assert_false(people_confirm(&b, &a));
}

/* What Alice's token says is of no use towards Alice's token. */
static void
test_reflection(void **state)
{
	uint8_t c[32], r_a[32], none[32];
	struct tsw_live_party self_as_bob = a;

	(void)state;
	alice_begins(c, &b);
	assert_int_equal(pair_answer(none, &alice, &a, &b, c), FW_ST_LIVE_BUSY);
	assert_int_equal(alice_opens(r_a, c), FW_CTAP_OK);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	/* Her own opened run, as if Bob had made it: roles are bound in. */
	assert_int_equal(pair_answer(none, &alice, &a, &b, c), FW_CTAP_OK);
	assert_int_equal(pair_open(none, r_a), FW_ST_LIVE_COMMITMENT);
	self_as_bob.label = b.label;
	assert_int_equal(pair_begin(c, &alice, &a, &self_as_bob, false),
	    FW_ST_LIVE_PARTY);
}

/* Both tokens begin, or both answer: no message fits. */
static void
test_same_roles(void **state)
{
	uint8_t c_a[32], c_b[32], r_a[32], r_b[32];

	(void)state;
	alice_begins(c_a, &b);
	pair_use(&bob);
	assert_int_equal(pair_begin(c_b, &bob, &b, &a, false), FW_CTAP_OK);
	assert_int_equal(alice_opens(r_a, c_b), FW_CTAP_OK);
	pair_use(&bob);
	assert_int_equal(pair_open(r_b, r_a), FW_CTAP_OK);
	assert_false(people_confirm(&b, &a));
}

/*
 * Mallory grinds: millions of nonces would do for nine digits if the token let
 * her choose after it did.  As Alice towards Bob she has one commitment, as
 * Bob towards Alice one answer, and then eight runs.
 */
static void
test_grinding(void **state)
{
	char target[16], code[TSW_LIVE_DIGITS + 1];
	uint8_t c[32], r_a[32], r_b[32], r[64];
	unsigned int runs;
	int i;

	(void)state;
	/* Alice's code is there; Bob's shall become the same. */
	alice_begins(c, &b);
	draw(r_m);
	assert_int_equal(alice_opens(r_a, r_m), FW_CTAP_OK);
	(void)snprintf(target, sizeof(target), "%s", pair_display());
	for (runs = 0; runs < FW_LIVE_RUNS; runs++) {
		draw(r_m);
		tsw_live_commit(c, &a, &b, r_m);
		bob_answers(r_b, &a, c);
		/* Offline she tries nonces; only the committed one opens. */
		memcpy(r + 32, r_b, 32);
		for (i = 0; i < 1000; i++) {
			draw(r);
			tsw_live_code(code, &a, &b, c, r);
			if (memcmp(code, target, 2) == 0)
				break;
		}
		assert_true(i < 1000); /* two digits are easy to meet */
		assert_int_equal(bob_opens(runs % 2 == 0 ? r : r_m),
		    runs % 2 == 0 ? FW_ST_LIVE_COMMITMENT : FW_CTAP_OK);
		assert_string_not_equal(pair_display(), target);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	}
	assert_int_equal(pair_answer(r_b, &bob, &b, &a, c), FW_ST_LIVE_BUDGET);
	assert_false(people_confirm(&b, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_truth, setup),
	    cmocka_unit_test_setup(test_other_parties, setup),
	    cmocka_unit_test_setup(test_two_runs, setup),
	    cmocka_unit_test_setup(test_swapped_nonces, setup),
	    cmocka_unit_test_setup(test_open_early, setup),
	    cmocka_unit_test_setup(test_replay, setup),
	    cmocka_unit_test_setup(test_reflection, setup),
	    cmocka_unit_test_setup(test_same_roles, setup),
	    cmocka_unit_test_setup(test_grinding, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
