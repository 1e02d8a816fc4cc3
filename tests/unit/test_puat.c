/* SPDX-License-Identifier: BSD-2-Clause */
/* The pinUvAuthToken: when it works and when it has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "memboard.h"
#include "puat.h"

#define START 5000

static const uint8_t rp_a[FW_RP_HASH_LEN] = {1};
static const uint8_t rp_b[FW_RP_HASH_LEN] = {2};
static struct fw_rng rng;
static struct fw_puat t;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	assert_int_equal(fw_rng_init(&rng, NULL), FW_OK);
	fw_puat_begin(&t, &rng, FW_PINPROTO_TWO, START);
	t.permissions = FW_PERM_MC | FW_PERM_GA;
	return 0;
}

/* A right MAC over "msg", cut or grown to len bytes. */
static bool
verify(enum fw_pinproto proto, size_t len)
{
	struct tsw_slice part = {(const uint8_t *)"msg", 3};
	uint8_t mac[40] = {0};

	tsw_hmac_sha256(mac, (struct tsw_slice){t.secret_token, 32}, &part, 1);
	return fw_puat_verify(&t, proto, (struct tsw_slice){mac, len}, &part,
	    1);
}

static void
test_verify(void **state)
{
	struct tsw_slice other = {(const uint8_t *)"msh", 3};
	uint8_t mac[32];

	(void)state;
	assert_true(verify(FW_PINPROTO_TWO, 32));
	/* Other lengths and the other protocol never do. */
	assert_false(verify(FW_PINPROTO_TWO, 16));
	assert_false(verify(FW_PINPROTO_TWO, 31));
	assert_false(verify(FW_PINPROTO_TWO, 33));
	assert_false(verify(FW_PINPROTO_TWO, 0));
	assert_false(verify(FW_PINPROTO_ONE, 16));
	tsw_hmac_sha256(mac, (struct tsw_slice){t.secret_token, 32}, &other, 1);
	other.p = (const uint8_t *)"msg";
	assert_false(fw_puat_verify(&t, FW_PINPROTO_TWO,
	    (struct tsw_slice){mac, 32}, &other, 1));
	fw_puat_begin(&t, &rng, FW_PINPROTO_ONE, START);
	assert_true(verify(FW_PINPROTO_ONE, 16));
	assert_false(verify(FW_PINPROTO_ONE, 32));
	assert_false(verify(FW_PINPROTO_ONE, 15));
}

static void
test_permissions_and_binding(void **state)
{
	(void)state;
	t.permissions = FW_PERM_GA;
	assert_false(fw_puat_allows(&t, FW_PERM_MC, rp_a));
	assert_false(t.rp_bound);
	assert_true(fw_puat_allows(&t, FW_PERM_GA, rp_a)); /* binds */
	assert_false(fw_puat_allows(&t, FW_PERM_GA, rp_b));
	assert_true(fw_puat_allows(&t, FW_PERM_GA, rp_a));
	fw_puat_spend(&t);
	assert_false(fw_puat_allows(&t, FW_PERM_GA, rp_a));
}

static void
test_ends_unused_after_30_s(void **state)
{
	(void)state;
	fw_puat_tick(&t, START + FW_PUAT_FIRST_USE_MS - 1);
	assert_true(t.in_use);
	fw_puat_tick(&t, START + FW_PUAT_FIRST_USE_MS);
	assert_false(verify(FW_PINPROTO_TWO, 32));
}

static void
test_ends_after_10_minutes(void **state)
{
	(void)state;
	assert_true(verify(FW_PINPROTO_TWO, 32));
	fw_puat_tick(&t, START + FW_PUAT_LIFE_MS - 1);
	assert_true(verify(FW_PINPROTO_TWO, 32));
	fw_puat_tick(&t, START + FW_PUAT_LIFE_MS);
	assert_false(verify(FW_PINPROTO_TWO, 32));
}

static void
test_stop_forgets_the_secret(void **state)
{
	static const uint8_t zero[FW_PINPROTO_TOKEN_LEN];

	(void)state;
	fw_puat_stop(&t);
	assert_memory_equal(t.secret_token, zero, sizeof(zero));
	assert_false(verify(FW_PINPROTO_TWO, 32)); /* not with zeros either */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_verify, setup),
	    cmocka_unit_test_setup(test_permissions_and_binding, setup),
	    cmocka_unit_test_setup(test_ends_unused_after_30_s, setup),
	    cmocka_unit_test_setup(test_ends_after_10_minutes, setup),
	    cmocka_unit_test_setup(test_stop_forgets_the_secret, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
