/* SPDX-License-Identifier: BSD-2-Clause */
/* The PIN: tries, what is stored, and power cuts in every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "memboard.h"
#include "pin.h"

static const uint8_t device[FW_DEVICE_SECRET_LEN] = {9, 8, 7};
static struct fw_store s;
static struct fw_pin pin;
static struct fw_rng rng;

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

/* Power-up: all that is not in flash is gone. */
static void
boot(void)
{
	assert_int_equal(fw_store_open(&s), FW_OK);
	assert_int_equal(fw_pin_load(&pin, &s), FW_OK);
	assert_int_equal(fw_rng_init(&rng, NULL), FW_OK);
}

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	boot();
	return 0;
}

static enum fw_status
set(const char *text)
{
	uint8_t padded[FW_PIN_PADDED_LEN] = {0};

	memcpy(padded, text, strlen(text));
	return fw_pin_set(&pin, &s, &rng, padded, device);
}

static enum fw_status
try(const char *text)
{
	struct tsw_slice part = {(const uint8_t *)text, strlen(text)};
	uint8_t hash[32];

	tsw_sha256(hash, &part, 1);
	return fw_pin_try(&pin, &s, &rng, hash, device);
}

static void
test_right_and_wrong(void **state)
{
	(void)state;
	assert_int_equal(try("1234"), FW_CTAP_PIN_NOT_SET);
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_int_equal(try("1235"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pin.tries, 7);
	assert_int_equal(try("12345"), FW_CTAP_PIN_INVALID);
	assert_int_equal(pin.tries, 6);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_int_equal(pin.tries, 8);
	boot();
	assert_int_equal(try("1234"), FW_CTAP_OK);
}

static void
test_three_in_a_row_then_eight(void **state)
{
	static const enum fw_status want[] = {FW_CTAP_PIN_INVALID,
	    FW_CTAP_PIN_INVALID, FW_CTAP_PIN_AUTH_BLOCKED,
	    FW_CTAP_PIN_AUTH_BLOCKED};
	size_t i, cycle;

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	for (cycle = 0; cycle < 2; cycle++) {
		for (i = 0; i < 4; i++)
			assert_int_equal(try("0000"), want[i]);
		/* Even the right one is not looked at now. */
		assert_int_equal(try("1234"), FW_CTAP_PIN_AUTH_BLOCKED);
		assert_int_equal(pin.tries, 8 - 3 * (cycle + 1));
		boot();
	}
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(try("0000"), FW_CTAP_PIN_BLOCKED);
	boot();
	assert_int_equal(try("1234"), FW_CTAP_PIN_BLOCKED);
	assert_int_equal(pin.tries, 0);
}

static void
test_policy(void **state)
{
	uint8_t padded[FW_PIN_PADDED_LEN];

	(void)state;
	assert_int_equal(set(""), FW_CTAP_PIN_POLICY_VIOLATION);
	assert_int_equal(set("123"), FW_CTAP_PIN_POLICY_VIOLATION);
	/* Three characters of two bytes are three. */
	assert_int_equal(set("\xc3\xa4\xc3\xb6\xc3\xbc"),
	    FW_CTAP_PIN_POLICY_VIOLATION);
	assert_false(pin.is_set);
	assert_int_equal(set("\xc3\xa4\xc3\xb6\xc3\xbcx"), FW_CTAP_OK);
	assert_int_equal(pin.length, 4);
	memset(padded, 'x', sizeof(padded));
	assert_int_equal(fw_pin_set(&pin, &s, &rng, padded, device),
	    FW_CTAP_PIN_POLICY_VIOLATION);
	padded[63] = 0;
	assert_int_equal(fw_pin_set(&pin, &s, &rng, padded, device),
	    FW_CTAP_OK);
	boot();
	assert_int_equal(pin.length, 63);
}

/* Neither the PIN nor its plain hash nor the secret is in the flash. */
static void
test_nothing_plain_in_flash(void **state)
{
	struct tsw_slice part = {(const uint8_t *)"84029374", 8};
	uint8_t hash[32];
	size_t i;

	(void)state;
	assert_int_equal(set("84029374"), FW_CTAP_OK);
	tsw_sha256(hash, &part, 1);
	for (i = 0; i + 16 < sizeof(memboard.flash); i++) {
		assert_memory_not_equal(memboard.flash + i, "84029374", 8);
		assert_memory_not_equal(memboard.flash + i, hash, 16);
		assert_memory_not_equal(memboard.flash + i, pin.secret_identity,
		    16);
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
	assert_int_equal(set("84029374"), FW_CTAP_OK);
	assert_int_equal(fw_store_get(&s, value, sizeof(value), FW_STORE_PIN),
	    sizeof(value));
	assert_int_equal(value[0], 1);
	assert_int_equal(value[1], 8);
	memcpy(salt, value + 2, 16);
	tsw_hmac_sha256(salt + 16, (struct tsw_slice){device, sizeof(device)},
	    part, 1);
	tsw_sha256(hash, part + 1, 1);
	fw_pbkdf2_sha256(kek, (struct tsw_slice){hash, 16},
	    (struct tsw_slice){salt, 48}, FW_PIN_ROUNDS);
	part[4].p = value + 50;
	tsw_hmac_sha256(want, (struct tsw_slice){kek, 32}, part + 3, 2);
	assert_memory_equal(value + 18, want, 32);
	tsw_hmac_sha256(want, (struct tsw_slice){kek, 32}, part + 2, 1);
	for (i = 0; i < 32; i++)
		want[i] ^= value[50 + i];
	assert_memory_equal(pin.secret_identity, want, 32);
	assert_int_equal(fw_store_get(&s, value, 1, FW_STORE_TRIES), 1);
	assert_int_equal(value[0], FW_PIN_TRIES);
}

/* A wrong PIN is as much work as a right one. */
static void
test_same_work(void **state)
{
	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	rounds = 0;
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(rounds, FW_PIN_ROUNDS);
	rounds = 0;
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_int_equal(rounds, FW_PIN_ROUNDS);
}

/* The identity secret: drawn once, opened by the PIN, kept by a change. */
static void
test_identity_secret(void **state)
{
	static const uint8_t zero[FW_IDENTITY_SECRET_LEN];
	uint8_t first[FW_IDENTITY_SECRET_LEN], salt[FW_PIN_SALT_LEN];

	(void)state;
	assert_false(fw_pin_is_unlocked(&pin));
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_true(fw_pin_is_unlocked(&pin));
	memcpy(first, pin.secret_identity, sizeof(first));
	memcpy(salt, pin.salt, sizeof(salt));
	assert_memory_not_equal(first, zero, sizeof(first));
	boot();
	assert_false(fw_pin_is_unlocked(&pin));
	assert_memory_equal(pin.secret_identity, zero, sizeof(first));
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_false(fw_pin_is_unlocked(&pin));
	assert_memory_equal(pin.secret_identity, zero, sizeof(first));
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_true(fw_pin_is_unlocked(&pin));
	assert_memory_equal(pin.secret_identity, first, sizeof(first));
	/* A wrong one does not close it. */
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_true(fw_pin_is_unlocked(&pin));
	assert_memory_equal(pin.secret_identity, first, sizeof(first));
	assert_int_equal(set("567890"), FW_CTAP_OK);
	assert_memory_equal(pin.secret_identity, first, sizeof(first));
	assert_memory_not_equal(pin.salt, salt, sizeof(salt));
	boot();
	assert_int_equal(try("1234"), FW_CTAP_PIN_INVALID);
	assert_int_equal(try("567890"), FW_CTAP_OK);
	assert_memory_equal(pin.secret_identity, first, sizeof(first));
	/* Another token has another one. */
	assert_int_equal(fw_store_del(&s, FW_STORE_PIN), FW_OK);
	assert_int_equal(fw_store_del(&s, FW_STORE_TRIES), FW_OK);
	boot();
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_memory_not_equal(pin.secret_identity, first, sizeof(first));
}

static void do_set(void *arg);

/* A new PIN over one that was not given would lose the secret. */
static void
test_set_while_locked_is_a_bug(void **state)
{
	char text[] = "567890";

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	boot();
	assert_int_equal(memboard_run(do_set, text, 0, MEMBOARD_CUT_ALL),
	    MEMBOARD_HALTED);
	assert_int_equal(memboard.fault, HAL_FAULT_BUG);
	boot();
	assert_int_equal(try("1234"), FW_CTAP_OK);
}

/* The record of the version before, for the PIN 1234. */
static void
put_old(uint8_t tries)
{
	struct tsw_slice text = {(const uint8_t *)"1234", 4}, part[2];
	uint8_t value[34] = {tries, 4}, hash[32];

	tsw_sha256(hash, &text, 1);
	part[0] = (struct tsw_slice){(const uint8_t *)"pin ", 4};
	part[1] = (struct tsw_slice){hash, 16};
	tsw_hmac_sha256(value + 2, (struct tsw_slice){device, sizeof(device)},
	    part, 2);
	assert_int_equal(fw_store_put(&s, FW_STORE_PIN, value, sizeof(value)),
	    FW_OK);
}

static void
test_old_record(void **state)
{
	uint8_t value[100], first[FW_IDENTITY_SECRET_LEN];

	(void)state;
	put_old(5);
	boot();
	assert_true(pin.is_set);
	assert_int_equal(pin.tries, 5);
	assert_int_equal(pin.length, 4);
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	boot();
	assert_int_equal(pin.tries, 3); /* not the 5 that are still there */
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_false(fw_pin_is_unlocked(&pin));
	assert_int_equal(fw_store_get(&s, value, sizeof(value), FW_STORE_PIN),
	    34);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_true(fw_pin_is_unlocked(&pin));
	memcpy(first, pin.secret_identity, sizeof(first));
	assert_int_equal(fw_store_get(&s, value, sizeof(value), FW_STORE_PIN),
	    82);
	/* At once the new record counts, and after a boot too. */
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_memory_equal(pin.secret_identity, first, sizeof(first));
	boot();
	assert_int_equal(pin.tries, FW_PIN_TRIES);
	assert_int_equal(pin.length, 4);
	assert_int_equal(try("1234"), FW_CTAP_OK);
	assert_memory_equal(pin.secret_identity, first, sizeof(first));
}

static void
test_old_record_blocks(void **state)
{
	(void)state;
	put_old(1);
	boot();
	assert_int_equal(try("0000"), FW_CTAP_PIN_BLOCKED);
	boot();
	assert_int_equal(try("1234"), FW_CTAP_PIN_BLOCKED);
	assert_int_equal(pin.tries, 0);
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
		boot();
		value[0] = c[i].format;
		tries[0] = c[i].tries;
		if (c[i].len > 0)
			assert_int_equal(fw_store_put(&s, FW_STORE_PIN, value,
					     (size_t)c[i].len),
			    FW_OK);
		if (c[i].tries_len > 0)
			assert_int_equal(fw_store_put(&s, FW_STORE_TRIES, tries,
					     (size_t)c[i].tries_len),
			    FW_OK);
		assert_int_equal(fw_pin_load(&pin, &s), c[i].want);
		assert_int_equal(pin.is_set, c[i].want == FW_OK);
		assert_false(fw_pin_is_unlocked(&pin));
	}
}

/* Changes cut at every flash operation; the count of tries is the point. */
static uint8_t start[MEMBOARD_FLASH_LEN];

static void
do_set(void *arg)
{
	(void)set(arg);
}

/* What changePIN does. */
static void
do_change(void *arg)
{
	(void)try("1234");
	(void)set(arg);
}

static void
do_try(void *arg)
{
	(void)try(arg);
}

/* False once the change ended before operation n. */
static bool
run_cut(void (*change)(void *), char *arg, long n, int cut)
{
	enum memboard_end end;

	memcpy(memboard.flash, start, sizeof(start));
	memset(memboard.weak, 0, sizeof(memboard.weak));
	boot();
	end = memboard_run(change, arg, n, (enum memboard_cut)cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	boot();
	return end == MEMBOARD_POWER_CUT;
}

static char wrong[] = "0000", right[] = "1234", longer[] = "567890";

/*
 * A wrong PIN.  Once the first write is whole the try is gone for good; and
 * whatever the cut, tries never come back.
 */
static void
test_cut_wrong_pin(void **state)
{
	int cut;
	long n;

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, wrong, n, cut); n++)
			assert_true(pin.tries == 7 || pin.tries == 6);
	assert_int_equal(pin.tries, 6);
}

