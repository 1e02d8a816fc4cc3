/* SPDX-License-Identifier: BSD-2-Clause */
/* CTAP2 commands: policies, limits, power cuts.  What python-fido2 can see is
 * tested in tests/conformance; here is what needs a look inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "ctapclient.h"
#include "memboard.h"

static struct fw_ctap2 c;
static struct ctapclient t;

static void
boot(void)
{
	fw_ctap2_init(&c, memboard.millis, FW_PROFILE_FULL);
	ctapclient_init(&t, &c);
}

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	boot();
	return 0;
}

static void
later(uint64_t ms)
{
	memboard.millis += ms;
	fw_ctap2_tick(&c, memboard.millis);
}

static const struct ctapclient_cmd rk_a = {.rp = "a.example",
    .user = "alice",
    .rk = true};
static const struct ctapclient_cmd login_a = {.rp = "a.example"};

static void
make(uint8_t id[FW_CRED_ID_LEN], const struct ctapclient_cmd *cmd)
{
	assert_int_equal(ctapclient_make(&t, id, cmd), FW_CTAP_OK);
	assert_true(t.waited);
}

static void
test_ids_cannot_be_forged(void **state)
{
	struct ctapclient_cmd cmd = {.rp = "a.example", .user = "u"};
	uint8_t id[FW_CRED_ID_LEN];
	size_t i;

	(void)state;
	make(id, &cmd);
	cmd.list_id = (struct tsw_slice){id, sizeof(id)};
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_OK);
	for (i = 0; i < sizeof(id); i++) {
		id[i] ^= 1;
		assert_int_equal(ctapclient_assert(&t, &cmd),
		    FW_CTAP_NO_CREDENTIALS);
		id[i] ^= 1;
	}
	cmd.list_id.len--;
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_NO_CREDENTIALS);
	cmd.list_id.len++;
	cmd.rp = "b.example";
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_NO_CREDENTIALS);
}

/* A discoverable credential that was replaced is gone, by id as well. */
static void
test_replaced_credential_is_gone(void **state)
{
	uint8_t first[FW_CRED_ID_LEN], second[FW_CRED_ID_LEN];
	struct ctapclient_cmd cmd = login_a;

	(void)state;
	make(first, &rk_a);
	make(second, &rk_a);
	cmd.list_id = (struct tsw_slice){first, sizeof(first)};
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_NO_CREDENTIALS);
	cmd.list_id.p = second;
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_OK);
	assert_int_equal(fw_record_free_cnt(&c.store), FW_STORE_CRED_CNT - 1);
}

/* The advertised number fits, at full length; one more is refused. */
static void
test_as_many_as_promised(void **state)
{
	char user[FW_USER_ID_MAX + 1];
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN], flags;
	uint32_t counter, last = 0;
	int i;

	(void)state;
	cmd.rp = "a-relying-party-with-a-name-that-is-longer-than-what-a-"
		 "listing-keeps.example";
	cmd.user = user;
	for (i = 0; i <= FW_STORE_CRED_CNT; i++) {
		(void)snprintf(user, sizeof(user), "%064d", i);
		assert_int_equal(ctapclient_make(&t, id, &cmd),
		    i < FW_STORE_CRED_CNT ? FW_CTAP_OK
					  : FW_CTAP_KEY_STORE_FULL);
	}
	(void)snprintf(user, sizeof(user), "%064d", 5);
	make(id, &cmd); /* replacing still works */
	boot();
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_OK);
	for (i = 1; i < FW_STORE_CRED_CNT; i++) {
		ctapclient_assertion(&t, id, &flags, &counter);
		assert_true(counter > last);
		last = counter;
		assert_int_equal(ctapclient_plain(&t,
				     FW_CTAP2_GET_NEXT_ASSERTION),
		    FW_CTAP_OK);
	}
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_NOT_ALLOWED);
}

/* The series belongs to its channel, ends in 30 s and with other commands. */
static void
test_next_assertion_bounds(void **state)
{
	struct ctapclient_cmd bob = rk_a;
	uint8_t id[FW_CRED_ID_LEN];

	(void)state;
	bob.user = "bob";
	make(id, &rk_a);
	make(id, &bob);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_NOT_ALLOWED);
	assert_int_equal(ctapclient_assert(&t, &login_a), FW_CTAP_OK);
	t.cid = 2;
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_NOT_ALLOWED);
	t.cid = 1;
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_OK);
	assert_int_equal(ctapclient_assert(&t, &login_a), FW_CTAP_OK);
	later(FW_CTAP2_NEXT_MS);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_NOT_ALLOWED);
	assert_int_equal(ctapclient_assert(&t, &login_a), FW_CTAP_OK);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_INFO), FW_CTAP_OK);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_NOT_ALLOWED);
}

