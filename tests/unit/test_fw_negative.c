/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mistakes that other tokens' firmware has made, tried on ours, through
 * reports and the button.  docs/NEGATIVES.md lists them all, and where those
 * are tested that are not here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "tokenrig.h"

#define PIN "1234"
#define RP "a.example"

static uint8_t id[FW_CRED_ID_LEN], token[32];

/* A PIN and a discoverable credential. */
static int
setup(void **state)
{
	struct ctapclient_cmd cmd = {.rp = RP, .user = "alice", .rk = true};

	(void)state;
	rig_new();
	assert_int_equal(ctapclient_make(&rig.client, id, &cmd), FW_CTAP_OK);
	assert_int_equal(ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO, PIN),
	    FW_CTAP_OK);
	return 0;
}

static unsigned int
get_token(const char *pin)
{
	return ctapclient_token(&rig.client, token, FW_PINPROTO_TWO, pin, RP);
}

static unsigned int
login(const struct ctapclient_cmd *extra)
{
	struct ctapclient_cmd cmd = {.rp = RP};

	if (extra != NULL)
		cmd = *extra;
	return ctapclient_assert(&rig.client, &cmd);
}

static const struct ctapclient_cmd with_token = {.rp = RP,
    .token = token,
    .proto = FW_PINPROTO_TWO};

static void
send_init(const uint8_t cid[4])
{
	uint8_t r[HAL_HID_REPORT_LEN] = {0};

	memcpy(r, cid, 4);
	r[4] = 0x80 | FW_CTAPHID_INIT;
	r[6] = 8;
	rig_report(r);
	rig_settle();
	assert_true(memboard_take_report(r));
}

/* A lock in RAM that a new channel or a resynchronisation opens again. */
static void
test_init_does_not_unlock_the_pin(void **state)
{
	static const uint8_t broadcast[4] = {0xff, 0xff, 0xff, 0xff};
	int i;

	(void)state;
	for (i = 0; i < FW_PIN_TRIES_ROW - 1; i++)
		assert_int_equal(get_token("0000"), FW_CTAP_PIN_INVALID);
	assert_int_equal(get_token("0000"), FW_CTAP_PIN_AUTH_BLOCKED);
	for (i = 0; i < 3; i++) {
		send_init(i == 0 ? rig.cid : broadcast);
		rig_wait_ms(60000);
		assert_int_equal(get_token(PIN), FW_CTAP_PIN_AUTH_BLOCKED);
	}
	rig_plug();
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
}

/* The end of a token's life looked at only where PINs are handled. */
static void
test_old_token_opens_nothing(void **state)
{
	(void)state;
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
	assert_int_equal(login(&with_token), FW_CTAP_OK);
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
	rig_wait_ms(FW_PUAT_FIRST_USE_MS);
	assert_int_equal(login(&with_token), FW_CTAP_PIN_AUTH_INVALID);
	assert_false(rig.asked);
}

/* A MAC cut short, or one that is too long, taken for good. */
static void
test_params_of_another_length(void **state)
{
	struct ctapclient_cmd cmd = with_token;

	(void)state;
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
	cmd.proto = FW_PINPROTO_ONE; /* 16 bytes, and of the other protocol */
	assert_int_equal(login(&cmd), FW_CTAP_PIN_AUTH_INVALID);
	assert_false(rig.asked);
	assert_int_equal(ctapclient_token(&rig.client, token, FW_PINPROTO_ONE,
			     PIN, RP),
	    FW_CTAP_OK);
	cmd.proto = FW_PINPROTO_TWO;
	assert_int_equal(login(&cmd), FW_CTAP_PIN_AUTH_INVALID);
	cmd.proto = FW_PINPROTO_ONE;
	assert_int_equal(login(&cmd), FW_CTAP_OK);
}

/* A hit of the exclude list told at once, or without spending the token. */
static void
test_excluded_costs_touch_and_token(void **state)
{
	struct ctapclient_cmd cmd = with_token;
	uint8_t other[FW_CRED_ID_LEN];

	(void)state;
	cmd.user = "bob";
	cmd.list_id = (struct tsw_slice){id, sizeof(id)};
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
	rig.touch = RIG_NONE;
	assert_int_equal(ctapclient_make(&rig.client, other, &cmd),
	    FW_CTAP_CREDENTIAL_EXCLUDED);
	assert_true(rig.asked);
	rig.touch = RIG_TOUCH;
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
	assert_int_equal(ctapclient_make(&rig.client, other, &cmd),
	    FW_CTAP_CREDENTIAL_EXCLUDED);
	assert_true(rig.asked);
	assert_int_equal(login(&with_token), FW_CTAP_PIN_AUTH_INVALID);
}

