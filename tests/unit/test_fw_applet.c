/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the statement applet as they are meant to be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/attest.h>

#include "saying.h"
#include "tokenview.h"

static const enum tsw_alg algs[] = {TSW_ALG_SK_ED25519, TSW_ALG_SK_P256};

static int
setup(void **state)
{
	(void)state;
	world_new();
	return 0;
}

static unsigned int
show(struct applet_answer *a, const struct held *key)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_KEY, .handle = key->handle};

	return view_applet(a, &cmd);
}

static void
test_info(void **state)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_INFO};
	struct applet_answer a;

	(void)state;
	rig_new();
	assert_int_equal(view_applet(&a, &cmd), FW_CTAP_OK);
	assert_false(rig.asked);
	assert_int_equal(a.present, 0xfe02); /* 1, 9 to 15 */
	assert_int_equal(a.version, 1);
	assert_int_equal(a.outputs, hal_outputs());
	assert_int_equal(a.used, 0);
	assert_int_equal(a.room, FW_STORE_IDENTITY_CNT);
	assert_int_equal(a.runs, 8);
	assert_int_equal(a.unlocked, 0);
	assert_memory_equal(rig.client.rsp + rig.client.rsp_len - 32 - 3 - 16,
	    fw_aaguid, FW_AAGUID_LEN);
}

/* The attestation of the last answer speaks of key and, if it is not NULL, of
 * challenge; returns its device key. */
static void
assert_attests(uint8_t device[32], const struct tsw_pubkey *key,
    const uint8_t *challenge)
{
	uint8_t document[TSW_ATTEST_MAX], image[HAL_IMAGE_HASH_LEN];
	struct tsw_slice s = world_attestation();
	struct tsw_attestation at;
	struct tsw_wr wr;

	assert_non_null(s.p);
	assert_int_equal(tsw_attestation_decode(&at, s.p, s.len), TSW_OK);
	assert_memory_equal(at.model, fw_aaguid, FW_AAGUID_LEN);
	hal_image_hash(image);
	assert_memory_equal(at.image, image, sizeof(image));
	tsw_wr_init(&wr, document, sizeof(document));
	assert_int_equal(tsw_attest_encode(&wr, &at, key, challenge), TSW_OK);
	assert_true(judge_plain(at.sig, at.device, "attest.v1@touchstone",
	    (struct tsw_slice){document, tsw_wr_len(&wr)}));
	memcpy(device, at.device, 32);
}

static void
test_create(void **state)
{
	uint8_t device[2][32];
	struct applet_answer a;
	struct held h;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		h = world_create(algs[i]);
		assert_true(rig.asked);
		assert_int_equal(rig.led, HAL_LED_TOUCH_TOKENS);
		assert_int_equal(h.key.alg, algs[i]);
		assert_int_equal(h.key.len, i == 0 ? 32 : 65);
		assert_attests(device[i], &h.key, NULL);
		assert_int_equal(show(&a, &h), FW_CTAP_OK);
		assert_int_equal(a.present, 0x1000c); /* 2, 3, 16 */
		assert_int_equal(a.bound, 0);
	}
	assert_memory_equal(device[0], device[1], 32);
}

static void
test_attest(void **state)
{
	static const uint8_t challenge[32] = {9, 8, 7};
	struct held h = world_create(TSW_ALG_SK_P256);
	struct applet_cmd cmd = {.cmd = TSW_APPLET_ATTEST,
	    .handle = h.handle,
	    .value = challenge};
	uint8_t before[32], device[32], after[32];
	struct applet_answer a;

	(void)state;
	assert_attests(before, &h.key, NULL);
	world_replug(); /* wants no PIN */
	assert_int_equal(view_applet(&a, &cmd), FW_CTAP_OK);
	assert_true(rig.asked);
	assert_int_equal(rig.led, HAL_LED_TOUCH_DEVICE);
	assert_attests(device, &h.key, challenge);
	assert_memory_equal(device, before, sizeof(device));
	/* Another token, after a reset. */
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_OK);
	assert_int_equal(show(&a, &h), FW_CTAP_NO_CREDENTIALS);
	assert_int_equal(ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO,
			     SAYING_PIN),
	    FW_CTAP_OK);
	h = world_create(TSW_ALG_SK_ED25519);
	assert_attests(after, &h.key, NULL);
	assert_memory_not_equal(device, after, sizeof(device));
}