/* Section 6.1.2 step 12: after the wait for a touch, however that ends. */
static void
test_excluded_is_told_after_the_wait(void **state)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN], other[FW_CRED_ID_LEN];

	(void)state;
	make(id, &rk_a);
	cmd.list_id = (struct tsw_slice){id, sizeof(id)};
	t.touch = FW_TOUCH_TIMEOUT;
	assert_int_equal(ctapclient_make(&t, other, &cmd),
	    FW_CTAP_CREDENTIAL_EXCLUDED);
	assert_true(t.waited);
	t.touch = FW_TOUCH_CANCELLED;
	assert_int_equal(ctapclient_make(&t, other, &cmd),
	    FW_CTAP_KEEPALIVE_CANCEL);
}

/* No path makes or uses a credential without a touch, but up:false, which
 * says so in its flags. */
static void
test_touch_is_never_skipped(void **state)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN], other[FW_CRED_ID_LEN], flags;
	uint32_t counter;

	(void)state;
	make(id, &rk_a);
	t.touch = FW_TOUCH_TIMEOUT;
	assert_int_equal(ctapclient_make(&t, other, &rk_a),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	assert_int_equal(ctapclient_assert(&t, &login_a),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	t.touch = FW_TOUCH_CANCELLED;
	assert_int_equal(ctapclient_make(&t, other, &rk_a),
	    FW_CTAP_KEEPALIVE_CANCEL);
	/* A hit in the exclude list needs one to be told. */
	cmd.list_id = (struct tsw_slice){id, sizeof(id)};
	assert_int_equal(ctapclient_make(&t, other, &cmd),
	    FW_CTAP_KEEPALIVE_CANCEL);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_RESET),
	    FW_CTAP_KEEPALIVE_CANCEL);
	cmd = login_a;
	cmd.no_up = true;
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_OK);
	assert_false(t.waited);
	ctapclient_assertion(&t, other, &flags, &counter);
	assert_int_equal(flags & (FW_PERM_MC | 0x04), 0);
	assert_memory_equal(id, other, sizeof(id));
}

static void
test_reset(void **state)
{
	uint8_t id[FW_CRED_ID_LEN];
	struct ctapclient_cmd cmd = {.rp = "a.example", .user = "u"};
	uint32_t counter;

	(void)state;
	make(id, &rk_a);
	make(id, &cmd); /* not discoverable */
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	counter = c.counter;
	later(FW_CTAP2_RESET_WINDOW_MS + 1);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_RESET),
	    FW_CTAP_NOT_ALLOWED);
	boot();
	later(FW_CTAP2_RESET_WINDOW_MS);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_RESET), FW_CTAP_OK);
	assert_true(t.waited);
	assert_false(c.pin.is_set);
	assert_int_equal(fw_record_free_cnt(&c.store), FW_STORE_CRED_CNT);
	cmd.list_id = (struct tsw_slice){id, sizeof(id)};
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_NO_CREDENTIALS);
	/* A counter that began anew would look like a clone. */
	assert_int_equal(c.counter, counter);
	boot();
	assert_int_equal(c.counter, counter);
	assert_false(c.pin.is_set);
}

static void
test_bad_commands(void **state)
{
	static const uint8_t reset_and_more[] = {FW_CTAP2_RESET, 0xa0};

	(void)state;
	assert_int_equal(ctapclient_send(&t, reset_and_more, 0),
	    FW_CTAP_INVALID_LENGTH);
	assert_int_equal(ctapclient_send(&t, reset_and_more, 2),
	    FW_CTAP_INVALID_LENGTH);
	assert_int_equal(ctapclient_plain(&t, 0x40), FW_CTAP_INVALID_COMMAND);
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_SELECTION), FW_CTAP_OK);
	assert_true(t.waited);
}

/* Making a credential and resetting, cut at every flash operation. */
static uint8_t start[MEMBOARD_FLASH_LEN];