/* hmac-secret without a touch would be an oracle for whoever is on the host. */
static void
test_secrets_need_a_touch(void **state)
{
	/* up: false, and an extension whose content does not matter yet */
	uint8_t req[512], zero[48] = {0};
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, req, sizeof(req));
	tsw_wr_u8(&wr, FW_CTAP2_GET_ASSERTION);
	tsw_wr_cb_map(&wr, 4);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_text(&wr, RP, strlen(RP));
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, zero, 32);
	tsw_wr_cb_uint(&wr, 4);
	tsw_wr_cb_map(&wr, 1);
	tsw_wr_cb_text(&wr, "hmac-secret", 11);
	tsw_wr_cb_map(&wr, 4);
	tsw_wr_cb_uint(&wr, 1);
	fw_ka_write(&wr, &rig.t.ctap2.ka);
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, zero, 48);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_bytes(&wr, zero, 32);
	tsw_wr_cb_uint(&wr, 4);
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_uint(&wr, 5);
	tsw_wr_cb_map(&wr, 1);
	tsw_wr_cb_text(&wr, "up", 2);
	tsw_wr_cb_bool(&wr, false);
	assert_int_equal(rig_send(req, tsw_wr_len(&wr)),
	    FW_CTAP_UNSUPPORTED_OPTION);
	assert_false(rig.asked);
}

/* Who cancels a reset and who waits too long are told different things, and
 * neither has reset anything; nor has a touch that is too short. */
static void
test_reset_says_why_not(void **state)
{
	static const struct {
		enum rig_touch touch;
		unsigned int status;
	} way[] = {{RIG_CANCEL, FW_CTAP_KEEPALIVE_CANCEL},
	    {RIG_NONE, FW_CTAP_USER_ACTION_TIMEOUT},
	    {RIG_SHORT, FW_CTAP_USER_ACTION_TIMEOUT},
	    {RIG_HELD, FW_CTAP_USER_ACTION_TIMEOUT}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(way) / sizeof(way[0]); i++) {
		rig_plug();
		rig.touch = way[i].touch;
		assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
		    way[i].status);
		assert_true(rig.asked);
		rig.touch = RIG_TOUCH;
		assert_int_equal(login(NULL), FW_CTAP_OK);
	}
	rig_plug();
	rig_wait_ms(FW_CTAP2_RESET_WINDOW_MS + 1);
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_NOT_ALLOWED);
	assert_false(rig.asked);
}

/* Fixed arrays for what a host may repeat. */
static void
test_many_transports(void **state)
{
	struct tsw_wr wr;
	uint8_t req[2048];
	size_t i;

	(void)state;
	tsw_wr_init(&wr, req, sizeof(req));
	tsw_wr_u8(&wr, FW_CTAP2_GET_ASSERTION);
	tsw_wr_cb_map(&wr, 3);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_text(&wr, RP, strlen(RP));
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, id, 32);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_array(&wr, 1);
	tsw_wr_cb_map(&wr, 3);
	tsw_wr_cb_text(&wr, "id", 2);
	tsw_wr_cb_bytes(&wr, id, sizeof(id));
	tsw_wr_cb_text(&wr, "type", 4);
	tsw_wr_cb_text(&wr, "public-key", 10);
	tsw_wr_cb_text(&wr, "transports", 10);
	tsw_wr_cb_array(&wr, 300);
	for (i = 0; i < 300; i++)
		tsw_wr_cb_text(&wr, "usb", 3);
	assert_int_equal(rig_send(req, tsw_wr_len(&wr)), FW_CTAP_OK);
}

/* Ids of other lengths than ours, compared as if they were of ours. */
static void
test_ids_of_another_length(void **state)
{
	struct ctapclient_cmd cmd = {.rp = RP};
	uint8_t longer[FW_CRED_ID_LEN + 1];
	size_t len;

	(void)state;
	memcpy(longer, id, sizeof(id));
	longer[FW_CRED_ID_LEN] = 0;
	for (len = 1; len <= sizeof(longer); len++) {
		cmd.list_id = (struct tsw_slice){longer, len};
		assert_int_equal(login(&cmd),
		    len == FW_CRED_ID_LEN ? FW_CTAP_OK
					  : FW_CTAP_NO_CREDENTIALS);
	}
}

