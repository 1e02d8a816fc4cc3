/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIV with the power cut at every flash operation of a command: before or
 * after, never between; and no cut gives a try back.
 */
#include "pivrig.h"

#include <string.h>

static uint8_t flash[MEMBOARD_FLASH_LEN];
static uint8_t start[MEMBOARD_FLASH_LEN];
static uint8_t content[FW_PIV_OBJECT_MAX], other[FW_PIV_OBJECT_MAX];
static unsigned int cuts;

#define LONG 3 /* stride of what takes many operations */

struct scene {
	int stride; /* operations from a cut to the next; they begin at others
		       for other ways to cut */
	void (*arm)(void); /* after each power-up, before the knife; or NULL */
	unsigned int (*act)(void);
	/* Which state it is: 0 before, 1 after, -1 neither. */
	int (*state)(void);
};

static const struct scene *scene;
static unsigned int status;

static void
act(void *arg)
{
	(void)arg;
	status = scene->act();
}

static void
plug(void *arg)
{
	(void)arg;
	pivrig_plug();
}

/* As it was before the scene, with power. */
static void
restart(uint64_t seed)
{
	memcpy(memboard.flash, flash, sizeof(flash));
	memcpy(memboard.second, start, sizeof(start));
	memset(memboard.weak, 0, sizeof(memboard.weak));
	memset(memboard.begun, 0, sizeof(memboard.begun));
	memboard.cut_seed = seed;
	pivrig_plug();
	if (scene->arm != NULL)
		scene->arm();
}

/* Power comes back, and some of the time goes again at once. */
static void
power_up(long n)
{
	if (n % 3 == 0)
		(void)memboard_run(plug, NULL, 1 + n % 7, MEMBOARD_CUT_PART);
	assert_int_equal(memboard_run(plug, NULL, 0, MEMBOARD_CUT_NOTHING),
	    MEMBOARD_DONE);
	assert_int_equal(pivrig_hex(FW_PIV_INS_VERIFY, 0xff, 0x80, ""),
	    FW_SW_OK); /* the store is whole */
}

/* A cut; true if the command was over before operation n. */
static bool
cut_once(long n, enum memboard_cut cut, bool *was_after)
{
	enum memboard_end end;
	int state;

	restart((uint64_t)n * 31 + (uint64_t)cut);
	end = memboard_run(act, NULL, n, cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	cuts++;
	power_up(n);
	state = scene->state();
	assert_in_range(state, 0, 1);
	if (end == MEMBOARD_DONE) {
		assert_int_equal(status, FW_SW_OK);
		assert_int_equal(state, 1);
	}
	*was_after = state == 1;
	return end == MEMBOARD_DONE;
}

static void
run(const struct scene *s)
{
	unsigned int before = cuts;
	bool after, some_before = false, some_after = false;
	int cut;
	long n;

	scene = s;
	memcpy(flash, memboard.flash, sizeof(flash));
	memcpy(start, memboard.second, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1 + cut % s->stride;
		     !cut_once(n, (enum memboard_cut)cut, &after);
		     n += s->stride) {
			some_before |= !after;
			some_after |= after;
		}
	assert_true(some_before);
	assert_true(some_after); /* by a cut after the last unit */
	assert_true(cuts > before + 20);
}

static bool
content_is(const char *object, const uint8_t *p, size_t len)
{
	struct tsw_slice value;

	return pivrig_get(object) == FW_SW_OK &&
	    fw_tlv_only(&value, (struct tsw_slice){pivrig.rsp, pivrig.len},
		0x53) &&
	    value.len == len && memcmp(value.p, p, len) == 0;
}

static int
setup(void **state)
{
	memset(content, 0xc5, sizeof(content));
	memset(other, 0x3a, sizeof(other));
	return pivrig_setup(state);
}

/* --- an object --- */

static unsigned int
put_other(void)
{
	return pivrig_put("5fc105", other, 700);
}

static int
object_state(void)
{
	if (content_is("5fc105", content, FW_PIV_OBJECT_MAX))
		return 0;
	return content_is("5fc105", other, 700) ? 1 : -1;
}

static unsigned int
delete_it(void)
{
	return pivrig_put("5fc105", NULL, 0);
}

static int
deleted_state(void)
{
	if (content_is("5fc105", content, FW_PIV_OBJECT_MAX))
		return 0;
	return pivrig_get("5fc105") == FW_SW_FILE_NOT_FOUND ? 1 : -1;
}

static void
test_object(void **state)
{
	static const struct scene put = {1, pivrig_admin, put_other,
	    object_state};
	static const struct scene drop = {1, pivrig_admin, delete_it,
	    deleted_state};

	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_put("5fc105", content, sizeof(content)),
	    FW_SW_OK);
	run(&put);
	memcpy(memboard.second, start, sizeof(start));
	run(&drop);
}