/* Genesis and two updates; each signature verifies, and the head follows. */
static void
test_sign(void **state)
{
	struct applet_answer a, k;
	uint32_t counter = 0;
	struct tsw_op op;
	struct place at;
	struct saying s;
	struct held h;
	size_t i, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		h = world_create(algs[i]);
		say_genesis(&s, &h.key, TSW_ROLE_SIGNER);
		for (n = 0; n < 3; n++) {
			assert_int_equal(world_sign(&a, TSW_APPLET_SIGN, &h,
					     &s),
			    FW_CTAP_OK);
			assert_int_equal(a.present, 0xe0);
			assert_int_equal(a.flags, 0x05);
			assert_true(a.counter > counter);
			counter = a.counter;
			assert_true(judge(&a, &h.key, "statement.v1@touchstone",
			    said(&s)));
			assert_int_equal(rig.led,
			    n == 1 ? HAL_LED_TOUCH_KEYS : HAL_LED_TOUCH_TOKENS);
			if (n == 0)
				place_genesis(&at, &s);
			else
				place_next(&at, &s);
			assert_int_equal(show(&k, &h), FW_CTAP_OK);
			assert_int_equal(k.present, 0x1f000c);
			assert_int_equal(k.role, TSW_ROLE_SIGNER);
			assert_int_equal(k.seq, at.seq);
			assert_memory_equal(k.identity, at.identity, 32);
			assert_memory_equal(k.head, at.hash, 32);
			op =
			    n == 0 ? op_add_key() : op_plain(TSW_OP_SET_POLICY);
			say_update(&s, &at, &op);
		}
	}
}

/* A lone bit of the statement, the namespace or the counter, and the judge
 * says no: it can tell. */
static void
test_judge(void **state)
{
	struct held h = world_create(TSW_ALG_SK_P256);
	struct applet_answer a;
	struct saying s;

	(void)state;
	say_genesis(&s, &h.key, TSW_ROLE_SIGNER);
	assert_int_equal(world_sign(&a, TSW_APPLET_SIGN, &h, &s), FW_CTAP_OK);
	assert_false(judge(&a, &h.key, "confirm.v1@touchstone", said(&s)));
	a.counter++;
	assert_false(judge(&a, &h.key, "statement.v1@touchstone", said(&s)));
	a.counter--;
	s.p[9] ^= 1;
	assert_false(judge(&a, &h.key, "statement.v1@touchstone", said(&s)));
}

/* With the PIN for it UV is set, without it is not; both are good. */
static void
test_confirm(void **state)
{
	struct applet_answer a, k;
	struct place at;
	struct saying s;
	struct held h = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CONFIRM, .handle = h.handle};

	(void)state;
	say_confirm(&s, &at, TSW_METHOD_QR);
	cmd.statement = said(&s);
	assert_int_equal(world_do(&a, cmd, true), FW_CTAP_OK);
	assert_int_equal(a.flags, 0x05);
	assert_true(judge(&a, &h.key, "confirm.v1@touchstone", said(&s)));
	assert_int_equal(world_do(&a, cmd, false), FW_CTAP_OK);
	assert_int_equal(rig.led, HAL_LED_TOUCH_CONFIRM);
	assert_int_equal(a.flags, 0x01);
	assert_true(judge(&a, &h.key, "confirm.v1@touchstone", said(&s)));
	assert_int_equal(show(&k, &h), FW_CTAP_OK);
	assert_int_equal(k.seq, 0);
	assert_memory_equal(k.head, at.hash, 32);
}

/* A second token follows, and signs on from there. */
static void
test_import(void **state)
{
	struct applet_answer a, k;
	struct place at, to;
	struct tsw_op op = op_add_key();
	struct saying s;
	struct held h = world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);

	(void)state;
	to = at;
	to.seq = 7;
	memset(to.hash, 0x77, sizeof(to.hash));
	say_import(&s, &at, &to);
	assert_int_equal(world_sign(&a, TSW_APPLET_IMPORT, &h, &s), FW_CTAP_OK);
	assert_int_equal(rig.led, HAL_LED_TOUCH_TOKENS);
	assert_int_equal(a.flags, 0x05);
	assert_true(judge(&a, &h.key, "import.v1@touchstone", said(&s)));
	assert_int_equal(show(&k, &h), FW_CTAP_OK);
	assert_int_equal(k.seq, 7);
	assert_memory_equal(k.head, to.hash, 32);
	/* Again, as after a lost answer. */
	assert_int_equal(world_sign(&a, TSW_APPLET_IMPORT, &h, &s), FW_CTAP_OK);
	say_update(&s, &to, &op);
	assert_int_equal(world_sign(&a, TSW_APPLET_SIGN, &h, &s), FW_CTAP_OK);
}