/*
 * Commands that write settings, import backups or unlock a vendor's door: no
 * command does anything but those that are documented.
 */
static void
test_no_other_commands(void **state)
{
	static const uint8_t known[] = {FW_CTAP2_MAKE_CREDENTIAL,
	    FW_CTAP2_GET_ASSERTION, FW_CTAP2_GET_INFO, FW_CTAP2_CLIENT_PIN,
	    FW_CTAP2_RESET, FW_CTAP2_GET_NEXT_ASSERTION,
	    FW_CTAP2_CREDENTIAL_MANAGEMENT, FW_CTAP2_SELECTION,
	    FW_CTAP2_CREDENTIAL_MANAGEMENT_PRE};
	uint8_t req[2] = {0, 0xa0};
	unsigned int cmd;
	long ops;

	(void)state;
	for (cmd = 0; cmd < 256; cmd++) {
		if (memchr(known, (int)cmd, sizeof(known)) != NULL ||
		    (cmd >= TSW_APPLET_INFO && cmd <= TSW_APPLET_FORGET))
			continue;
		req[0] = (uint8_t)cmd;
		ops = memboard.ops;
		assert_int_equal(rig_send(req, 1), FW_CTAP_INVALID_COMMAND);
		assert_int_equal(rig_send(req, 2), FW_CTAP_INVALID_COMMAND);
		assert_false(rig.asked);
		assert_int_equal(memboard.ops, ops);
	}
}

/* Touches: one before the question, one for two questions, none at all. */
static void
test_touch_is_for_one_question(void **state)
{
	(void)state;
	memboard.button = true; /* leaned on since before */
	rig_settle();
	rig.touch = RIG_HELD;
	assert_int_equal(login(NULL), FW_CTAP_USER_ACTION_TIMEOUT);
	rig.touch = RIG_NONE;
	assert_int_equal(login(NULL), FW_CTAP_USER_ACTION_TIMEOUT);
	rig.touch = RIG_TOUCH;
	assert_int_equal(login(NULL), FW_CTAP_OK);
	rig.touch = RIG_NONE;
	assert_int_equal(login(NULL), FW_CTAP_USER_ACTION_TIMEOUT);
}

/* What malware asks for shows as what it is: no two classes look alike. */
static void
test_patterns_differ(void **state)
{
	struct ctapclient_cmd cmd = {.rp = "b.example", .user = "bob"};
	uint8_t other[FW_CRED_ID_LEN];
	enum hal_led seen[4];
	size_t i, j;

	(void)state;
	assert_int_equal(login(NULL), FW_CTAP_OK);
	seen[0] = rig.led;
	assert_int_equal(ctapclient_make(&rig.client, other, &cmd), FW_CTAP_OK);
	seen[1] = rig.led;
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_SELECTION),
	    FW_CTAP_OK);
	seen[2] = rig.led;
	rig_plug();
	rig.touch = RIG_CANCEL;
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_RESET),
	    FW_CTAP_KEEPALIVE_CANCEL);
	seen[3] = rig.led;
	for (i = 0; i < 4; i++)
		for (j = 0; j < i; j++)
			assert_int_not_equal(seen[i], seen[j]);
}

/* A request's secrets stay in memory after its answer. */
static void
test_request_and_answer_are_wiped(void **state)
{
	const struct fw_token *t = &rig.t;
	size_t i;

	(void)state;
	assert_int_equal(get_token(PIN), FW_CTAP_OK);
	for (i = 0; i < sizeof(t->hid.msg); i++)
		assert_int_equal(t->hid.msg[i], 0);
	for (i = 0; i < sizeof(t->rsp); i++)
		assert_int_equal(t->rsp[i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_init_does_not_unlock_the_pin, setup),
	    cmocka_unit_test_setup(test_old_token_opens_nothing, setup),
	    cmocka_unit_test_setup(test_params_of_another_length, setup),
	    cmocka_unit_test_setup(test_excluded_costs_touch_and_token, setup),
	    cmocka_unit_test_setup(test_secrets_need_a_touch, setup),
	    cmocka_unit_test_setup(test_reset_says_why_not, setup),
	    cmocka_unit_test_setup(test_many_transports, setup),
	    cmocka_unit_test_setup(test_ids_of_another_length, setup),
	    cmocka_unit_test_setup(test_no_other_commands, setup),
	    cmocka_unit_test_setup(test_touch_is_for_one_question, setup),
	    cmocka_unit_test_setup(test_patterns_differ, setup),
	    cmocka_unit_test_setup(test_request_and_answer_are_wiped, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
