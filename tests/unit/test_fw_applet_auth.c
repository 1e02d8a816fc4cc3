/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may use an identity key: PIN, touch, and no way round the applet (SPEC
 * 12.1, 12).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include "saying.h"
#include "tokenview.h"

static struct held key;
static struct place at;
static struct saying update; /* that may be signed */
static struct applet_answer answer;

static int
setup(void **state)
{
	struct tsw_op op = op_add_key();

	(void)state;
	world_new();
	key = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	say_update(&update, &at, &op);
	return 0;
}

static struct applet_cmd
sign_cmd(const uint8_t token[32])
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_SIGN,
	    .handle = key.handle,
	    .statement = said(&update),
	    .token = token,
	    .proto = FW_PINPROTO_TWO};

	return cmd;
}

/* It ends with status and has signed nothing. */
static void
fails(const struct applet_cmd *cmd, unsigned int status)
{
	struct applet_cmd show = {.cmd = TSW_APPLET_KEY, .handle = key.handle};
	uint32_t counter = rig.t.ctap2.counter;

	assert_int_equal(view_applet(&answer, cmd), status);
	assert_int_equal(rig.client.rsp_len, 1);
	assert_int_equal(rig.t.ctap2.counter, counter);
	assert_int_equal(view_applet(&answer, &show), FW_CTAP_OK);
	assert_int_equal(answer.seq, at.seq);
}

/* As fails(), and nobody was asked for a touch. */
static void
refused(const struct applet_cmd *cmd, unsigned int status)
{
	assert_int_equal(view_applet(&answer, cmd), status);
	assert_false(rig.asked);
	fails(cmd, status);
}

static void
test_no_pin(void **state)
{
	struct applet_cmd sign = sign_cmd(NULL);
	struct applet_cmd create = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_P256};
	struct applet_cmd forget = {.cmd = TSW_APPLET_FORGET,
	    .handle = key.handle};
	struct applet_cmd import = sign;
	struct saying s;
	struct place to = at;

	(void)state;
	refused(&sign, FW_CTAP_PUAT_REQUIRED);
	refused(&create, FW_CTAP_PUAT_REQUIRED);
	refused(&forget, FW_CTAP_PUAT_REQUIRED);
	to.seq++;
	say_import(&s, &at, &to);
	import.cmd = TSW_APPLET_IMPORT;
	import.statement = said(&s);
	refused(&import, FW_CTAP_PUAT_REQUIRED);
}

/* A token that has no PIN yet. */
static void
test_pin_not_set(void **state)
{
	static const uint8_t token[32] = {1};
	struct applet_cmd create = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_P256};

	(void)state;
	rig_new();
	assert_int_equal(view_applet(&answer, &create), FW_CTAP_PUAT_REQUIRED);
	create.token = token;
	create.proto = FW_PINPROTO_TWO;
	assert_int_equal(view_applet(&answer, &create), FW_CTAP_PIN_NOT_SET);
	assert_false(rig.asked);
}

/* After power-up a confirmation needs the PIN once, for anything. */
static void
test_locked(void **state)
{
	struct applet_cmd info = {.cmd = TSW_APPLET_INFO};
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CONFIRM,
	    .handle = key.handle};
	struct saying s;
	uint8_t token[32];

	(void)state;
	say_confirm(&s, &at, TSW_METHOD_QR);
	cmd.statement = said(&s);
	assert_int_equal(view_applet(&answer, &cmd), FW_CTAP_OK);
	world_replug();
	assert_int_equal(view_applet(&answer, &info), FW_CTAP_OK);
	assert_int_equal(answer.unlocked, 0);
	refused(&cmd, FW_CTAP_PUAT_REQUIRED);
	world_token(token, FW_PERM_GA, "example.org");
	assert_int_equal(view_applet(&answer, &info), FW_CTAP_OK);
	assert_int_equal(answer.unlocked, 1);
	assert_int_equal(view_applet(&answer, &cmd), FW_CTAP_OK);
	assert_int_equal(answer.flags, 0x01);
}

/* A wrong param does not pass for none. */
static void
test_wrong_auth_for_confirm(void **state)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CONFIRM,
	    .handle = key.handle};
	struct saying s;
	uint8_t token[32];

	(void)state;
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	say_confirm(&s, &at, TSW_METHOD_QR);
	cmd.statement = said(&s);
	cmd.token = token;
	cmd.proto = FW_PINPROTO_TWO;
	cmd.bad_auth = true;
	refused(&cmd, FW_CTAP_PIN_AUTH_INVALID);
}