/* What is erased is gone, head and all, and leaves room for another. */
static void
test_forget(void **state)
{
	struct applet_answer a;
	struct place at;
	struct saying s;
	struct held h = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	struct held other = world_create(TSW_ALG_SK_ED25519);
	struct applet_cmd cmd = {.cmd = TSW_APPLET_FORGET, .handle = h.handle};

	(void)state;
	rig.touch = RIG_SHORT; /* five seconds are asked for */
	assert_int_equal(world_do(&a, cmd, true), FW_CTAP_USER_ACTION_TIMEOUT);
	assert_int_equal(rig.led, HAL_LED_TOUCH_RESET);
	assert_int_equal(show(&a, &h), FW_CTAP_OK);
	rig.touch = RIG_TOUCH;
	assert_int_equal(world_do(&a, cmd, true), FW_CTAP_OK);
	assert_int_equal(show(&a, &h), FW_CTAP_NO_CREDENTIALS);
	assert_int_equal(show(&a, &other), FW_CTAP_OK);
	world_replug();
	say_genesis(&s, &h.key, TSW_ROLE_SIGNER);
	assert_int_equal(world_sign(&a, TSW_APPLET_SIGN, &h, &s),
	    FW_CTAP_NO_CREDENTIALS);
	assert_int_equal(world_do(&a, cmd, true), FW_CTAP_NO_CREDENTIALS);
	assert_false(rig.asked);
	/* Its place is taken by a key without a head. */
	h = world_create(TSW_ALG_SK_ED25519);
	assert_int_equal(show(&a, &h), FW_CTAP_OK);
	assert_int_equal(a.bound, 0);
}

static void
counts(struct applet_answer *a)
{
	struct applet_cmd info = {.cmd = TSW_APPLET_INFO};

	assert_int_equal(view_applet(a, &info), FW_CTAP_OK);
	assert_int_equal(a->used + a->room, FW_STORE_IDENTITY_CNT);
}

/* One bound key and the rest of the slots with keys that never were: CREATE
 * takes the place of the first of these, and of nothing else. */
static void
test_unbound_are_replaced(void **state)
{
	struct held bound, other[FW_STORE_IDENTITY_CNT];
	struct applet_answer a;
	struct place at;
	size_t i, n;

	(void)state;
	bound = world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	for (i = 1; i < FW_STORE_IDENTITY_CNT; i++)
		other[i] = world_create(algs[i % 2]);
	counts(&a);
	assert_int_equal(a.used, 1);
	for (n = 0; n < 2; n++) {
		other[0] = other[1];
		world_replug();
		other[1] = world_create(TSW_ALG_SK_ED25519);
		assert_int_equal(show(&a, &other[0]), FW_CTAP_NO_CREDENTIALS);
		for (i = 1; i < FW_STORE_IDENTITY_CNT; i++) {
			assert_int_equal(show(&a, &other[i]), FW_CTAP_OK);
			assert_int_equal(a.bound, 0);
		}
		assert_int_equal(show(&a, &bound), FW_CTAP_OK);
		assert_int_equal(a.bound, 1);
		assert_memory_equal(a.head, at.hash, sizeof(at.hash));
	}
}

/* Only keys that are bound fill a token. */
static void
test_full(void **state)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_ED25519};
	struct applet_cmd forget = {.cmd = TSW_APPLET_FORGET};
	struct held h[FW_STORE_IDENTITY_CNT];
	struct applet_answer a;
	struct place at;
	unsigned int i;

	(void)state;
	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++) {
		counts(&a);
		assert_int_equal(a.used, i);
		h[i] = world_bound(&at, algs[i % 2],
		    i % 4 == 3 ? TSW_ROLE_RECOVERY : TSW_ROLE_SIGNER);
	}
	counts(&a);
	assert_int_equal(a.room, 0);
	assert_int_equal(world_do(&a, cmd, true), FW_CTAP_KEY_STORE_FULL);
	assert_false(rig.asked);
	for (i = 0; i < FW_STORE_IDENTITY_CNT; i++)
		assert_int_equal(show(&a, &h[i]), FW_CTAP_OK);
	forget.handle = h[4].handle;
	assert_int_equal(world_do(&a, forget, true), FW_CTAP_OK);
	counts(&a);
	assert_int_equal(a.room, 1);
	(void)world_create(TSW_ALG_SK_ED25519);
	counts(&a);
	assert_int_equal(a.room, 1);
}

static struct held lost_key;
static struct applet_answer lost_answer;

