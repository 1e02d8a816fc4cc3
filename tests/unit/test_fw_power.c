/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts in PIN, FIDO2 and reset commands, at every flash operation:
 * fw_knife.h says what must hold.  TS_CUTS=n tries n times as many bits.
 */
#include "fw_knife.h"

#include <string.h>

#define RK "site.example"

static uint8_t rk_id[FW_CRED_ID_LEN];
static uint8_t made_id[FW_CRED_ID_LEN];

static unsigned int
make_rk(uint8_t id[FW_CRED_ID_LEN], const char *user, const char *name)
{
	struct ctapclient_cmd cmd = {.rp = RK,
	    .user = user,
	    .alg = FW_COSE_EDDSA,
	    .rk = true,
	    .token = knife.token,
	    .proto = FW_PINPROTO_TWO};

	(void)name;
	return ctapclient_make(&rig.client, id, &cmd);
}

static void
arm_token(void)
{
	assert_int_equal(knife_token(KNIFE_PIN, RK), FW_CTAP_OK);
}

static void
wrong(unsigned int cnt)
{
	for (; cnt > 0; cnt--)
		assert_int_equal(knife_token(KNIFE_WRONG_PIN, RK),
		    FW_CTAP_PIN_INVALID);
}

/* A PIN with two tries gone, and a discoverable credential. */
static void
lived_in(void)
{
	knife_settle_in();
	arm_token();
	assert_int_equal(make_rk(rk_id, "alice", "a"), FW_CTAP_OK);
	wrong(2);
}

/* --- PIN --- */

static void
new_one(void)
{
	struct ctapclient_cmd cmd = {.rp = "probe",
	    .user = "p",
	    .alg = FW_COSE_EDDSA};

	assert_int_equal(ctapclient_make(&rig.client, knife.probe, &cmd),
	    FW_CTAP_OK);
}

static unsigned int
set_pin(void)
{
	return ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO, KNIFE_PIN);
}

static size_t
pin_is_set(struct view *state)
{
	state[1] = state[0];
	state[1].pin_set = true;
	return 1;
}

static void
prove_set(size_t state, bool left)
{
	(void)left;
	if (state == 0)
		assert_int_equal(set_pin(), FW_CTAP_OK);
	assert_int_equal(knife_token(KNIFE_PIN, RK), FW_CTAP_OK);
}

static unsigned int
change_pin(void)
{
	return ctapclient_change_pin(&rig.client, FW_PINPROTO_TWO, KNIFE_PIN,
	    KNIFE_NEW_PIN);
}

/* A try is taken, all are given back, and then there is another PIN. */
static size_t
try_then_all(struct view *state)
{
	state[1] = state[2] = state[0];
	state[1].tries--;
	state[2].tries = FW_PIN_TRIES;
	return 2;
}

/* Exactly one PIN opens the token, and it still signs. */
static void
prove_one_pin(size_t state, bool left)
{
	unsigned int st = knife_token(KNIFE_NEW_PIN, RK);

	(void)state;
	if (left || st == FW_CTAP_OK) {
		assert_int_equal(st, FW_CTAP_OK);
		rig_plug();
		assert_int_equal(knife_token(KNIFE_PIN, RK),
		    FW_CTAP_PIN_INVALID);
	} else {
		assert_int_equal(st, FW_CTAP_PIN_INVALID);
		assert_int_equal(knife_token(KNIFE_PIN, RK), FW_CTAP_OK);
	}
}

static unsigned int
wrong_pin(void)
{
	return knife_token(KNIFE_WRONG_PIN, RK);
}

static size_t
one_try_less(struct view *state)
{
	state[1] = state[0];
	state[1].tries--;
	return 1;
}

static unsigned int
right_pin(void)
{
	return knife_token(KNIFE_PIN, RK);
}

static void
prove_right(size_t state, bool left)
{
	(void)state;
	(void)left;
	assert_int_equal(knife_token(KNIFE_PIN, RK), FW_CTAP_OK);
}

static const struct scene pin_scenes[] = {
    {"set PIN", new_one, NULL, set_pin, pin_is_set, prove_set},
    {"change PIN", lived_in, NULL, change_pin, try_then_all, prove_one_pin},
    {"wrong PIN", lived_in, NULL, wrong_pin, one_try_less, prove_right},
    {"right PIN", lived_in, NULL, right_pin, try_then_all, prove_right},
};

/* --- FIDO2 --- */

static unsigned int
make_another(void)
{
	return make_rk(made_id, "bob", "b");
}

static size_t
one_more(struct view *state)
{
	state[1] = state[0];
	state[1].creds++;
	return 1;
}

static void
prove_old_login(size_t state, bool left)
{
	(void)state;
	(void)left;
	assert_int_equal(knife_login(RK, rk_id), FW_CTAP_OK);
}

