/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A token whose flash cannot be read or whose noise has failed (SPEC 12.7): it
 * says so, answers a few questions, signs nothing, and only a reset with a
 * long touch at power-up erases what it found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "identity.h"
#include "saying.h"
#include "tokenview.h"

static uint8_t found[MEMBOARD_FLASH_LEN];

static int
setup(void **state)
{
	(void)state;
	world_new();
	return 0;
}

/* Every command byte gets its answer: those that work say how, all others
 * the status of the fault. */
static void
assert_refuses(unsigned int status, bool may_reset)
{
	static const uint8_t works[] = {FW_CTAP2_GET_INFO, TSW_APPLET_INFO};
	unsigned int cmd;
	uint8_t req[2];

	for (cmd = 0; cmd <= 0xff; cmd++) {
		req[0] = (uint8_t)cmd;
		if (memchr(works, (int)cmd, sizeof(works)) != NULL) {
			assert_int_equal(rig_send(req, 1), FW_CTAP_OK);
		} else if (cmd == FW_CTAP2_SELECTION) {
			assert_int_equal(rig_send(req, 1), FW_CTAP_OK);
			assert_true(rig.asked);
		} else if (cmd != FW_CTAP2_RESET || !may_reset) {
			assert_int_equal(rig_send(req, 1), status);
			assert_false(rig.asked);
		}
	}
}

/* It answers a wink, and goes on to show its fault. */
static void
assert_takes_wink(void)
{
	const enum hal_led fault = memboard.led;
	uint8_t r[HAL_HID_REPORT_LEN] = {0};

	memcpy(r, rig.cid, sizeof(rig.cid));
	r[4] = FW_CTAPHID_WINK | 0x80;
	rig_report(r);
	rig_settle();
	assert_int_equal(memboard.led, fault);
	rig_wait_ms(FW_TOKEN_WINK_MS);
}

/* All that a token with an unreadable flash does; then the reset. */
static void
assert_store_fault(void)
{
	struct applet_cmd info = {.cmd = TSW_APPLET_INFO};
	struct applet_answer a;
	struct place at;

	memcpy(found, memboard.flash, sizeof(found));
	rig_plug();
	assert_int_equal(memboard.led, HAL_LED_FAULT_STORE);
	assert_string_not_equal(memboard.display, "");
	assert_takes_wink();
	assert_int_equal(memboard.led, HAL_LED_FAULT_STORE);
	assert_refuses(FW_ST_STORE, true);
	assert_int_equal(view_applet(&a, &info), FW_CTAP_OK);
	assert_int_equal(a.used + a.room + a.runs + a.unlocked, 0);
	/* Not after ten seconds, not by a short touch. */
	rig_wait_ms(FW_CTAP2_RESET_WINDOW_MS);
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_NOT_ALLOWED);
	rig_plug();
	rig.touch = RIG_SHORT;
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	assert_memory_equal(memboard.flash, found, sizeof(found));
	rig_plug();
	rig.touch = RIG_TOUCH;
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_OK);
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_string_equal(memboard.display, "");
	assert_int_equal(ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO,
			     SAYING_PIN),
	    FW_CTAP_OK);
	(void)world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	rig_plug();
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	assert_int_equal(view_applet(&a, &info), FW_CTAP_OK);
	assert_int_equal(a.used, 1);
}

static void
test_garbage(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(memboard.flash); i++)
		memboard.flash[i] = (uint8_t)(i * 7 + i / 256);
	assert_store_fault();
}

/* Records that no version of this firmware writes. */
static void
contradict(unsigned int key, size_t len, uint8_t format, uint8_t second)
{
	uint8_t value[128] = {0};

	value[0] = format;
	value[1] = second; /* alg or role */
	assert_int_equal(fw_store_put(&rig.t.ctap2.store, key, value, len),
	    FW_OK);
}

static void
test_head_without_key(void **state)
{
	(void)state;
	contradict(FW_STORE_HEAD + 3, FW_HEAD_VALUE_LEN, 1, 1);
	assert_store_fault();
}

