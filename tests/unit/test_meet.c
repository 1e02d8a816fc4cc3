/* SPDX-License-Identifier: BSD-2-Clause */
/* Two people who meet in the mailbox, and who else writes there.  SPEC 15. */
#include "libworld.h"

#include <stdio.h>
#include <string.h>

#include <touchstone/meet.h>

#define ALICE "alice@example.org"

static struct person *alice, *bob;
static struct ts_meet a, b; /* A is who has the smaller id */

static int
setup(void **state)
{
	struct ts_meet m;

	(void)state;
	world_pair(&alice, &bob);
	person_add(bob, alice);
	assert_int_equal(ts_meet_begin(alice->store, &a, BOB), TS_OK);
	assert_int_equal(ts_meet_begin(bob->store, &b, ALICE), TS_OK);
	if (b.first) {
		m = a;
		a = b;
		b = m;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	person_free(alice);
	person_free(bob);
	world_end();
	return 0;
}

/* As long as a move, and no more than that. */
#define Q "qqqqqqqqqqqqqqqqqqqq"
static const char move_text[] = "live1qqq" Q Q Q Q;

static void
they_share_boxes_and_one_begins(void **state)
{
	(void)state;
	assert_true(a.first);
	assert_false(b.first);
	assert_string_equal(a.give, b.take);
	assert_string_equal(b.give, a.take);
	assert_string_not_equal(a.give, a.take);
	assert_int_equal(strlen(a.give), 64);
}

static enum ts_meet_what
pass(struct ts_meet *to, uint32_t number, const uint8_t *p, size_t len,
    uint8_t out[TS_MEET_MESSAGE_MAX], size_t *out_len, char *text)
{
	const struct tsw_slice s = {p, len};

	return ts_meet_take(to, number, s, out, out_len, text);
}

/* Knock and echo: *n is the number of the knock. */
static void
get_ready(void)
{
	uint8_t knock[TS_MEET_MESSAGE_MAX], echo[TS_MEET_MESSAGE_MAX];
	uint8_t none[TS_MEET_MESSAGE_MAX];
	char text[TSW_LIVE_TEXT_MAX];
	size_t len, echo_len = 0;

	len = ts_meet_knock(knock, &a);
	assert_int_equal(len, 18);
	assert_int_equal(pass(&b, 1, knock, len, echo, &echo_len, text),
	    TS_MEET_KNOCK);
	ts_meet_echoed(&b);
	assert_int_equal(pass(&a, 1, echo, echo_len, none, &len, text),
	    TS_MEET_ECHO);
}

static void
moves_go_both_ways(void **state)
{
	uint8_t m[TS_MEET_MESSAGE_MAX], none[TS_MEET_MESSAGE_MAX];
	char text[TSW_LIVE_TEXT_MAX] = "";
	size_t len, n;

	(void)state;
	assert_int_equal(ts_meet_move(m, &len, &a, move_text), TS_ERR_ARGUMENT);
	get_ready();
	assert_int_equal(ts_meet_move(m, &len, &a, move_text), TS_OK);
	assert_int_equal(len, 18 + 88);
	assert_int_equal(pass(&b, 2, m, len, none, &n, text), TS_MEET_MOVE);
	assert_string_equal(text, move_text);
	assert_int_equal(ts_meet_move(m, &len, &b, move_text), TS_OK);
	assert_int_equal(pass(&a, 2, m, len, none, &n, text), TS_MEET_MOVE);
	/* The same message once more, as the box gives it again. */
	assert_int_equal(pass(&a, 2, m, len, none, &n, text), TS_MEET_NOTHING);
}

static void
what_others_write_is_passed_over(void **state)
{
	uint8_t m[TS_MEET_MESSAGE_MAX], out[TS_MEET_MESSAGE_MAX];
	char text[TSW_LIVE_TEXT_MAX];
	struct ts_meet other = a;
	uint32_t number = 1;
	size_t len, cut, n;

	(void)state;
	/* A's own knock is none for A, and an echo none for B. */
	len = ts_meet_knock(m, &a);
	assert_int_equal(pass(&a, number++, m, len, out, &n, text),
	    TS_MEET_NOTHING);
	m[1] = 2;
	assert_int_equal(pass(&b, 1, m, len, out, &n, text), TS_MEET_NOTHING);
	other.tag[0] ^= 1;
	len = ts_meet_knock(m, &other);
	m[1] = 2; /* an echo of another run */
	assert_int_equal(pass(&a, number++, m, len, out, &n, text),
	    TS_MEET_NOTHING);
	a.after = 0;
	b.after = 0;
	get_ready();
	other.ready = true;
	assert_int_equal(ts_meet_move(m, &len, &other, move_text), TS_OK);
	assert_int_equal(pass(&b, 10, m, len, out, &n, text), TS_MEET_NOTHING);
	assert_int_equal(ts_meet_move(m, &len, &a, move_text), TS_OK);
	for (cut = 0; cut < len; cut++)
		assert_int_equal(pass(&b, 11 + (uint32_t)cut, m, cut, out, &n,
				     text),
		    TS_MEET_NOTHING);
	m[0] = 2; /* another version */
	assert_int_equal(pass(&b, 300, m, len, out, &n, text), TS_MEET_NOTHING);
	m[0] = 1;
	m[40] = 0; /* no text */
	assert_int_equal(pass(&b, 301, m, len, out, &n, text), TS_MEET_NOTHING);
}

static void
a_newer_knock_goes_first_until_a_move(void **state)
{
	uint8_t m[TS_MEET_MESSAGE_MAX], echo[TS_MEET_MESSAGE_MAX];
	char text[TSW_LIVE_TEXT_MAX];
	struct ts_meet again;
	size_t len, n = 0;

	(void)state;
	get_ready(); /* an A that has gone meanwhile */
	again = a;
	again.ready = false;
	again.after = 1;
	memset(again.tag, 7, sizeof(again.tag));
	len = ts_meet_knock(m, &again);
	assert_int_equal(pass(&b, 2, m, len, echo, &n, text), TS_MEET_KNOCK);
	ts_meet_echoed(&b);
	assert_int_equal(pass(&again, 2, echo, n, m, &len, text), TS_MEET_ECHO);
	assert_int_equal(ts_meet_move(m, &len, &again, move_text), TS_OK);
	assert_int_equal(pass(&b, 3, m, len, echo, &n, text), TS_MEET_MOVE);
	len = ts_meet_knock(m, &a);
	assert_int_equal(pass(&b, 4, m, len, echo, &n, text), TS_MEET_NOTHING);
}

/* The box still has what A sent some minutes ago. */
static void
moves_of_an_earlier_run_are_passed_over(void **state)
{
	uint8_t knock[TS_MEET_MESSAGE_MAX], move[TS_MEET_MESSAGE_MAX];
	uint8_t out[TS_MEET_MESSAGE_MAX];
	char text[TSW_LIVE_TEXT_MAX];
	size_t len, move_len, n;

	(void)state;
	len = ts_meet_knock(knock, &a);
	a.ready = true;
	assert_int_equal(ts_meet_move(move, &move_len, &a, move_text), TS_OK);
	assert_int_equal(pass(&b, 1, knock, len, out, &n, text), TS_MEET_KNOCK);
	assert_int_equal(pass(&b, 2, move, move_len, out, &n, text),
	    TS_MEET_NOTHING);
	ts_meet_echoed(&b);
	knock[2] ^= 1; /* the tag of a new run */
	move[2] ^= 1;
	assert_int_equal(pass(&b, 3, knock, len, out, &n, text), TS_MEET_KNOCK);
	ts_meet_echoed(&b);
	assert_int_equal(pass(&b, 4, move, move_len, out, &n, text),
	    TS_MEET_MOVE);
}

static void
a_hello_is_a_label(void **state)
{
	char box[TS_MEET_BOX_LEN], label[TSW_LABEL_MAX + 1];
	static const char bad[] = "Not A Label";
	struct tsw_slice s = {(const uint8_t *)ALICE, strlen(ALICE)};

	(void)state;
	assert_int_equal(ts_meet_hello_box(box, BOB), TS_OK);
	assert_int_equal(strlen(box), 64);
	assert_int_equal(ts_meet_hello_box(box, bad), TSW_ERR_LABEL);
	assert_int_equal(ts_meet_hello(label, s), TS_OK);
	assert_string_equal(label, ALICE);
	s = (struct tsw_slice){(const uint8_t *)bad, strlen(bad)};
	assert_int_equal(ts_meet_hello(label, s), TSW_ERR_LABEL);
	s.len = 0;
	assert_int_equal(ts_meet_hello(label, s), TSW_ERR_TOO_SHORT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(they_share_boxes_and_one_begins),
	    T(moves_go_both_ways),
	    T(what_others_write_is_passed_over),
	    T(a_newer_knock_goes_first_until_a_move),
	    T(moves_of_an_earlier_run_are_passed_over),
	    T(a_hello_is_a_label),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
