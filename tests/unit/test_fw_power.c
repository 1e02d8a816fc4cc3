/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power cuts in PIN, FIDO2 and reset commands, at every flash operation:
 * fw_knife.h says what must hold.  TS_CUTS=n tries n times as many bits.
 */
#include "fw_knife.h"

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

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

/* --- credentialManagement --- */

enum { CM_DELETE = 6, CM_UPDATE = 7 };

static void
arm_manager(void)
{
	arm_token();
	/* The client asks for others. */
	rig.t.ctap2.puat.permissions = FW_PERM_CM;
}

/* Delete the credential of lived_in(), or give its user this name. */
static unsigned int
manage(uint8_t sub, const char *name)
{
	uint8_t req[320] = {FW_CTAP2_CREDENTIAL_MANAGEMENT}, params[192];
	struct tsw_slice part[2] = {{&sub, 1}, {params, 0}};
	uint8_t mac[32];
	struct tsw_wr wr;

	tsw_wr_init(&wr, params, sizeof(params));
	tsw_wr_cb_map(&wr, sub == CM_UPDATE ? 2 : 1);
	tsw_wr_cb_uint(&wr, 2); /* credentialID */
	tsw_wr_cb_map(&wr, 2);
	tsw_wr_cb_text(&wr, "id", 2);
	tsw_wr_cb_bytes(&wr, rk_id, sizeof(rk_id));
	tsw_wr_cb_text(&wr, "type", 4);
	tsw_wr_cb_text(&wr, "public-key", 10);
	if (sub == CM_UPDATE) {
		tsw_wr_cb_uint(&wr, 3); /* user */
		tsw_wr_cb_map(&wr, 2);
		tsw_wr_cb_text(&wr, "id", 2);
		tsw_wr_cb_bytes(&wr, (const uint8_t *)"alice", 5);
		tsw_wr_cb_text(&wr, "name", 4);
		tsw_wr_cb_text(&wr, name, strlen(name));
	}
	assert_false(wr.full);
	part[1].len = tsw_wr_len(&wr);
	tsw_hmac_sha256(mac, (struct tsw_slice){knife.token, 32}, part, 2);
	tsw_wr_init(&wr, req + 1, sizeof(req) - 1);
	tsw_wr_cb_map(&wr, 4);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_uint(&wr, sub);
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_bytes(&wr, params, part[1].len);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_uint(&wr, FW_PINPROTO_TWO);
	tsw_wr_cb_uint(&wr, 4);
	tsw_wr_cb_bytes(&wr, mac, sizeof(mac));
	return rig_send(req, 1 + tsw_wr_len(&wr));
}

static unsigned int
delete_rk(void)
{
	return manage(CM_DELETE, "");
}

static unsigned int
rename_user(void)
{
	return manage(CM_UPDATE, "alice of site.example");
}

static size_t
one_cred_less(struct view *state)
{
	state[1] = state[0];
	state[1].creds--;
	return 1;
}

static void
prove_deleted(size_t state, bool left)
{
	(void)left;
	assert_int_equal(knife_login(RK, rk_id),
	    state == 0 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
}

/* The old name or the new one, and the same credential. */
static void
prove_renamed(size_t state, bool left)
{
	const struct fw_store *s = &rig.t.ctap2.store;
	int slot = fw_record_find(s, rk_id);
	struct fw_record rec;
	bool renamed;

	assert_true(slot >= 0);
	assert_int_equal(fw_record_get(&rec, s, (unsigned int)slot), FW_OK);
	renamed = rec.user.name.len == 21;
	assert_int_equal(rec.user.name.len, renamed ? 21 : 5);
	assert_memory_equal(rec.user.name.p, "alice of site.example",
	    rec.user.name.len);
	assert_true(renamed || !left);
	assert_int_equal(rec.user.id.len, 5);
	prove_old_login(state, left);
}

static const struct scene fido_scenes[] = {
    {"makeCredential", lived_in, arm_token, make_another, one_more, prove_made},
    {"makeCredential again", lived_in, arm_token, make_again, nothing_seen,
	prove_replaced},
    {"getAssertion", lived_in, NULL, login, nothing_seen, prove_old_login},
    {"reset", lived_in, NULL, reset, as_new, prove_reset},
    {"delete", lived_in, arm_manager, delete_rk, one_cred_less, prove_deleted},
    {"rename", lived_in, arm_manager, rename_user, nothing_seen, prove_renamed},
};

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
	knife_run_full(&fido_scenes[3], 0);
	knife_run_full(&fido_scenes[4], 0);
	knife_run_full(&fido_scenes[5], 0);
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
	    cmocka_unit_test(test_cuts_were_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