static void
test_wrong_param(void **state)
{
	struct applet_cmd cmd;
	uint8_t token[32];

	(void)state;
	world_token(token, FW_PERM_MC | FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd = sign_cmd(token);
	cmd.bad_auth = true;
	refused(&cmd, FW_CTAP_PIN_AUTH_INVALID);
	cmd = sign_cmd(token);
	cmd.proto = FW_PINPROTO_ONE; /* the token was issued for two */
	refused(&cmd, FW_CTAP_PIN_AUTH_INVALID);
	token[0] ^= 1;
	cmd = sign_cmd(token);
	refused(&cmd, FW_CTAP_PIN_AUTH_INVALID);
}

static void
test_permission(void **state)
{
	struct applet_cmd forget = {.cmd = TSW_APPLET_FORGET,
	    .handle = key.handle,
	    .proto = FW_PINPROTO_TWO};
	struct applet_cmd create = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_P256,
	    .proto = FW_PINPROTO_TWO};
	struct applet_cmd sign;
	uint8_t token[32];

	(void)state;
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	forget.token = token;
	create.token = token;
	sign = sign_cmd(token);
	refused(&forget, FW_CTAP_PIN_AUTH_INVALID);
	refused(&create, FW_CTAP_PIN_AUTH_INVALID);
	world_token(token, FW_PERM_MC, TSW_APPLET_RP_ID);
	refused(&sign, FW_CTAP_PIN_AUTH_INVALID);
	world_token(token, FW_PERM_MC | FW_PERM_GA, "example.org");
	refused(&sign, FW_CTAP_PIN_AUTH_INVALID);
	refused(&forget, FW_CTAP_PIN_AUTH_INVALID);
}

/* Who got a token of subcommand 5, for whatever login, signs nothing. */
static void
test_token_for_anything(void **state)
{
	struct ctapclient_cmd login = {.rp = "x", .user = "bob"};
	uint8_t token[32] = {0}, id[FW_CRED_ID_LEN];
	struct applet_cmd sign = sign_cmd(token);

	(void)state;
	login.proto = FW_PINPROTO_TWO;
	(void)ctapclient_token(&rig.client, token, FW_PINPROTO_TWO, SAYING_PIN,
	    NULL);
	refused(&sign, FW_CTAP_PIN_AUTH_INVALID);
	login.token = token; /* it is not bound by that */
	assert_int_equal(ctapclient_make(&rig.client, id, &login), FW_CTAP_OK);
}

/* A request whose pinUvAuthParam was made for another one. */
static size_t
with_param_of(uint8_t out[2048], const struct applet_cmd *cmd,
    const struct applet_cmd *other)
{
	uint8_t stolen[2048];
	size_t len, stolen_len;

	len = applet_encode(out, 2048, cmd);
	stolen_len = applet_encode(stolen, sizeof(stolen), other);
	/* The last field of both. */
	memcpy(out + len - 32, stolen + stolen_len - 32, 32);
	return len;
}

static void
test_param_of_another(void **state)
{
	struct applet_cmd cmd, other;
	struct tsw_op op = op_plain(TSW_OP_SET_POLICY);
	uint8_t token[32], handle[32], req[2048];
	struct saying s;

	(void)state;
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd = sign_cmd(token);
	other = cmd; /* over other bytes */
	say_update(&s, &at, &op);
	other.statement = said(&s);
	assert_int_equal(rig_send(req, with_param_of(req, &cmd, &other)),
	    FW_CTAP_PIN_AUTH_INVALID);
	assert_false(rig.asked);
	other = cmd; /* for another command */
	other.cmd = TSW_APPLET_CONFIRM;
	assert_int_equal(rig_send(req, with_param_of(req, &cmd, &other)),
	    FW_CTAP_PIN_AUTH_INVALID);
	other = cmd; /* for another key */
	memcpy(handle, key.handle, sizeof(handle));
	handle[0] ^= 1;
	other.handle = handle;
	assert_int_equal(rig_send(req, with_param_of(req, &cmd, &other)),
	    FW_CTAP_PIN_AUTH_INVALID);
	/* The method itself is right. */
	assert_int_equal(rig_send(req, with_param_of(req, &cmd, &cmd)),
	    FW_CTAP_OK);
}

static void
test_param_of_another_alg(void **state)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CREATE,
	    .alg = TSW_ALG_SK_P256,
	    .proto = FW_PINPROTO_TWO};
	struct applet_cmd other = cmd;
	uint8_t token[32], req[2048];

	(void)state;
	world_token(token, FW_PERM_MC, TSW_APPLET_RP_ID);
	cmd.token = other.token = token;
	other.alg = TSW_ALG_SK_ED25519;
	assert_int_equal(rig_send(req, with_param_of(req, &cmd, &other)),
	    FW_CTAP_PIN_AUTH_INVALID);
	assert_false(rig.asked);
	assert_int_equal(rig_send(req, with_param_of(req, &cmd, &cmd)),
	    FW_CTAP_OK);
}