/* --- PIN --- */

static unsigned int
change(void)
{
	return pivrig_change(FW_PIV_PIN, PIVRIG_PIN, "654321");
}

/* The cut may have cost a try, and so may this. */
static int
pin_state(void)
{
	if (pivrig_verify(PIVRIG_PIN) == FW_SW_OK)
		return 0;
	return pivrig_verify("654321") == FW_SW_OK ? 1 : -1;
}

static unsigned int
unblock(void)
{
	return pivrig_unblock(PIVRIG_PUK, "654321");
}

static int
unblocked_state(void)
{
	if (pivrig_verify("654321") == FW_SW_OK)
		return 1;
	return pivrig_verify("654321") == FW_SW_BLOCKED ? 0 : -1;
}

static void
test_pin(void **state)
{
	static const struct scene changing = {1, NULL, change, pin_state};
	static const struct scene unblocking = {1, NULL, unblock,
	    unblocked_state};

	(void)state;
	run(&changing);
	memcpy(memboard.second, start, sizeof(start));
	pivrig_plug();
	while (pivrig_verify("000000") != FW_SW_BLOCKED)
		;
	run(&unblocking);
}

static void
arm_tries(void)
{
	pivrig_admin();
	assert_int_equal(pivrig_verify("654321"), FW_SW_OK);
}

static unsigned int
set_tries(void)
{
	return pivrig_hex(FW_PIV_INS_SET_TRIES, 9, 8, "");
}

static int
tries_state(void)
{
	unsigned int pin = pivrig_tries(FW_PIV_PIN);

	if (pin == 3 && pivrig_tries(FW_PIV_PUK) == 3 &&
	    pivrig_verify("654321") == FW_SW_OK)
		return 0;
	return pin == 9 && pivrig_tries(FW_PIV_PUK) == 8 &&
		pivrig_verify(PIVRIG_PIN) == FW_SW_OK
	    ? 1
	    : -1;
}

static void
test_tries(void **state)
{
	static const struct scene setting = {1, arm_tries, set_tries,
	    tries_state};

	(void)state;
	assert_int_equal(change(), FW_SW_OK);
	run(&setting);
}

/* --- keys --- */

static uint8_t old_key[65];

static unsigned int
generate(void)
{
	return pivrig_generate(0x9a, FW_PIV_P256, FW_PIV_PIN_NEVER, 0);
}

/* Whichever it is, it signs. */
static int
key_state(void)
{
	static const uint8_t hash[32] = {1};

	if (pivrig_use(0x9a, FW_PIV_P256, 0x81, hash, 32) != FW_SW_OK ||
	    pivrig_send(FW_PIV_INS_METADATA, 0, 0x9a, NULL, 0) != FW_SW_OK)
		return -1;
	return memcmp(pivrig.rsp + 14, old_key, 65) != 0;
}

static unsigned int
delete_key(void)
{
	return pivrig_hex(FW_PIV_INS_MOVE, 0xff, 0x9a, "");
}