/* A right PIN: cut between the two writes costs a try, never gains one. */
static void
test_cut_right_pin(void **state)
{
	bool cost = false;
	int cut;
	long n;

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	assert_int_equal(try("0000"), FW_CTAP_PIN_INVALID);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, right, n, cut); n++) {
			assert_true(
			    pin.tries == 7 || pin.tries == 6 || pin.tries == 8);
			cost = cost || pin.tries == 6;
		}
	assert_true(cost); /* taken before the PIN was looked at */
	assert_int_equal(pin.tries, 8);
}

/* Set and change: the old PIN or the new one, with all its tries. */
static void
test_cut_set(void **state)
{
	int cut, first;
	long n;

	(void)state;
	for (first = 0; first < 2; first++) {
		memboard_reset();
		boot();
		if (first == 1)
			assert_int_equal(set("1234"), FW_CTAP_OK);
		memcpy(start, memboard.flash, sizeof(start));
		for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
			for (n = 1; run_cut(first == 0 ? do_set : do_change,
				 longer, n, cut);
			     n++) {
				if (!pin.is_set)
					assert_int_equal(first, 0);
				else if (pin.length == 6)
					assert_int_equal(try("567890"),
					    FW_CTAP_OK);
				else
					assert_int_equal(try("1234"),
					    FW_CTAP_OK);
			}
		assert_int_equal(pin.length, 6);
	}
}