/* One touch, one command: the second needs a touch and a token of its own. */
static void
test_touch_and_token_are_spent(void **state)
{
	struct applet_cmd cmd;
	struct tsw_op op = op_add_key();
	uint8_t token[32];

	(void)state;
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd = sign_cmd(token);
	assert_int_equal(view_applet(&answer, &cmd), FW_CTAP_OK);
	place_next(&at, &update);
	say_update(&update, &at, &op);
	cmd = sign_cmd(token);
	refused(&cmd, FW_CTAP_PIN_AUTH_INVALID);
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	memboard.button = true; /* still the finger of before */
	rig.touch = RIG_HELD;
	cmd = sign_cmd(token);
	fails(&cmd, FW_ST_TOUCH_HELD);
}

/* A button that is down when the question is asked is no answer. */
static void
test_held(void **state)
{
	struct applet_cmd cmd;
	uint8_t token[32];

	(void)state;
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd = sign_cmd(token);
	rig.touch = RIG_HELD;
	fails(&cmd, FW_ST_TOUCH_HELD);
	rig.touch = RIG_NONE;
	fails(&cmd, FW_CTAP_USER_ACTION_TIMEOUT);
	rig.touch = RIG_CANCEL;
	fails(&cmd, FW_CTAP_KEEPALIVE_CANCEL);
	/* FIDO2 has one word for both. */
	rig.touch = RIG_HELD;
	assert_int_equal(ctapclient_plain(&rig.client, FW_CTAP2_SELECTION),
	    FW_CTAP_USER_ACTION_TIMEOUT);
	/* None of them was a touch: the token is not spent. */
	rig.touch = RIG_TOUCH;
	assert_int_equal(view_applet(&answer, &cmd), FW_CTAP_OK);
}

static uint8_t other_cid[4];

/* A channel of another program. */
static void
open_channel(void)
{
	uint8_t r[HAL_HID_REPORT_LEN] = {0xff, 0xff, 0xff, 0xff,
	    FW_CTAPHID_INIT | 0x80, 0, 8};

	memboard.out_cnt = 0;
	rig_report(r);
	rig_settle();
	assert_true(memboard_take_report(r));
	memcpy(other_cid, r + 15, sizeof(other_cid));
}

/* Another program asks for a touch of its own; then this one gives up. */
static void
meddle(void)
{
	uint8_t r[HAL_HID_REPORT_LEN] = {0};

	memcpy(r, other_cid, sizeof(other_cid));
	r[4] = FW_CTAPHID_CBOR | 0x80;
	r[6] = 1;
	r[7] = FW_CTAP2_SELECTION;
	rig_report(r);
	rig_settle();
	assert_int_equal(rig.t.ctap2.op.kind, FW_OP_APPLET);
	assert_memory_equal(rig.t.ctap2.op.applet.statement.p, update.p,
	    update.len);
	memcpy(r, rig.cid, sizeof(rig.cid));
	r[4] = FW_CTAPHID_INIT | 0x80;
	r[6] = 8;
	rig_report(r);
	rig_settle();
	assert_int_equal(rig.t.ctap2.op.kind, FW_OP_NONE);
	memboard.button = true; /* too late */
	rig_settle();
	memboard.button = false;
}

/* While a touch is waited for, nobody can change what it is for. */
static void
test_swapped_while_waiting(void **state)
{
	struct applet_cmd cmd;
	uint8_t token[32];

	(void)state;
	open_channel();
	world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd = sign_cmd(token);
	rig.touch = RIG_ACT;
	rig.act = meddle;
	assert_int_equal(view_applet(&answer, &cmd), RIG_SILENT);
	rig.touch = RIG_NONE; /* that touch was for nothing */
	fails(&cmd, FW_CTAP_USER_ACTION_TIMEOUT);
}

