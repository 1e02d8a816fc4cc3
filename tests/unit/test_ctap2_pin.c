/* SPDX-License-Identifier: BSD-2-Clause */
/* PIN, tokens and protection levels as the credential commands meet them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static void
make(uint8_t id[FW_CRED_ID_LEN], const struct ctapclient_cmd *cmd)
{
	assert_int_equal(ctapclient_make(&t, id, cmd), FW_CTAP_OK);
	assert_true(t.waited);
}

static void
test_protection(void **state)
{
	static const char *const rp[] = {NULL, "1.ex", "2.ex", "3.ex"};
	struct ctapclient_cmd cmd = {.user = "u", .rk = true};
	uint8_t id[4][FW_CRED_ID_LEN], token[32], other[FW_CRED_ID_LEN];
	unsigned int p;

	(void)state;
	for (p = 1; p <= 3; p++) {
		cmd.rp = rp[p];
		cmd.protect = p;
		make(id[p], &cmd);
	}
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	for (p = 1; p <= 3; p++) {
		memset(&cmd, 0, sizeof(cmd));
		cmd.rp = rp[p];
		assert_int_equal(ctapclient_assert(&t, &cmd),
		    p == 1 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
		cmd.list_id = (struct tsw_slice){id[p], FW_CRED_ID_LEN};
		assert_int_equal(ctapclient_assert(&t, &cmd),
		    p < 3 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
		/* Not even its existence shows without UV. */
		cmd.user = "v";
		assert_int_equal(ctapclient_make(&t, other, &cmd),
		    p < 3 ? FW_CTAP_CREDENTIAL_EXCLUDED : FW_CTAP_OK);
		assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO,
				     "1234", rp[p]),
		    FW_CTAP_OK);
		cmd.token = token;
		cmd.proto = FW_PINPROTO_TWO;
		assert_int_equal(ctapclient_make(&t, other, &cmd),
		    FW_CTAP_CREDENTIAL_EXCLUDED);
		assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO,
				     "1234", rp[p]),
		    FW_CTAP_OK);
		cmd.list_id.len = 0;
		assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_OK);
	}
	cmd.token = NULL;
	cmd.protect = 4;
	assert_int_equal(ctapclient_make(&t, other, &cmd),
	    FW_CTAP_INVALID_OPTION);
}

/* One touch, one command: a token authorises nothing after it. */
static void
test_token_is_spent(void **state)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN], token[32];
	enum fw_pinproto proto;

	(void)state;
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_ONE, "1234"),
	    FW_CTAP_OK);
	assert_int_equal(ctapclient_make(&t, id, &rk_a), FW_CTAP_PUAT_REQUIRED);
	cmd.token = token;
	for (proto = FW_PINPROTO_ONE; proto <= FW_PINPROTO_TWO; proto++) {
		cmd.proto = proto;
		assert_int_equal(ctapclient_token(&t, token, proto, "1234",
				     NULL),
		    FW_CTAP_OK);
		make(id, &cmd);
		assert_int_equal(ctapclient_make(&t, id, &cmd),
		    FW_CTAP_PIN_AUTH_INVALID);
		assert_int_equal(ctapclient_assert(&t, &cmd),
		    FW_CTAP_PIN_AUTH_INVALID);
	}
}

static void
test_token_bounds(void **state)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN], token[32];

	(void)state;
	cmd.token = token;
	cmd.proto = FW_PINPROTO_TWO;
	memset(token, 0, sizeof(token));
	assert_int_equal(ctapclient_make(&t, id, &cmd), FW_CTAP_PIN_NOT_SET);
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	/* Before any token was issued, zeros are no token. */
	assert_int_equal(ctapclient_make(&t, id, &cmd),
	    FW_CTAP_PIN_AUTH_INVALID);
	assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO, "1234",
			     "b.example"),
	    FW_CTAP_OK);
	assert_int_equal(ctapclient_make(&t, id, &cmd),
	    FW_CTAP_PIN_AUTH_INVALID);
	cmd.rp = "b.example";
	cmd.proto = FW_PINPROTO_ONE;
	assert_int_equal(ctapclient_make(&t, id, &cmd),
	    FW_CTAP_PIN_AUTH_INVALID);
	cmd.proto = (enum fw_pinproto)3;
	assert_int_equal(ctapclient_make(&t, id, &cmd),
	    FW_CTAP_INVALID_PARAMETER);
	cmd.proto = FW_PINPROTO_TWO;
	make(id, &cmd);
}

