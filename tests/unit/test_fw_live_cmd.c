/* SPDX-License-Identifier: BSD-2-Clause */
/* The live code commands (SPEC 12.5) through reports, between two whole tokens
 * and between a token and the host's own code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "liverun.h"
#include "tokenview.h"

#define CONFIRM_NS "confirm.v1@touchstone"

/* The whole story, twice over: equal codes, two touches, two signatures. */
static void
test_two_tokens(void **state)
{
	struct pair_side *side[] = {&alice, &bob};
	struct tsw_live_party *self, *peer;
	struct applet_answer answer;
	char expected[128], code[16];
	struct saying s;
	int i;

	(void)state;
	both_show();
	(void)snprintf(code, sizeof(code), "%s", pair_display());
	for (i = 0; i < 2; i++) {
		pair_use(side[i]);
		self = i == 0 ? &a : &b;
		peer = i == 0 ? &b : &a;
		assert_string_equal(pair_display(), code);
		(void)snprintf(expected, sizeof(expected),
		    "compare live code of\n%s\n%.3s %.3s %.3s",
		    side[1 - i]->label, code, code + 3, code + 6);
		assert_string_equal(memboard.display, expected);
		assert_int_equal(pair_runs(), FW_LIVE_RUNS - 1);
		assert_int_equal(pair_confirm(&answer, &s, self, peer),
		    FW_CTAP_OK);
		assert_true(rig.asked);
		assert_int_equal(rig.led, HAL_LED_TOUCH_CONFIRM);
		assert_memory_equal(rig.display, "touch if codes match\n", 21);
		assert_string_equal(rig.display + 21, expected + 21);
		assert_int_equal(answer.flags, 1); /* UP, no PIN */
		assert_true(
		    judge(&answer, &side[i]->key.key, CONFIRM_NS, said(&s)));
		assert_int_equal(pair_runs(), FW_LIVE_RUNS);
		assert_no_run();
		assert_int_equal(pair_confirm(&answer, &s, self, peer),
		    FW_ST_LIVE_EARLY);
	}
}

#define SLICE(text) ((struct tsw_slice){(const uint8_t *)(text), strlen(text)})

static void
test_token_and_host(void **state)
{
	char move1[TSW_LIVE_TEXT_MAX], move2[TSW_LIVE_TEXT_MAX];
	char move3[TSW_LIVE_TEXT_MAX];
	const uint8_t nonce[32] = {77};
	struct tsw_live_move m;
	struct tsw_live host;

	(void)state;
	/* Alice's token begins. */
	assert_int_equal(pair_begin(c, &alice, &a, &b, false), FW_CTAP_OK);
	memset(&m, 0, sizeof(m));
	m.move = 1;
	m.session = (uint16_t)(c[0] << 8 | c[1]);
	memcpy(m.value, c, 32);
	assert_int_equal(tsw_live_move_encode(move1, &m), TSW_OK);
	assert_int_equal(tsw_live_answer(&host, move2, &b, &a, SLICE(move1),
			     nonce),
	    TSW_OK);
	assert_int_equal(pair_open(r_a, nonce), FW_CTAP_OK);
	m.move = 3;
	memcpy(m.value, r_a, 32);
	assert_int_equal(tsw_live_move_encode(move3, &m), TSW_OK);
	assert_int_equal(tsw_live_finish(&host, SLICE(move3)), TSW_OK);
	assert_string_equal(pair_display(), host.code);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	assert_no_run();

	/* Alice's token answers. */
	assert_int_equal(tsw_live_start(&host, move1, &b, &a, nonce), TSW_OK);
	assert_int_equal(tsw_live_move_decode(&m, SLICE(move1)), TSW_OK);
	assert_int_equal(pair_answer(r_b, &alice, &a, &b, m.value), FW_CTAP_OK);
	m.move = 2;
	memcpy(m.value, r_b, 32);
	assert_int_equal(tsw_live_move_encode(move2, &m), TSW_OK);
	assert_int_equal(tsw_live_open(&host, move3, SLICE(move2)), TSW_OK);
	assert_int_equal(pair_open(none, nonce), FW_CTAP_OK);
	assert_string_equal(pair_display(), host.code);
}