/* No FIDO2 command takes or finds the name of identity keys. */
static void
test_fido_refused(void **state)
{
	struct ctapclient_cmd cmd = {.rp = TSW_APPLET_RP_ID,
	    .user = "x",
	    .rk = true};
	uint8_t id[FW_CRED_ID_LEN], token[32];

	(void)state;
	world_token(token, FW_PERM_MC | FW_PERM_GA, TSW_APPLET_RP_ID);
	cmd.token = token;
	cmd.proto = FW_PINPROTO_TWO;
	assert_int_equal(ctapclient_make(&rig.client, id, &cmd),
	    FW_CTAP_NOT_ALLOWED);
	cmd.empty_auth = true;
	cmd.token = NULL;
	assert_int_equal(ctapclient_make(&rig.client, id, &cmd),
	    FW_CTAP_NOT_ALLOWED);
	assert_int_equal(ctapclient_assert(&rig.client, &cmd),
	    FW_CTAP_NOT_ALLOWED);
	cmd.empty_auth = false;
	assert_int_equal(ctapclient_assert(&rig.client, &cmd),
	    FW_CTAP_NOT_ALLOWED);
	cmd.no_up = true;
	assert_int_equal(ctapclient_assert(&rig.client, &cmd),
	    FW_CTAP_NOT_ALLOWED);
	assert_false(rig.asked);
	/* By their handles neither, under any name. */
	cmd.list_id = (struct tsw_slice){key.handle, sizeof(key.handle)};
	cmd.rp = "example.org";
	assert_int_equal(ctapclient_assert(&rig.client, &cmd),
	    FW_CTAP_NO_CREDENTIALS);
	assert_int_equal(ctapclient_plain(&rig.client,
			     FW_CTAP2_GET_NEXT_ASSERTION),
	    FW_CTAP_NOT_ALLOWED);
}

/* credentialManagement with a token that may: it sees no identity key. */
static void
test_cred_mgmt_sees_nothing(void **state)
{
	uint8_t req[64] = {FW_CTAP2_CREDENTIAL_MANAGEMENT}, token[32], mac[32];
	uint8_t sub;
	struct tsw_wr wr;
	struct tsw_slice part = {&sub, 1};

	(void)state;
	for (sub = 1; sub <= 2; sub++) { /* metadata, relying parties */
		world_token(token, FW_PERM_GA, TSW_APPLET_RP_ID);
		rig.t.ctap2.puat.permissions = FW_PERM_CM;
		rig.t.ctap2.puat.rp_bound = false;
		tsw_hmac_sha256(mac, (struct tsw_slice){token, 32}, &part, 1);
		tsw_wr_init(&wr, req + 1, sizeof(req) - 1);
		tsw_wr_cb_map(&wr, 3);
		tsw_wr_cb_uint(&wr, 1);
		tsw_wr_cb_uint(&wr, sub);
		tsw_wr_cb_uint(&wr, 3);
		tsw_wr_cb_uint(&wr, FW_PINPROTO_TWO);
		tsw_wr_cb_uint(&wr, 4);
		tsw_wr_cb_bytes(&wr, mac, sizeof(mac));
		assert_int_equal(rig_send(req, 1 + tsw_wr_len(&wr)),
		    sub == 1 ? FW_CTAP_OK : FW_CTAP_NO_CREDENTIALS);
	}
}

/* A token without the applet is one of many. */
static void
test_fido_only(void **state)
{
	static const uint8_t info = TSW_APPLET_INFO;
	struct ctapclient_cmd cmd = {.rp = TSW_APPLET_RP_ID, .user = "x"};
	uint8_t id[FW_CRED_ID_LEN];

	(void)state;
	memboard_reset();
	rig.profile = FW_PROFILE_FIDO_ONLY;
	rig_plug();
	assert_int_equal(rig_send(&info, 1), FW_CTAP_INVALID_COMMAND);
	assert_int_equal(ctapclient_make(&rig.client, id, &cmd), FW_CTAP_OK);
	cmd.list_id = (struct tsw_slice){id, sizeof(id)};
	assert_int_equal(ctapclient_assert(&rig.client, &cmd), FW_CTAP_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_no_pin, setup),
	    cmocka_unit_test_setup(test_pin_not_set, setup),
	    cmocka_unit_test_setup(test_locked, setup),
	    cmocka_unit_test_setup(test_wrong_auth_for_confirm, setup),
	    cmocka_unit_test_setup(test_wrong_param, setup),
	    cmocka_unit_test_setup(test_permission, setup),
	    cmocka_unit_test_setup(test_token_for_anything, setup),
	    cmocka_unit_test_setup(test_param_of_another, setup),
	    cmocka_unit_test_setup(test_param_of_another_alg, setup),
	    cmocka_unit_test_setup(test_touch_and_token_are_spent, setup),
	    cmocka_unit_test_setup(test_held, setup),
	    cmocka_unit_test_setup(test_swapped_while_waiting, setup),
	    cmocka_unit_test_setup(test_fido_refused, setup),
	    cmocka_unit_test_setup(test_cred_mgmt_sees_nothing, setup),
	    cmocka_unit_test_setup(test_fido_only, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