static void
prove_made(size_t state, bool left)
{
	prove_old_login(state, left);
	if (left)
		assert_int_equal(knife_login(RK, made_id), FW_CTAP_OK);
}

/* Same account: the new credential takes the place of the old one. */
static unsigned int
make_again(void)
{
	return make_rk(made_id, "alice", "a");
}

static void
prove_replaced(size_t state, bool left)
{
	unsigned int st = knife_login(RK, rk_id);

	(void)state;
	if (left)
		assert_int_equal(knife_login(RK, made_id), FW_CTAP_OK);
	if (left)
		assert_int_equal(st, FW_CTAP_NO_CREDENTIALS);
}

static size_t
nothing_seen(struct view *state)
{
	state[1] = state[0];
	return 1;
}

static unsigned int
login(void)
{
	return knife_login(RK, rk_id);
}

static unsigned int
reset(void)
{
	return ctapclient_plain(&rig.client, FW_CTAP2_RESET);
}

static size_t
as_new(struct view *state)
{
	memset(&state[1], 0, sizeof(state[1]));
	state[1].tries = FW_PIN_TRIES;
	state[1].runs = state[0].runs;
	return 1;
}

/* All of it or nothing: credentials live as long as the PIN does. */
static void
prove_reset(size_t state, bool left)
{
	uint32_t last = knife.counter;
	uint8_t id[FW_CRED_ID_LEN];
	struct ctapclient_cmd cmd = {.rp = "probe",
	    .user = "p",
	    .alg = FW_COSE_EDDSA};

	(void)left;
	assert_int_equal(knife_login("probe", knife.probe),
	    state == 0 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
	assert_int_equal(knife_login(RK, rk_id),
	    state == 0 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
	assert_int_equal(ctapclient_make(&rig.client, id, &cmd), FW_CTAP_OK);
	assert_int_equal(knife_login("probe", id), FW_CTAP_OK);
	assert_true(knife.counter > last);
}

static const struct scene fido_scenes[] = {
    {"makeCredential", lived_in, arm_token, make_another, one_more, prove_made},
    {"makeCredential again", lived_in, arm_token, make_again, nothing_seen,
	prove_replaced},
    {"getAssertion", lived_in, NULL, login, nothing_seen, prove_old_login},
    {"reset", lived_in, NULL, reset, as_new, prove_reset},
};

/* --- and the power-up itself --- */

static void
test_pin(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(pin_scenes) / sizeof(pin_scenes[0]); i++)
		knife_run(&pin_scenes[i]);
}

static void
test_fido(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(fido_scenes) / sizeof(fido_scenes[0]); i++)
		knife_run(&fido_scenes[i]);
}

/* The flash is full: each command tidies it up, at its first write and at a
 * later one. */
static void
test_full_flash(void **state)
{
	(void)state;
	knife_run_full(&pin_scenes[0], 0);
	knife_run_full(&pin_scenes[1], 0);
	knife_run_full(&pin_scenes[1], 1);
	knife_run_full(&pin_scenes[2], 0);
	knife_run_full(&pin_scenes[3], 1);
	knife_run_full(&fido_scenes[0], 0);
	knife_run_full(&fido_scenes[0], 1);
	knife_run_full(&fido_scenes[2], 0);
}

static void
first_plug(void *arg)
{
	(void)arg;
	rig_plug();
}

/* The very first power-up, cut at every operation, and once more after. */
static void
test_first_power_up(void **state)
{
	struct view v, none;
	long op, ops;

	(void)state;
	memset(&none, 0, sizeof(none));
	memboard_reset();
	assert_int_equal(memboard_run(first_plug, NULL, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_DONE);
	ops = memboard.ops;
	assert_true(ops > 0);
	for (op = 1; op <= 4 * ops; op++) {
		memboard_reset();
		memboard.noise_state = (uint64_t)op;
		assert_int_equal(memboard_run(first_plug, NULL, 1 + op % ops,
				     (enum memboard_cut)(op / ops)),
		    MEMBOARD_POWER_CUT);
		knife_cuts++;
		(void)memboard_run(first_plug, NULL, 1 + op % 7,
		    MEMBOARD_CUT_PART);
		rig_plug();
		view_read(&v, &none);
		assert_false(v.pin_set);
		assert_int_equal(v.tries, FW_PIN_TRIES);
		assert_int_equal(v.creds, 0);
		assert_int_equal(v.keys, 0);
		knife_settle_in();
		assert_int_equal(knife_login("probe", knife.probe), FW_CTAP_OK);
	}
}

static void
test_cuts_were_made(void **state)
{
	(void)state;
	print_message("%lu power cuts\n", knife_cuts);
	assert_true(knife_cuts > 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pin),
	    cmocka_unit_test(test_fido),
	    cmocka_unit_test(test_full_flash),
	    cmocka_unit_test(test_first_power_up),
	    cmocka_unit_test(test_cuts_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