/* A right PIN on an old record: it is replaced, or it is not. */
static void
test_cut_old_record(void **state)
{
	uint8_t first[FW_IDENTITY_SECRET_LEN];
	bool cost = false;
	int cut;
	long n;

	(void)state;
	put_old(5);
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_try, right, n, cut); n++) {
			cost = cost || pin.tries == 4;
			assert_true(pin.tries == (pin.is_old ? 5 : 8) ||
			    (pin.is_old && pin.tries == 4));
			assert_int_equal(try("1234"), FW_CTAP_OK);
			memcpy(first, pin.secret_identity, sizeof(first));
			boot();
			assert_int_equal(try("1234"), FW_CTAP_OK);
			assert_memory_equal(pin.secret_identity, first,
			    sizeof(first));
		}
	assert_true(cost);
	assert_false(pin.is_old);
}

/* Whichever PIN holds after a cut, it opens the same secret. */
static void
test_cut_change_keeps_secret(void **state)
{
	uint8_t first[FW_IDENTITY_SECRET_LEN];
	int cut, seen = 0;
	long n;

	(void)state;
	assert_int_equal(set("1234"), FW_CTAP_OK);
	memcpy(first, pin.secret_identity, sizeof(first));
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(do_change, longer, n, cut); n++) {
			seen |= pin.length == 4 ? 1 : 2;
			assert_int_equal(try(pin.length == 4 ? right : longer),
			    FW_CTAP_OK);
			assert_memory_equal(pin.secret_identity, first,
			    sizeof(first));
		}
	assert_int_equal(seen, 3);
}