static int
deleted_key_state(void)
{
	return pivrig_send(FW_PIV_INS_METADATA, 0, 0x9a, NULL, 0) != FW_SW_OK;
}

static void
test_key(void **state)
{
	static const struct scene making = {1, pivrig_admin, generate,
	    key_state};
	static const struct scene dropping = {1, pivrig_admin, delete_key,
	    deleted_key_state};

	(void)state;
	pivrig_admin();
	assert_int_equal(generate(), FW_SW_OK);
	memcpy(old_key, pivrig.rsp + 5, sizeof(old_key));
	run(&making);
	memcpy(memboard.second, start, sizeof(start));
	run(&dropping);
}

static const uint8_t new_key[16] = {5, 5, 5};

static unsigned int
set_admin(void)
{
	return pivrig_hex(FW_PIV_INS_SET_ADMIN, 0xff, 0xff,
	    "089b10 05050500000000000000000000000000");
}

static int
admin_state(void)
{
	uint8_t data[4 + 16] = {0x7c, 18, 0x82, 16};

	if (pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES192, 0x9b,
		"7c028100") == FW_SW_OK) {
		pivrig_admin();
		return 0;
	}
	if (pivrig_hex(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES128, 0x9b,
		"7c028100") != FW_SW_OK)
		return -1;
	pivrig_crypt(data + 4, pivrig.rsp + 4, FW_PIV_AES128, new_key, true);
	return pivrig_send(FW_PIV_INS_AUTHENTICATE, FW_PIV_AES128, 0x9b, data,
		   sizeof(data)) == FW_SW_OK
	    ? 1
	    : -1;
}

static void
test_admin(void **state)
{
	static const struct scene setting = {1, pivrig_admin, set_admin,
	    admin_state};

	(void)state;
	run(&setting);
}

/* A new F9, and the certificate that goes with it. */
static unsigned int
generate_root(void)
{
	return pivrig_generate(0xf9, FW_PIV_P256, 0, 0);
}

static int
root_state(void)
{
	uint8_t key[65];
	size_t i;

	if (pivrig_send(FW_PIV_INS_METADATA, 0, 0xf9, NULL, 0) != FW_SW_OK)
		return -1;
	memcpy(key, pivrig.rsp + 14, sizeof(key));
	if (pivrig_get("5fff01") != FW_SW_OK)
		return -1;
	for (i = 0; i + sizeof(key) < pivrig.len; i++)
		if (memcmp(pivrig.rsp + i, key, sizeof(key)) == 0)
			return memcmp(key, old_key, sizeof(key)) != 0;
	return -1;
}

static void
test_root(void **state)
{
	static const struct scene making = {1, pivrig_admin, generate_root,
	    root_state};

	(void)state;
	assert_int_equal(pivrig_hex(FW_PIV_INS_METADATA, 0, 0xf9, ""),
	    FW_SW_OK);
	memcpy(old_key, pivrig.rsp + 14, sizeof(old_key));
	run(&making);
}

/* --- the beginning and the end --- */

/* All of it, and nothing else; or, with 1, before. */
static int
new_state(void)
{
	if (pivrig_get("5fc105") == FW_SW_OK)
		return 0;
	pivrig_admin();
	if (pivrig_verify(PIVRIG_PIN) != FW_SW_OK ||
	    pivrig_tries(FW_PIV_PIN) != 3 || pivrig_tries(FW_PIV_PUK) != 3 ||
	    pivrig_get("5fc102") != FW_SW_OK ||
	    pivrig_get("5fc107") != FW_SW_OK || root_state() < 0)
		return -1;
	return 1;
}

static unsigned int
reset(void)
{
	return pivrig_hex(FW_PIV_INS_RESET, 0, 0, "");
}

static void
test_reset(void **state)
{
	static const struct scene resetting = {LONG, NULL, reset, new_state};
	int i;

	(void)state;
	pivrig_admin();
	assert_int_equal(pivrig_put("5fc105", content, 100), FW_SW_OK);
	for (i = 0; i < 4; i++) {
		(void)pivrig_verify("000000");
		(void)pivrig_unblock("00000000", "123456");
	}
	run(&resetting);
}

