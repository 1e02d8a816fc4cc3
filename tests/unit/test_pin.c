/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIN: tries, what is stored, and what it opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "memboard.h"
#include "pinrig.h"

/* The linker puts this in front of the real one, to count the work. */
static uint32_t rounds;

void __real_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t cnt);
void __wrap_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t cnt);

void
__wrap_fw_pbkdf2_sha256(uint8_t secret_out[32],
    struct tsw_slice secret_password, struct tsw_slice salt, uint32_t cnt)
{
	rounds += cnt;
	__real_fw_pbkdf2_sha256(secret_out, secret_password, salt, cnt);
}

static void
test_right_and_wrong(void **state)
{
	(void)state;
	assert_int_equal(pinrig_try("1234"), FW_CTAP_PIN_NOT_SET);
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_int_equal(pinrig_try("1235"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pinrig_pin.tries, 7);
	assert_int_equal(pinrig_try("12345"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pinrig_pin.tries, 6);
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_int_equal(pinrig_pin.tries, 8);
	pinrig_boot();
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
}

static void
test_three_in_a_row_then_eight(void **state)
{
	static const enum fw_status want[] = {FW_CTAP_PIN_INVALID,
	    FW_CTAP_PIN_INVALID, FW_CTAP_PIN_AUTH_BLOCKED,
	    FW_CTAP_PIN_AUTH_BLOCKED};
	size_t i, cycle;

	(void)state;
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	for (cycle = 0; cycle < 2; cycle++) {
		for (i = 0; i < 4; i++)
			assert_int_equal(pinrig_try("0000"), want[i]);
		/* Even the right one is not looked at now. */
		assert_int_equal(pinrig_try("1234"), FW_CTAP_PIN_AUTH_BLOCKED);
		assert_int_equal(pinrig_pin.tries, 8 - 3 * (cycle + 1));
		pinrig_boot();
	}
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_BLOCKED);
	pinrig_boot();
	assert_int_equal(pinrig_try("1234"), FW_CTAP_PIN_BLOCKED);
	assert_int_equal(pinrig_pin.tries, 0);
}

static void
test_policy(void **state)
{
	uint8_t padded[FW_PIN_PADDED_LEN];

	(void)state;
	assert_int_equal(pinrig_set(""), FW_CTAP_PIN_POLICY_VIOLATION);
	assert_int_equal(pinrig_set("123"), FW_CTAP_PIN_POLICY_VIOLATION);
	/* Three characters of two bytes are three. */
	assert_int_equal(pinrig_set("\xc3\xa4\xc3\xb6\xc3\xbc"),
	    FW_CTAP_PIN_POLICY_VIOLATION);
	assert_false(pinrig_pin.is_set);
	assert_int_equal(pinrig_set("\xc3\xa4\xc3\xb6\xc3\xbcx"), FW_CTAP_OK);
	assert_int_equal(pinrig_pin.length, 4);
	memset(padded, 'x', sizeof(padded));
	assert_int_equal(fw_pin_set(&pinrig_pin, &pinrig_store, &pinrig_rng,
			     padded, pinrig_device),
	    FW_CTAP_PIN_POLICY_VIOLATION);
	padded[63] = 0;
	assert_int_equal(fw_pin_set(&pinrig_pin, &pinrig_store, &pinrig_rng,
			     padded, pinrig_device),
	    FW_CTAP_OK);
	pinrig_boot();
	assert_int_equal(pinrig_pin.length, 63);
}

/* Neither the PIN nor its plain hash nor the secret is in the flash. */
static void
test_nothing_plain_in_flash(void **state)
{
	struct tsw_slice part = {(const uint8_t *)"84029374", 8};
	uint8_t hash[32];
	size_t i;

	(void)state;
	assert_int_equal(pinrig_set("84029374"), FW_CTAP_OK);
	tsw_sha256(hash, &part, 1);
	for (i = 0; i + 16 < sizeof(memboard.flash); i++) {
		assert_memory_not_equal(memboard.flash + i, "84029374", 8);
		assert_memory_not_equal(memboard.flash + i, hash, 16);
		assert_memory_not_equal(memboard.flash + i,
		    pinrig_pin.secret_identity, 16);
	}
}

/* pin.h, computed anew from what is stored. */
static void
test_record(void **state)
{
	struct tsw_slice part[] = {{(const uint8_t *)"pin salt", 8},
	    {(const uint8_t *)"84029374", 8}, {(const uint8_t *)"wrap", 4},
	    {(const uint8_t *)"check", 5}, {NULL, 32}};
	uint8_t value[82], salt[48], hash[32], kek[32], want[32];
	size_t i;

	(void)state;
	assert_int_equal(pinrig_set("84029374"), FW_CTAP_OK);
	assert_int_equal(fw_store_get(&pinrig_store, value, sizeof(value),
			     FW_STORE_PIN),
	    sizeof(value));
	assert_int_equal(value[0], 1);
	assert_int_equal(value[1], 8);
	memcpy(salt, value + 2, 16);
	tsw_hmac_sha256(salt + 16,
	    (struct tsw_slice){pinrig_device, sizeof(pinrig_device)}, part, 1);
	tsw_sha256(hash, part + 1, 1);
	fw_pbkdf2_sha256(kek, (struct tsw_slice){hash, 16},
	    (struct tsw_slice){salt, 48}, FW_PIN_ROUNDS);
	part[4].p = value + 50;
	tsw_hmac_sha256(want, (struct tsw_slice){kek, 32}, part + 3, 2);
	assert_memory_equal(value + 18, want, 32);
	tsw_hmac_sha256(want, (struct tsw_slice){kek, 32}, part + 2, 1);
	for (i = 0; i < 32; i++)
		want[i] ^= value[50 + i];
	assert_memory_equal(pinrig_pin.secret_identity, want, 32);
	assert_int_equal(fw_store_get(&pinrig_store, value, 1, FW_STORE_TRIES),
	    1);
	assert_int_equal(value[0], FW_PIN_TRIES);
}

/* A wrong PIN is as much work as a right one. */
static void
test_same_work(void **state)
{
	(void)state;
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	rounds = 0;
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(rounds, FW_PIN_ROUNDS);
	rounds = 0;
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_int_equal(rounds, FW_PIN_ROUNDS);
}

/* The identity secret: drawn once, opened by the PIN, kept by a change. */
static void
test_identity_secret(void **state)
{
	static const uint8_t zero[FW_IDENTITY_SECRET_LEN];
	uint8_t first[FW_IDENTITY_SECRET_LEN], salt[FW_PIN_SALT_LEN];

	(void)state;
	assert_false(fw_pin_is_unlocked(&pinrig_pin));
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	assert_true(fw_pin_is_unlocked(&pinrig_pin));
	memcpy(first, pinrig_pin.secret_identity, sizeof(first));
	memcpy(salt, pinrig_pin.salt, sizeof(salt));
	assert_memory_not_equal(first, zero, sizeof(first));
	pinrig_boot();
	assert_false(fw_pin_is_unlocked(&pinrig_pin));
	assert_memory_equal(pinrig_pin.secret_identity, zero, sizeof(first));
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_false(fw_pin_is_unlocked(&pinrig_pin));
	assert_memory_equal(pinrig_pin.secret_identity, zero, sizeof(first));
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_true(fw_pin_is_unlocked(&pinrig_pin));
	assert_memory_equal(pinrig_pin.secret_identity, first, sizeof(first));
	/* A wrong one does not close it. */
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_true(fw_pin_is_unlocked(&pinrig_pin));
	assert_memory_equal(pinrig_pin.secret_identity, first, sizeof(first));
	assert_int_equal(pinrig_set("567890"), FW_CTAP_OK);
	assert_memory_equal(pinrig_pin.secret_identity, first, sizeof(first));
	assert_memory_not_equal(pinrig_pin.salt, salt, sizeof(salt));
	pinrig_boot();
	assert_int_equal(pinrig_try("1234"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pinrig_try("567890"), FW_CTAP_OK);
	assert_memory_equal(pinrig_pin.secret_identity, first, sizeof(first));
	/* Another token has another one. */
	assert_int_equal(fw_store_del(&pinrig_store, FW_STORE_PIN), FW_OK);
	assert_int_equal(fw_store_del(&pinrig_store, FW_STORE_TRIES), FW_OK);
	pinrig_boot();
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	assert_memory_not_equal(pinrig_pin.secret_identity, first,
	    sizeof(first));
}

static void
set_locked(void *arg)
{
	(void)pinrig_set(arg);
}

/* A new PIN over one that was not given would lose the secret. */
static void
test_set_while_locked_is_a_bug(void **state)
{
	char text[] = "567890";

	(void)state;
	assert_int_equal(pinrig_set("1234"), FW_CTAP_OK);
	pinrig_boot();
	assert_int_equal(memboard_run(set_locked, text, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_BUG);
	pinrig_boot();
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
}

static void
test_old_record(void **state)
{
	uint8_t value[100], first[FW_IDENTITY_SECRET_LEN];

	(void)state;
	pinrig_put_old(5);
	pinrig_boot();
	assert_true(pinrig_pin.is_set);
	assert_int_equal(pinrig_pin.tries, 5);
	assert_int_equal(pinrig_pin.length, 4);
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	pinrig_boot();
	assert_int_equal(pinrig_pin.tries,
	    3); /* not the 5 that are still there */
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_false(fw_pin_is_unlocked(&pinrig_pin));
	assert_int_equal(fw_store_get(&pinrig_store, value, sizeof(value),
			     FW_STORE_PIN),
	    34);
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_true(fw_pin_is_unlocked(&pinrig_pin));
	memcpy(first, pinrig_pin.secret_identity, sizeof(first));
	assert_int_equal(fw_store_get(&pinrig_store, value, sizeof(value),
			     FW_STORE_PIN),
	    82);
	/* At once the new record counts, and after a boot too. */
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_memory_equal(pinrig_pin.secret_identity, first, sizeof(first));
	pinrig_boot();
	assert_int_equal(pinrig_pin.tries, FW_PIN_TRIES);
	assert_int_equal(pinrig_pin.length, 4);
	assert_int_equal(pinrig_try("1234"), FW_CTAP_OK);
	assert_memory_equal(pinrig_pin.secret_identity, first, sizeof(first));
}

static void
test_old_record_blocks(void **state)
{
	(void)state;
	pinrig_put_old(1);
	pinrig_boot();
	assert_int_equal(pinrig_try("0000"), FW_CTAP_PIN_BLOCKED);
	pinrig_boot();
	assert_int_equal(pinrig_try("1234"), FW_CTAP_PIN_BLOCKED);
	assert_int_equal(pinrig_pin.tries, 0);
}

/* What no version of this code wrote is not taken for "no PIN". */
static void
test_strange_records(void **state)
{
	static const struct {
		int len, tries_len;
		uint8_t format, tries;
		int want;
	} c[] = {
	    {82, 1, 1, 8, FW_OK},
	    {82, 1, 1, 0, FW_OK},
	    {82, 1, 1, 9, FW_ERR_CORRUPT},
	    {82, 1, 2, 8, FW_ERR_NEWER},
	    {82, 1, 0, 8, FW_ERR_CORRUPT},
	    {82, 0, 1, 8, FW_ERR_CORRUPT},
	    {82, 2, 1, 8, FW_ERR_CORRUPT},
	    {81, 1, 1, 8, FW_ERR_CORRUPT},
	    {83, 1, 1, 8, FW_ERR_CORRUPT},
	    {83, 1, 2, 8, FW_ERR_NEWER},
	    {200, 0, 3, 8, FW_ERR_NEWER},
	    {1, 1, 1, 8, FW_ERR_CORRUPT},
	    {0, 1, 1, 8, FW_ERR_CORRUPT},
	    {34, 0, 8, 0, FW_OK},
	    {34, 0, 9, 0, FW_ERR_CORRUPT},
	    {34, 1, 9, 3, FW_OK},
	    {34, 2, 8, 3, FW_ERR_CORRUPT},
	};
	uint8_t value[200] = {0}, tries[2] = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		memboard_reset();
		pinrig_boot();
		value[0] = c[i].format;
		tries[0] = c[i].tries;
		if (c[i].len > 0)
			assert_int_equal(fw_store_put(&pinrig_store,
					     FW_STORE_PIN, value,
					     (size_t)c[i].len),
			    FW_OK);
		if (c[i].tries_len > 0)
			assert_int_equal(fw_store_put(&pinrig_store,
					     FW_STORE_TRIES, tries,
					     (size_t)c[i].tries_len),
			    FW_OK);
		assert_int_equal(fw_pin_load(&pinrig_pin, &pinrig_store),
		    c[i].want);
		assert_int_equal(pinrig_pin.is_set, c[i].want == FW_OK);
		assert_false(fw_pin_is_unlocked(&pinrig_pin));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_right_and_wrong, pinrig_setup),
	    cmocka_unit_test_setup(test_three_in_a_row_then_eight,
		pinrig_setup),
	    cmocka_unit_test_setup(test_policy, pinrig_setup),
	    cmocka_unit_test_setup(test_nothing_plain_in_flash, pinrig_setup),
	    cmocka_unit_test_setup(test_record, pinrig_setup),
	    cmocka_unit_test_setup(test_same_work, pinrig_setup),
	    cmocka_unit_test_setup(test_identity_secret, pinrig_setup),
	    cmocka_unit_test_setup(test_set_while_locked_is_a_bug,
		pinrig_setup),
	    cmocka_unit_test_setup(test_old_record, pinrig_setup),
	    cmocka_unit_test_setup(test_old_record_blocks, pinrig_setup),
	    cmocka_unit_test_setup(test_strange_records, pinrig_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