static bool
run_cut(void (*command)(void *), long n, int cut)
{
	enum memboard_end end;

	memcpy(memboard.flash, start, sizeof(start));
	memset(memboard.weak, 0, sizeof(memboard.weak));
	boot();
	end = memboard_run(command, NULL, n, (enum memboard_cut)cut);
	assert_int_not_equal(end, MEMBOARD_HALTED);
	boot();
	return end == MEMBOARD_POWER_CUT;
}

static void
command_make(void *arg)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN];

	(void)arg;
	cmd.user = "bob";
	assert_int_equal(ctapclient_make(&t, id, &cmd), FW_CTAP_OK);
}

static void
command_reset(void *arg)
{
	(void)arg;
	assert_int_equal(ctapclient_plain(&t, FW_CTAP2_RESET), FW_CTAP_OK);
}

/* The counter of an assertion, if the power lasts. */
static void
command_assert(void *counter)
{
	uint8_t id[FW_CRED_ID_LEN], flags;

	assert_int_equal(ctapclient_assert(&t, &login_a), FW_CTAP_OK);
	ctapclient_assertion(&t, id, &flags, counter);
}

static void
test_cut_make(void **state)
{
	uint8_t id[FW_CRED_ID_LEN];
	unsigned int left;
	uint32_t counter;
	int cut;
	long n;

	(void)state;
	make(id, &rk_a);
	counter = c.counter;
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(command_make, n, cut); n++) {
			left = fw_record_free_cnt(&c.store);
			assert_true(left == FW_STORE_CRED_CNT - 1 ||
			    left == FW_STORE_CRED_CNT - 2);
			assert_true(c.counter >= counter);
			assert_int_equal(ctapclient_assert(&t, &login_a),
			    FW_CTAP_OK);
		}
	assert_int_equal(fw_record_free_cnt(&c.store), FW_STORE_CRED_CNT - 2);
}

/* Everything is there, or nothing is and the keys are others. */
static void
test_cut_reset(void **state)
{
	uint8_t id[FW_CRED_ID_LEN], secret[FW_DEVICE_SECRET_LEN];
	bool all, none;
	uint32_t counter;
	int cut;
	long n;

	(void)state;
	make(id, &rk_a);
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	counter = c.counter;
	memcpy(secret, c.secret_device, sizeof(secret));
	memcpy(start, memboard.flash, sizeof(start));
	for (cut = 0; cut <= MEMBOARD_CUT_ALL; cut++)
		for (n = 1; run_cut(command_reset, n, cut); n++) {
			all = c.pin.is_set &&
			    fw_record_free_cnt(&c.store) ==
				FW_STORE_CRED_CNT - 1 &&
			    memcmp(secret, c.secret_device, 32) == 0;
			none = !c.pin.is_set &&
			    fw_record_free_cnt(&c.store) == FW_STORE_CRED_CNT &&
			    memcmp(secret, c.secret_device, 32) != 0;
			assert_true(all != none);
			assert_int_equal(c.counter, counter);
		}
	assert_false(c.pin.is_set);
}

/* The counter never goes back, whenever the power goes. */
static void
test_cut_counter(void **state)
{
	uint8_t id[FW_CRED_ID_LEN];
	uint32_t counter, last = 0;
	long n;

	(void)state;
	make(id, &rk_a);
	for (n = 1; n < 60; n++) {
		if (memboard_run(command_assert, &counter, n % 12 + 1,
			(enum memboard_cut)(n % 3)) == MEMBOARD_DONE) {
			assert_true(counter > last);
			last = counter;
		}
		boot();
		assert_true(c.counter >= last);
	}
	assert_true(last > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_ids_cannot_be_forged, setup),
	    cmocka_unit_test_setup(test_replaced_credential_is_gone, setup),
	    cmocka_unit_test_setup(test_as_many_as_promised, setup),
	    cmocka_unit_test_setup(test_next_assertion_bounds, setup),
	    cmocka_unit_test_setup(test_excluded_is_told_after_the_wait, setup),
	    cmocka_unit_test_setup(test_touch_is_never_skipped, setup),
	    cmocka_unit_test_setup(test_reset, setup),
	    cmocka_unit_test_setup(test_bad_commands, setup),
	    cmocka_unit_test_setup(test_cut_make, setup),
	    cmocka_unit_test_setup(test_cut_reset, setup),
	    cmocka_unit_test_setup(test_cut_counter, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