static void
test_token_ends(void **state)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN], token[32], other[32];
	int i;

	(void)state;
	cmd.token = token;
	cmd.proto = FW_PINPROTO_TWO;
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO,
				     "1234", "a.example"),
		    FW_CTAP_OK);
		if (i == 0)
			later(FW_PUAT_FIRST_USE_MS);
		else if (i == 1) /* somebody guesses */
			assert_int_equal(ctapclient_token(&t, other,
					     FW_PINPROTO_TWO, "4321",
					     "a.example"),
			    FW_CTAP_PIN_INVALID);
		else /* another token is issued */
			assert_int_equal(ctapclient_token(&t, other,
					     FW_PINPROTO_TWO, "1234",
					     "a.example"),
			    FW_CTAP_OK);
		assert_int_equal(ctapclient_make(&t, id, &cmd),
		    FW_CTAP_PIN_AUTH_INVALID);
	}
}

/* Only a power cycle opens the PIN again; no command does. */
static void
test_pin_blocked_until_power_cycle(void **state)
{
	uint8_t token[32];
	int i;

	(void)state;
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	for (i = 0; i < 3; i++)
		assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_ONE,
				     "0000", NULL),
		    i < 2 ? FW_CTAP_PIN_INVALID : FW_CTAP_PIN_AUTH_BLOCKED);
	fw_ctap2_abort(&c);
	later(3600000);
	assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_ONE, "1234",
			     NULL),
	    FW_CTAP_PIN_AUTH_BLOCKED);
	assert_int_equal(ctapclient_change_pin(&t, FW_PINPROTO_TWO, "1234",
			     "5678"),
	    FW_CTAP_PIN_AUTH_BLOCKED);
	boot();
	assert_int_equal(ctapclient_change_pin(&t, FW_PINPROTO_TWO, "1234",
			     "5678"),
	    FW_CTAP_OK);
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "9999"),
	    FW_CTAP_PIN_AUTH_INVALID);
	assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO, "5678",
			     NULL),
	    FW_CTAP_OK);
}

static void
test_key_agreement_changes_after_wrong_pin(void **state)
{
	uint8_t point[FW_P256_POINT_LEN], token[32];

	(void)state;
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	memcpy(point, c.ka.point, sizeof(point));
	assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO, "1234",
			     NULL),
	    FW_CTAP_OK);
	assert_memory_equal(point, c.ka.point, sizeof(point));
	assert_int_equal(ctapclient_token(&t, token, FW_PINPROTO_TWO, "0000",
			     NULL),
	    FW_CTAP_PIN_INVALID);
	assert_memory_not_equal(point, c.ka.point, sizeof(point));
}

static void
test_probe_by_touch(void **state)
{
	struct ctapclient_cmd cmd = rk_a;
	uint8_t id[FW_CRED_ID_LEN];

	(void)state;
	cmd.empty_auth = true;
	cmd.proto = FW_PINPROTO_TWO;
	assert_int_equal(ctapclient_make(&t, id, &cmd), FW_CTAP_PIN_NOT_SET);
	assert_true(t.waited);
	assert_int_equal(ctapclient_set_pin(&t, FW_PINPROTO_TWO, "1234"),
	    FW_CTAP_OK);
	assert_int_equal(ctapclient_assert(&t, &cmd), FW_CTAP_PIN_INVALID);
	assert_true(t.waited);
	assert_int_equal(c.pin.tries, FW_PIN_TRIES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_protection, setup),
	    cmocka_unit_test_setup(test_token_is_spent, setup),
	    cmocka_unit_test_setup(test_token_bounds, setup),
	    cmocka_unit_test_setup(test_token_ends, setup),
	    cmocka_unit_test_setup(test_pin_blocked_until_power_cycle, setup),
	    cmocka_unit_test_setup(test_key_agreement_changes_after_wrong_pin,
		setup),
	    cmocka_unit_test_setup(test_probe_by_touch, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