static void
test_head_of_no_role(void **state)
{
	struct place at;

	(void)state;
	(void)world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	contradict(FW_STORE_HEAD, FW_HEAD_VALUE_LEN, 1, 3);
	assert_store_fault();
}

/* The byte behind the role says whether the head was imported. */
static void
test_head_from_nowhere(void **state)
{
	uint8_t value[FW_HEAD_VALUE_LEN] = {1, 1, 2};
	struct place at;

	(void)state;
	(void)world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	assert_int_equal(fw_store_put(&rig.t.ctap2.store, FW_STORE_HEAD, value,
			     sizeof(value)),
	    FW_OK);
	assert_store_fault();
}

static void
test_key_of_unknown_format(void **state)
{
	(void)state;
	(void)world_create(TSW_ALG_SK_ED25519);
	contradict(FW_STORE_IDENTITY, 2 + 32 + 32, 2, 1);
	assert_store_fault();
}

static void
test_key_of_wrong_length(void **state)
{
	(void)state;
	contradict(FW_STORE_IDENTITY, 2 + 32 + 31, 1, 1);
	assert_store_fault();
}

static void
test_key_of_unknown_alg(void **state)
{
	(void)state;
	contradict(FW_STORE_IDENTITY, 2 + 32 + 32, 1, 3);
	assert_store_fault();
}

static void
test_head_of_unknown_format(void **state)
{
	struct place at;

	(void)state;
	(void)world_bound(&at, TSW_ALG_SK_P256, TSW_ROLE_SIGNER);
	contradict(FW_STORE_HEAD, FW_HEAD_VALUE_LEN, 2, 1);
	assert_store_fault();
}

static void
test_counter_of_wrong_length(void **state)
{
	(void)state;
	contradict(FW_STORE_COUNTER, 3, 0, 0);
	assert_store_fault();
}

static void
test_secret_of_wrong_length(void **state)
{
	(void)state;
	contradict(FW_STORE_DEVICE, 31, 0, 0);
	assert_store_fault();
}

/* 104 bytes, then four strings that end where the record does. */
static void
test_credential_of_wrong_length(void **state)
{
	(void)state;
	contradict(FW_STORE_CRED + 7, 104 + 5, 0, 0);
	assert_store_fault();
}

/* No version writes one without the other. */
static void
test_secret_is_gone(void **state)
{
	(void)state;
	assert_int_equal(fw_store_del(&rig.t.ctap2.store, FW_STORE_DEVICE),
	    FW_OK);
	assert_store_fault();
}

/* A new token has neither, but no PIN that needs them either. */
static void
test_both_secrets_are_gone(void **state)
{
	const struct fw_store_item gone[] = {{FW_STORE_DEVICE, NULL, 0},
	    {FW_STORE_ATTEST, NULL, 0}};

	(void)state;
	assert_int_equal(fw_store_commit(&rig.t.ctap2.store, gone, 2), FW_OK);
	assert_store_fault();
}

static void
test_device_key_of_wrong_length(void **state)
{
	(void)state;
	contradict(FW_STORE_ATTEST, 31, 0, 0);
	assert_store_fault();
}

static struct held bent;

static void
sign_bent(void *s)
{
	struct applet_answer a;

	(void)world_sign(&a, TSW_APPLET_SIGN, &bent, s);
}

/* A record that is well formed, but whose key pair is another: nothing is
 * signed, and no counter or head is written. */
