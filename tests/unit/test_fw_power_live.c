/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts in live runs, and in a CREATE that takes the place of a key that
 * was never bound: fw_knife.h says what must hold.
 */
#include "fw_knife.h"

#include <string.h>

#include "livepair.h"

static const uint8_t theirs[32] = {3, 3, 3};

static struct tsw_live_party self, peer;
static struct applet_answer answer;
static struct saying confirm;
static uint32_t counter; /* before the command */
static uint8_t value[32];

/* A token with the identity of alice, in the first slot. */
static void
with_identity(void)
{
	knife_settle_in();
	alice.label = "alice@example.org";
	alice.key = world_bound(&alice.at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	memcpy(knife.known.key[0].handle, alice.key.handle, 32);
	self = pair_party(&alice);
	peer = self;
	memset(peer.id, 7, sizeof(peer.id));
	peer.seq = 3;
	peer.label = (struct tsw_slice){(const uint8_t *)"bob@example.org", 15};
}

static void
unlock(void)
{
	assert_int_equal(knife_token(KNIFE_PIN, TSW_APPLET_RP_ID), FW_CTAP_OK);
}

static size_t
one_run_less(struct view *state)
{
	state[1] = state[0];
	state[1].runs--;
	return 1;
}

/* --- LIVE_ANSWER --- */

static unsigned int
answer_run(void)
{
	memset(value, 0, sizeof(value));
	return pair_answer(value, &alice, &self, &peer, theirs);
}

/* A run does not outlive the power, paid for or not; the next is another. */
static void
prove_no_run(size_t state, bool left)
{
	uint8_t first[32], none[32];

	(void)state;
	(void)left;
	memcpy(first, value, sizeof(first));
	assert_int_equal(pair_open(none, theirs), FW_ST_LIVE_EARLY);
	unlock();
	assert_int_equal(answer_run(), FW_CTAP_OK);
	assert_memory_not_equal(value, first, sizeof(first));
}

/* --- LIVE_CONFIRM --- */

/* The code is shown, by a run that is paid for. */
static void
show_code(void)
{
	unlock();
	assert_int_equal(pair_begin(value, &alice, &self, &peer, false),
	    FW_CTAP_OK);
	assert_int_equal(pair_open(value, theirs), FW_CTAP_OK);
	counter = rig.t.ctap2.counter;
}

static unsigned int
confirm_code(void)
{
	memset(&answer, 0, sizeof(answer));
	return pair_confirm(&answer, &confirm, &self, &peer);
}

static size_t
all_runs(struct view *state)
{
	state[1] = state[0];
	state[1].runs = FW_LIVE_RUNS;
	return 1;
}

/* The touch gives all runs back in one step with the counter of the signature;
 * the head, which the view shows, stays. */
static void
prove_confirmed(size_t state, bool left)
{
	assert_int_equal(rig.t.ctap2.counter, counter + (state == 1));
	if (left && answer.counter != 0) {
		assert_true(judge(&answer, &alice.key.key,
		    "confirm.v1@touchstone", said(&confirm)));
		assert_int_equal(answer.counter, counter + 1);
		knife.counter = answer.counter;
	}
	assert_int_equal(confirm_code(), FW_ST_LIVE_EARLY);
	show_code();
	assert_int_equal(confirm_code(), FW_CTAP_OK);
	assert_true(answer.counter > knife.counter);
	knife.counter = answer.counter;
}

/* --- CREATE --- */

/* Between alice's key and one that can be named, keys that nobody can. */
static void
with_orphans(void)
{
	struct held h;
	unsigned int i;

	with_identity();
	for (i = 1; i < FW_STORE_IDENTITY_CNT; i++) {
		h = world_create(TSW_ALG_SK_ED25519);
		if (i == 1 || i == FW_STORE_IDENTITY_CNT - 1)
			memcpy(knife.known.key[i].handle, h.handle, 32);
	}
}

static unsigned int
create(void)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_ED25519,
	    .token = knife.token,
	    .proto = FW_PINPROTO_TWO};

	return view_applet(&answer, &cmd);
}

static size_t
first_is_replaced(struct view *state)
{
	state[1] = state[0];
	state[1].key[1].here = false;
	return 1;
}

/* Whichever key is in the slot can be bound, and alice's still signs. */
static void
prove_usable(size_t state, bool left)
{
	struct tsw_op op = op_add_key();
	struct held made = {.key = answer.key};
	struct saying s;

	(void)state;
	if (left && made.key.len > 0) {
		tsw_token_id(made.handle, &made.key);
		say_genesis(&s, &made.key, TSW_ROLE_SIGNER);
		assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &made,
				     &s),
		    FW_CTAP_OK);
		assert_true(judge(&answer, &made.key, "statement.v1@touchstone",
		    said(&s)));
	}
	say_update(&s, &alice.at, &op);
	assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &alice.key, &s),
	    FW_CTAP_OK);
}

static const struct scene scenes[] = {
    {"LIVE_ANSWER", with_identity, unlock, answer_run, one_run_less,
	prove_no_run},
    {"LIVE_CONFIRM", with_identity, show_code, confirm_code, all_runs,
	prove_confirmed},
    {"CREATE, all slots used", with_orphans, unlock, create, first_is_replaced,
	prove_usable},
};
#define SCENES_CNT (sizeof(scenes) / sizeof(scenes[0]))

static void
test_roomy_flash(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SCENES_CNT; i++)
		knife_run(&scenes[i]);
}

static void
test_full_flash(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < SCENES_CNT; i++)
		knife_run_full(&scenes[i], 0);
}

static void
test_cuts_were_made(void **state)
{
	(void)state;
	print_message("%lu power cuts\n", knife_cuts);
	assert_true(knife_cuts > 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_roomy_flash),
	    cmocka_unit_test(test_full_flash),
	    cmocka_unit_test(test_cuts_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