/*
 * Guess with the power cut at the same operation of every try, so that no
 * answer is ever lost to the guesser but the one that was cut.  The log is
 * nearly full, so compaction is cut as well.  Nobody gets a ninth answer.
 */
static void
test_guessing_with_cuts(void **state)
{
	enum memboard_end end;
	long n, answers, tries;

	(void)state;
	for (n = 1; n < 40; n++) {
		memboard_reset();
		boot();
		assert_int_equal(set("1234"), FW_CTAP_OK);
		while (s.end + 300 < s.page_len)
			assert_int_equal(fw_store_put(&s, FW_STORE_COUNTER,
					     device, 4),
			    FW_OK);
		answers = 0;
		for (tries = 0; tries < 20; tries++) {
			end = memboard_run(do_try, wrong, n, MEMBOARD_CUT_ALL);
			answers += end == MEMBOARD_DONE &&
			    fw_pin_may_try(&pin) != FW_CTAP_PIN_BLOCKED;
			boot();
		}
		assert_true(answers < 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_right_and_wrong, setup),
	    cmocka_unit_test_setup(test_three_in_a_row_then_eight, setup),
	    cmocka_unit_test_setup(test_policy, setup),
	    cmocka_unit_test_setup(test_nothing_plain_in_flash, setup),
	    cmocka_unit_test_setup(test_record, setup),
	    cmocka_unit_test_setup(test_same_work, setup),
	    cmocka_unit_test_setup(test_identity_secret, setup),
	    cmocka_unit_test_setup(test_set_while_locked_is_a_bug, setup),
	    cmocka_unit_test_setup(test_old_record, setup),
	    cmocka_unit_test_setup(test_old_record_blocks, setup),
	    cmocka_unit_test_setup(test_strange_records, setup),
	    cmocka_unit_test_setup(test_cut_wrong_pin, setup),
	    cmocka_unit_test_setup(test_cut_right_pin, setup),
	    cmocka_unit_test_setup(test_cut_set, setup),
	    cmocka_unit_test_setup(test_cut_old_record, setup),
	    cmocka_unit_test_setup(test_cut_change_keeps_secret, setup),
	    cmocka_unit_test_setup(test_guessing_with_cuts, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