/* First SELECT: whatever is cut, the next one begins anew and ends whole. */
static void
test_first_use(void **state)
{
	int cut;
	long n;

	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1 + cut % LONG;; n += LONG) {
			memboard_reset();
			pivrig_boot();
			memcpy(flash, memboard.flash, sizeof(flash));
			memboard.cut_seed = (uint64_t)n;
			if (memboard_run(plug, NULL, n,
				(enum memboard_cut)cut) == MEMBOARD_DONE)
				break;
			power_up(n);
			assert_int_equal(new_state(), 1);
			pivrig_plug();
			assert_int_equal(new_state(), 1);
		}
	(void)state;
	assert_true(n > 50);
}

/* --- guessing --- */

static unsigned int answers;

static void
guess_pin(void *arg)
{
	(void)arg;
	answers += pivrig_verify("000000") != FW_SW_BLOCKED;
}

static void
guess_puk(void *arg)
{
	(void)arg;
	answers += pivrig_unblock("00000000", "123456") != FW_SW_BLOCKED;
}

static void
guess_change(void *arg)
{
	(void)arg;
	answers +=
	    pivrig_change(FW_PIV_PIN, "000000", "123456") != FW_SW_BLOCKED;
}

/* The power goes at the same operation of every try, before the answer or after
 * it: nobody gets a fourth one. */
static void
test_guessing(void **state)
{
	static void (*const guess[])(
	    void *) = {guess_pin, guess_puk, guess_change};
	size_t which;
	int cut;
	long n, i;

	(void)state;
	memcpy(flash, memboard.flash, sizeof(flash));
	memcpy(start, memboard.second, sizeof(start));
	for (which = 0; which < 3; which++)
		for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
			for (n = 1; n < 16; n++) {
				memcpy(memboard.second, start, sizeof(start));
				memset(memboard.weak, 0, sizeof(memboard.weak));
				pivrig_plug();
				answers = 0;
				for (i = 0; i < 12; i++) {
					memboard.cut_seed = (uint64_t)i;
					(void)memboard_run(guess[which], NULL,
					    n, (enum memboard_cut)cut);
					(void)memboard_run(plug, NULL, 0,
					    MEMBOARD_CUT_NOTHING);
				}
				assert_true(answers <= 3);
			}
}

/* A wrong PIN: once it was looked at the try is gone, whatever is cut. */
static void
test_wrong_pin(void **state)
{
	unsigned int left;
	int cut;
	long n;

	(void)state;
	memcpy(flash, memboard.flash, sizeof(flash));
	memcpy(start, memboard.second, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1;; n++) {
			memcpy(memboard.second, start, sizeof(start));
			memset(memboard.weak, 0, sizeof(memboard.weak));
			pivrig_plug();
			answers = 0;
			if (memboard_run(guess_pin, NULL, n,
				(enum memboard_cut)cut) == MEMBOARD_DONE)
				break;
			assert_int_equal(answers, 0);
			pivrig_plug();
			left = pivrig_tries(FW_PIV_PIN);
			assert_in_range(left, 2, 3);
		}
	assert_int_equal(pivrig_tries(FW_PIV_PIN), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_object, setup),
	    cmocka_unit_test_setup(test_pin, setup),
	    cmocka_unit_test_setup(test_tries, setup),
	    cmocka_unit_test_setup(test_key, setup),
	    cmocka_unit_test_setup(test_admin, setup),
	    cmocka_unit_test_setup(test_root, setup),
	    cmocka_unit_test_setup(test_reset, setup),
	    cmocka_unit_test_setup(test_first_use, setup),
	    cmocka_unit_test_setup(test_guessing, setup),
	    cmocka_unit_test_setup(test_wrong_pin, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