/* Fields of the answers: no digit among them. */
static void
test_answers(void **state)
{
	struct applet_answer answer;
	unsigned int outputs[][2] = {{HAL_OUT_DISPLAY | HAL_OUT_LED, 1},
	    {HAL_OUT_LED, 2}, {HAL_OUT_LED | HAL_OUT_KEYBOARD, 6},
	    {HAL_OUT_KEYBOARD, 4}, {7, 5}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		memboard.outputs = outputs[i][0];
		assert_int_equal(pair_begin(c, &alice, &a, &b, false),
		    FW_CTAP_OK);
		assert_int_equal(
		    world_do(&answer,
			(struct applet_cmd){.cmd = TSW_APPLET_LIVE_OPEN,
			    .value = r_b},
			false),
		    FW_CTAP_OK);
		assert_int_equal(answer.outputs, outputs[i][1]);
		assert_int_equal(answer.present,
		    1u << TSW_APPLET_A_VALUE | 1u << TSW_APPLET_A_OUTPUTS);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	}
	/* The side that answers has nothing to open. */
	tsw_live_commit(c, &b, &a, r_b);
	assert_int_equal(pair_answer(none, &alice, &a, &b, c), FW_CTAP_OK);
	assert_int_equal(world_do(&answer,
			     (struct applet_cmd){.cmd = TSW_APPLET_LIVE_OPEN,
				 .value = r_b},
			     false),
	    FW_CTAP_OK);
	assert_int_equal(answer.present, 1u << TSW_APPLET_A_OUTPUTS);
}

/* Commands that come too early, too late or without what they need: each
 * refused at once, and the run goes on. */
static void
test_wrong_order(void **state)
{
	struct applet_answer answer;
	struct saying s;
	int shown;

	(void)state;
	assert_int_equal(pair_open(none, r_b), FW_ST_LIVE_EARLY);
	assert_int_equal(pair_confirm(&answer, &s, &a, &b), FW_ST_LIVE_EARLY);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_TYPE), FW_ST_LIVE_EARLY);
	assert_int_equal(pair_answer(none, &alice, &a, &b, NULL),
	    FW_ST_LIVE_EARLY);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS);

	assert_int_equal(pair_begin(c, &alice, &a, &b, false), FW_CTAP_OK);
	for (shown = 0; shown < 2; shown++) {
		assert_int_equal(pair_begin(none, &alice, &a, &b, false),
		    FW_ST_LIVE_BUSY);
		assert_int_equal(pair_answer(none, &alice, &a, &b, c),
		    FW_ST_LIVE_BUSY);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_OPEN),
		    FW_ST_LIVE_EARLY); /* no value */
		if (shown)
			break;
		assert_int_equal(pair_confirm(&answer, &s, &a, &b),
		    FW_ST_LIVE_EARLY);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_TYPE),
		    FW_ST_LIVE_EARLY);
		assert_false(rig.asked);
		assert_int_equal(pair_open(r_a, r_b), FW_CTAP_OK);
	}
	assert_int_equal(pair_open(none, r_b), FW_ST_LIVE_EARLY);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS - 1);
	assert_int_equal(pair_confirm(&answer, &s, &a, &b), FW_CTAP_OK);
}

/* One run at a time, whichever key asks. */
static void
test_two_keys(void **state)
{
	struct pair_side other = {.label = "other@example.org"};
	struct tsw_live_party o;

	(void)state;
	other.key = world_bound(&other.at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	o = pair_party(&other);
	assert_int_equal(pair_begin(c, &alice, &a, &b, false), FW_CTAP_OK);
	assert_int_equal(pair_begin(none, &other, &o, &b, false),
	    FW_ST_LIVE_BUSY);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	assert_int_equal(pair_begin(c, &other, &o, &b, false), FW_CTAP_OK);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	/* One's own other identity is somebody else; the head must fit. */
	assert_int_equal(pair_begin(c, &alice, &o, &b, false),
	    FW_ST_LIVE_PARTY);
}

static void
test_locked(void **state)
{
	(void)state;
	world_replug();
	assert_int_equal(pair_begin(c, &alice, &a, &b, false),
	    FW_CTAP_PUAT_REQUIRED);
	assert_int_equal(pair_answer(c, &alice, &a, &b, c),
	    FW_CTAP_PUAT_REQUIRED);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS);
	assert_int_equal(pair_begin(c, &alice, &a, &b, true), FW_CTAP_OK);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS - 1);
	assert_false(rig.asked);
}

static void
refused(const struct pair_side *who, const struct tsw_live_party *self,
    const struct tsw_live_party *peer, unsigned int status)
{
	assert_int_equal(pair_begin(none, who, self, peer, false), status);
	assert_int_equal(pair_answer(none, who, self, peer, c), status);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS);
}