static unsigned int
sign_with_lost_key(const struct saying *s)
{
	return world_sign(&lost_answer, TSW_APPLET_SIGN, &lost_key, s);
}

/* The very same statement is signed again, with its own touch, as long as
 * nothing follows it. */
static void
test_repeat(void **state)
{
	struct tsw_op op = op_add_key(), policy = op_plain(TSW_OP_SET_POLICY);
	struct saying s, other;
	struct place at;
	uint32_t counter;

	(void)state;
	lost_key = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	say_update(&s, &at, &op);
	say_update(&other, &at, &policy);
	assert_int_equal(sign_with_lost_key(&s), FW_CTAP_OK);
	counter = lost_answer.counter;
	world_replug();
	assert_int_equal(sign_with_lost_key(&s), FW_CTAP_OK);
	assert_true(rig.asked);
	assert_true(lost_answer.counter > counter);
	assert_true(judge(&lost_answer, &lost_key.key,
	    "statement.v1@touchstone", said(&s)));
	assert_int_equal(sign_with_lost_key(&other), FW_ST_FORK);
	place_next(&at, &s);
	say_update(&other, &at, &policy);
	assert_int_equal(sign_with_lost_key(&other), FW_CTAP_OK);
	assert_int_equal(sign_with_lost_key(&s), FW_ST_REPLAY);
}

static void
cut_sign(void *s)
{
	(void)sign_with_lost_key(s);
}

/* The power goes after the head is durable, before the answer: the chain goes
 * on with this statement and no other. */
static void
test_cut_before_reply(void **state)
{
	struct tsw_op op = op_add_key(), policy = op_plain(TSW_OP_SET_POLICY);
	struct saying s, other;
	struct place at;
	long ops;

	(void)state;
	lost_key = world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	/* How many flash operations it takes: PIN, counter and head. */
	say_update(&s, &at, &op);
	assert_int_equal(memboard_run(cut_sign, &s, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_DONE);
	ops = memboard.ops;
	place_next(&at, &s);
	say_update(&s, &at, &op);
	say_update(&other, &at, &policy);
	assert_int_equal(memboard_run(cut_sign, &s, ops, MEMBOARD_CUT_ALL),
	    MEMBOARD_POWER_CUT);
	assert_false(rig_reply_left());
	world_replug();
	assert_int_equal(show(&lost_answer, &lost_key), FW_CTAP_OK);
	assert_int_equal(lost_answer.seq, at.seq + 1);
	assert_int_equal(sign_with_lost_key(&other), FW_ST_FORK);
	assert_int_equal(sign_with_lost_key(&s), FW_CTAP_OK);
	assert_true(judge(&lost_answer, &lost_key.key,
	    "statement.v1@touchstone", said(&s)));
}

/* While it asks, the display says what for; then it is blank. */
static void
test_display(void **state)
{
	static const uint8_t selection = FW_CTAP2_SELECTION;
	uint8_t req[1200];
	struct place at;
	struct saying s;
	struct tsw_op op = op_add_key();
	struct held h = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	struct applet_cmd cmd = {.cmd = TSW_APPLET_SIGN, .handle = h.handle};
	uint8_t token[32];
	size_t len;

	(void)state;
	assert_string_equal(memboard.display, "");
	say_update(&s, &at, &op);
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd.statement = said(&s);
	cmd.token = token;
	cmd.proto = FW_PINPROTO_TWO;
	len = applet_encode(req, sizeof(req), &cmd);
	rig.touch = RIG_NONE;
	(void)rig_send(req, len);
	assert_string_not_equal(rig.display, "");
	assert_non_null(strstr(rig.display, "laptop"));
	assert_string_equal(memboard.display, "");
	(void)rig_send(&selection, 1);
	assert_string_not_equal(rig.display, "");
	assert_string_equal(memboard.display, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_info, setup),
	    cmocka_unit_test_setup(test_create, setup),
	    cmocka_unit_test_setup(test_attest, setup),
	    cmocka_unit_test_setup(test_sign, setup),
	    cmocka_unit_test_setup(test_judge, setup),
	    cmocka_unit_test_setup(test_confirm, setup),
	    cmocka_unit_test_setup(test_import, setup),
	    cmocka_unit_test_setup(test_forget, setup),
	    cmocka_unit_test_setup(test_unbound_are_replaced, setup),
	    cmocka_unit_test_setup(test_full, setup),
	    cmocka_unit_test_setup(test_repeat, setup),
	    cmocka_unit_test_setup(test_cut_before_reply, setup),
	    cmocka_unit_test_setup(test_display, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