static void
test_key_of_another_nonce(void **state)
{
	struct fw_store *store = &rig.t.ctap2.store;
	uint8_t value[128];
	struct saying s;
	int len;

	(void)state;
	bent = world_create(TSW_ALG_SK_ED25519);
	len = fw_store_get(store, value, sizeof(value), FW_STORE_IDENTITY);
	assert_int_equal(len, 2 + 32 + 32);
	value[2] ^= 1;
	assert_int_equal(fw_store_put(store, FW_STORE_IDENTITY, value,
			     (size_t)len),
	    FW_OK);
	say_genesis(&s, &bent.key, TSW_ROLE_SIGNER);
	assert_int_equal(memboard_run(sign_bent, &s, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_STORE_CORRUPT);
	assert_false(rig_reply_left());
	rig_plug();
	assert_int_equal(rig.t.ctap2.counter, 0);
	assert_int_equal(fw_store_get(store, value, sizeof(value),
			     FW_STORE_HEAD),
	    FW_ERR_NONE);
}

static void
test_no_noise(void **state)
{
	(void)state;
	memcpy(found, memboard.flash, sizeof(found));
	memboard.noise = MEMBOARD_NOISE_STUCK;
	rig_plug();
	assert_int_equal(memboard.led, HAL_LED_FAULT_ENTROPY);
	assert_string_not_equal(memboard.display, "");
	assert_takes_wink();
	assert_refuses(FW_ST_ENTROPY, false);
	assert_memory_equal(memboard.flash, found, sizeof(found));
	/* All is there when it works again. */
	memboard.noise = MEMBOARD_NOISE_GOOD;
	rig_plug();
	assert_int_equal(memboard.led, HAL_LED_IDLE);
	(void)world_create(TSW_ALG_SK_ED25519);
}

/* It fails while the token runs: from the next command on, for good. */
static void
test_noise_fails_later(void **state)
{
	struct place at;
	struct saying s;
	struct applet_answer a;
	struct tsw_op op = op_add_key();
	struct held h = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	struct applet_cmd cmd = {.cmd = TSW_APPLET_SIGN, .handle = h.handle};
	struct applet_cmd info = {.cmd = TSW_APPLET_INFO};
	uint8_t token[32];

	(void)state;
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	say_update(&s, &at, &op);
	cmd.statement = said(&s);
	cmd.token = token;
	cmd.proto = FW_PINPROTO_TWO;
	memboard.noise = MEMBOARD_NOISE_STUCK;
	assert_int_equal(view_applet(&a, &cmd), FW_ST_ENTROPY);
	assert_false(rig.asked);
	assert_int_equal(memboard.led, HAL_LED_FAULT_ENTROPY);
	memboard.noise = MEMBOARD_NOISE_GOOD;
	assert_refuses(FW_ST_ENTROPY, false);
	assert_int_equal(view_applet(&a, &info), FW_CTAP_OK);
	assert_int_equal(a.used + a.room + a.runs + a.unlocked, 0);
	world_replug();
	assert_int_equal(world_sign(&a, TSW_APPLET_SIGN, &h, &s), FW_CTAP_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_garbage, setup),
	    cmocka_unit_test_setup(test_head_without_key, setup),
	    cmocka_unit_test_setup(test_head_of_no_role, setup),
	    cmocka_unit_test_setup(test_head_from_nowhere, setup),
	    cmocka_unit_test_setup(test_key_of_unknown_format, setup),
	    cmocka_unit_test_setup(test_key_of_wrong_length, setup),
	    cmocka_unit_test_setup(test_key_of_unknown_alg, setup),
	    cmocka_unit_test_setup(test_head_of_unknown_format, setup),
	    cmocka_unit_test_setup(test_counter_of_wrong_length, setup),
	    cmocka_unit_test_setup(test_secret_of_wrong_length, setup),
	    cmocka_unit_test_setup(test_credential_of_wrong_length, setup),
	    cmocka_unit_test_setup(test_device_key_of_wrong_length, setup),
	    cmocka_unit_test_setup(test_secret_is_gone, setup),
	    cmocka_unit_test_setup(test_both_secrets_are_gone, setup),
	    cmocka_unit_test_setup(test_key_of_another_nonce, setup),
	    cmocka_unit_test_setup(test_no_noise, setup),
	    cmocka_unit_test_setup(test_noise_fails_later, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