/* self is what the key says, peer is somebody else, both are an m. */
static void
test_parties(void **state)
{
	struct pair_side other = {.label = "other@example.org"};
	struct tsw_live_party bad;
	struct applet_answer answer;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		bad = a;
		bad.id[31] ^= i == 0;
		bad.seq += i == 1;
		bad.head[0] ^= i == 2;
		refused(&alice, &bad, &b, FW_ST_LIVE_PARTY);
	}
	refused(&alice, &a, &a, FW_ST_LIVE_PARTY);
	refused(&alice, &b, &a, FW_ST_LIVE_PARTY);
	bad = b;
	bad.log_size = 1;
	refused(&alice, &a, &bad, FW_ST_LIVE_PARTY);
	assert_int_equal(world_do(&answer,
			     (struct applet_cmd){.cmd = TSW_APPLET_LIVE_BEGIN,
				 .handle = alice.key.handle,
				 .self = {c, 32},
				 .peer = {c, 32}},
			     false),
	    FW_ST_LIVE_PARTY);
	refused(&bob, &b, &a, FW_CTAP_NO_CREDENTIALS);
	other.key = world_create(TSW_ALG_SK_ED25519);
	/* Not bound: not even to nobody. */
	refused(&other, &a, &b, FW_ST_LIVE_PARTY);
	memset(&bad, 0, sizeof(bad));
	bad.label = a.label;
	refused(&other, &bad, &b, FW_ST_LIVE_PARTY);
	other.key =
	    world_bound(&other.at, TSW_ALG_SK_ED25519, TSW_ROLE_RECOVERY);
	bad = pair_party(&other);
	refused(&other, &bad, &b, FW_ST_MAY_NOT);
}

static void
spend_all(void)
{
	while (pair_runs() > 0) {
		assert_int_equal(pair_begin(c, &alice, &a, &b, false),
		    FW_CTAP_OK);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	}
}

/* Nothing gives runs but a touch for them: no PIN, no power, no other touch. */
static void
test_budget(void **state)
{
	struct applet_cmd attest = {.cmd = TSW_APPLET_ATTEST,
	    .handle = alice.key.handle,
	    .value = c};
	struct applet_answer answer;
	struct saying s;
	int i;

	(void)state;
	for (i = 0; i < FW_LIVE_RUNS; i++) {
		assert_int_equal(pair_runs(), FW_LIVE_RUNS - i);
		assert_int_equal(pair_begin(c, &alice, &a, &b, true),
		    FW_CTAP_OK);
		assert_false(rig.asked);
		world_replug();
	}
	assert_int_equal(world_do(&answer, attest, false), FW_CTAP_OK);
	assert_true(rig.asked);
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_SELECTION), 0);
	say_confirm(&s, &alice.at, TSW_METHOD_QR);
	assert_int_equal(world_sign(&answer, TSW_APPLET_CONFIRM, &alice.key,
			     &s),
	    FW_CTAP_OK);
	(void)world_create(TSW_ALG_SK_ED25519);
	assert_int_equal(pair_runs(), 0);
	assert_int_equal(pair_begin(none, &alice, &a, &b, false),
	    FW_ST_LIVE_BUDGET);
	assert_int_equal(pair_answer(none, &alice, &a, &b, c),
	    FW_ST_LIVE_BUDGET);
	assert_false(rig.asked);
	rig.touch = RIG_NONE;
	assert_int_equal(pair_begin(none, &alice, &a, &b, true),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	assert_true(rig.asked);
	assert_int_equal(rig.led, HAL_LED_TOUCH_DEVICE);
	assert_string_equal(rig.display,
	    "more live codes with\nbob@example.org");
	rig.touch = RIG_CANCEL;
	assert_int_equal(pair_begin(none, &alice, &a, &b, true),
	    FW_CTAP_KEEPALIVE_CANCEL);
	rig.touch = RIG_UNPLUG;
	assert_int_equal(pair_begin(none, &alice, &a, &b, true), RIG_SILENT);
	assert_int_equal(pair_runs(), 0);
	rig.touch = RIG_TOUCH;
	assert_int_equal(pair_begin(c, &alice, &a, &b, true), FW_CTAP_OK);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS - 1);
}

/* A code that was confirmed was no guess. */
static void
test_budget_after_confirm(void **state)
{
	struct applet_answer answer;
	struct saying s;

	(void)state;
	spend_all();
	assert_int_equal(pair_begin(c, &alice, &a, &b, true), FW_CTAP_OK);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	while (pair_runs() > 1) {
		assert_int_equal(pair_begin(c, &alice, &a, &b, false), 0);
		assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), 0);
	}
	alice_shows();
	assert_int_equal(pair_runs(), 0);
	rig.touch = RIG_NONE;
	assert_int_equal(pair_confirm(&answer, &s, &a, &b),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	assert_int_equal(pair_runs(), 0);
	rig.touch = RIG_TOUCH;
	assert_int_equal(pair_confirm(&answer, &s, &a, &b), FW_CTAP_OK);
	assert_int_equal(pair_runs(), FW_LIVE_RUNS);
}

/* Whatever else the host wants signed under the code: refused before anybody
 * is asked. */
static void
test_confirm_is_of_the_run(void **state)
{
	struct tsw_live_party self, peer;
	struct applet_answer answer;
	struct saying s, live;
	struct tsw_op op = op_add_key();
	struct applet_cmd cmd = {.cmd = TSW_APPLET_LIVE_CONFIRM};
	int i;

	(void)state;
	alice_shows();
	for (i = 0; i < 8; i++) {
		self = a;
		peer = b;
		self.id[0] ^= i == 0;
		self.seq += i == 1;
		self.head[31] ^= i == 2;
		peer.id[0] ^= i == 3;
		peer.seq += i == 4;
		peer.head[31] ^= i == 5;
		peer.label.len -= i == 6;
		if (i == 7)
			peer.label = SLICE("mallory@example.org");
		assert_int_equal(pair_confirm(&answer, &s, &self, &peer),
		    FW_ST_LIVE_PARTY);
		assert_false(rig.asked);
	}
	say_confirm(&s, &alice.at, TSW_METHOD_QR);
	cmd.statement = said(&s);
	assert_int_equal(world_do(&answer, cmd, false), FW_ST_LIVE_PARTY);
	say_update(&s, &alice.at, &op);
	cmd.statement = said(&s);
	assert_int_equal(world_do(&answer, cmd, false), FW_ST_KIND);
	cmd.statement.len--;
	assert_int_equal(world_do(&answer, cmd, false), FW_ST_STATEMENT);
	/* By the other command a live code is confirmed neither during a run
	 * nor after it. */
	say_confirm(&live, &alice.at, TSW_METHOD_LIVE);
	assert_int_equal(world_sign(&answer, TSW_APPLET_CONFIRM, &alice.key,
			     &live),
	    FW_ST_LIVE_EARLY);
	assert_false(rig.asked);
	assert_int_equal(pair_confirm(&answer, &s, &a, &b), FW_CTAP_OK);
	assert_int_equal(world_sign(&answer, TSW_APPLET_CONFIRM, &alice.key,
			     &s),
	    FW_ST_LIVE_EARLY);
}

/* The chain went on between the code and the touch. */
static void
test_stale_head(void **state)
{
	struct tsw_op op = op_add_key();
	struct applet_answer answer;
	struct tsw_live_party now;
	struct saying s;
	char code[16];

	(void)state;
	alice_shows();
	(void)snprintf(code, sizeof(code), "%s", pair_display());
	say_update(&s, &alice.at, &op);
	assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &alice.key, &s),
	    FW_CTAP_OK);
	assert_memory_equal(rig.display, "change keys #1\n", 15);
	assert_string_equal(pair_display(), code); /* it is back */
	place_next(&alice.at, &s);
	now = pair_party(&alice);
	assert_int_equal(pair_confirm(&answer, &s, &a, &b), FW_ST_REPLAY);
	assert_int_equal(pair_confirm(&answer, &s, &now, &b), FW_ST_LIVE_PARTY);
	assert_int_equal(pair_plain(TSW_APPLET_LIVE_END), FW_CTAP_OK);
	assert_int_equal(pair_begin(c, &alice, &a, &b, false),
	    FW_ST_LIVE_PARTY);
	assert_int_equal(pair_begin(c, &alice, &now, &b, false), FW_CTAP_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_two_tokens, run_setup),
	    cmocka_unit_test_setup(test_token_and_host, run_setup),
	    cmocka_unit_test_setup(test_answers, run_setup),
	    cmocka_unit_test_setup(test_wrong_order, run_setup),
	    cmocka_unit_test_setup(test_two_keys, run_setup),
	    cmocka_unit_test_setup(test_locked, run_setup),
	    cmocka_unit_test_setup(test_parties, run_setup),
	    cmocka_unit_test_setup(test_budget, run_setup),
	    cmocka_unit_test_setup(test_budget_after_confirm, run_setup),
	    cmocka_unit_test_setup(test_confirm_is_of_the_run, run_setup),
	    cmocka_unit_test_setup(test_stale_head, run_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
