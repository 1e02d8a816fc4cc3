/* SPDX-License-Identifier: BSD-2-Clause */
/* What the display says, and that what a host chose cannot pass for anything
 * else there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "memboard.h"
#include "words.h"

#define TEXT(s) ((struct tsw_slice){(const uint8_t *)(s), strlen(s)})

static char out[FW_WORDS_MAX];
static struct tsw_statement st;

static int
setup(void **state)
{
	(void)state;
	memboard_reset();
	memset(&st, 0, sizeof(st));
	memset(out, 0x55, sizeof(out));
	return 0;
}

/* The board in memory checks the form of every text. */
static void
expect(const char *text)
{
	hal_display(out);
	assert_string_equal(memboard.display, text);
	memset(out, 0x55, sizeof(out));
}

static void
expect_statement(const char *text)
{
	fw_words_statement(out, &st);
	expect(text);
}

static void
expect_confirm(const char *label, enum tsw_method method, uint32_t seq,
    const char *text)
{
	st.kind = TSW_KIND_CONFIRM;
	st.u.confirm.contact_label = TEXT(label);
	st.u.confirm.method = method;
	st.u.confirm.contact_seq = seq;
	expect_statement(text);
}

static void
test_confirm(void **state)
{
	(void)state;
	expect_confirm("bob@example.org", TSW_METHOD_LIVE, 12,
	    "confirm contact\nbob@example.org\nby live code #12");
	expect_confirm("exactly-21@characters", TSW_METHOD_PUBLIC_CODE, 0,
	    "confirm contact\nexactly-21@characters\nby public code #0");
	expect_confirm("it-has-one-more@example", TSW_METHOD_QR, 1,
	    "confirm contact\nit-has-one-more@examp\nle\nby QR code #1");
	expect_confirm("0123456789abcdefghijk0123456789abcdefghijk",
	    TSW_METHOD_PAIR_NUMBER, 4294967295,
	    "confirm contact\n0123456789abcdefghijk\n0123456789abcdefghijk\n"
	    "by pair number #42~95");
}

/* Longer than the display has room: the cut is seen, and both ends are. */
static void
test_confirm_long_label(void **state)
{
	(void)state;
	expect_confirm(
	    "bob@example.org.0123456789.0123456789.0123456789.evil.example.c",
	    TSW_METHOD_LIVE, 1,
	    "confirm contact\nbob@example.org.0123~\n456789.evil.example.c\n"
	    "by live code #1");
}

static struct tsw_op *
op(enum tsw_op_kind kind)
{
	struct tsw_op *o = &st.u.update.op[st.u.update.op_cnt++];

	st.kind = TSW_KIND_UPDATE;
	memset(o, 0, sizeof(*o));
	o->kind = kind;
	return o;
}

static void
add_key(enum tsw_app app, const char *device)
{
	static const uint8_t data[32] = {1};
	struct tsw_op *o = op(TSW_OP_ADD_KEY);

	o->key.app = app;
	o->key.device = TEXT(device);
	o->key.type = TSW_KEY_X25519;
	o->key.data = (struct tsw_slice){data, sizeof(data)};
}

static void
add_token(enum tsw_op_kind kind, enum tsw_role role, const char *name)
{
	struct tsw_op *o = op(kind);

	o->token.key.alg = TSW_ALG_SK_ED25519;
	o->token.key.len = 32;
	o->token.role = role;
	o->token.name = TEXT(name);
}

static void
restart(uint32_t seq)
{
	memset(&st, 0, sizeof(st));
	st.u.update.seq = seq;
}

/* First 12 digits of an id, by another road. */
static const char *
digits(const uint8_t id[TSW_HASH_LEN])
{
	static char text[16];
	int i;

	for (i = 0; i < 6; i++)
		(void)snprintf(text + 2 * (size_t)i, 3, "%02x", id[i]);
	return text;
}

static void
test_one_operation(void **state)
{
	uint8_t id[TSW_HASH_LEN];
	char text[128];

	(void)state;
	restart(17);
	add_key(TSW_APP_AGE, "laptop");
	assert_int_equal(tsw_key_id(id, &st.u.update.op[0].key), TSW_OK);
	(void)snprintf(text, sizeof(text),
	    "change keys #17\n+ age\n\"laptop\"\nkey %s", digits(id));
	expect_statement(text);

	restart(18);
	add_key(TSW_APP_WIREGUARD, "a name of twenty-two c");
	assert_int_equal(tsw_key_id(id, &st.u.update.op[0].key), TSW_OK);
	(void)snprintf(text, sizeof(text),
	    "change keys #18\n+ wireguard\n\"a name of~nty-two c\"\nkey %s",
	    digits(id));
	expect_statement(text);

	restart(1);
	add_token(TSW_OP_ENROL_TOKEN, TSW_ROLE_SIGNER, "blue");
	tsw_token_id(id, &st.u.update.op[0].token.key);
	(void)snprintf(text, sizeof(text),
	    "change signers #1\n+ token\n\"blue\"\ntoken %s", digits(id));
	expect_statement(text);

	restart(2);
	add_token(TSW_OP_ENROL_TOKEN, TSW_ROLE_RECOVERY, "safe");
	(void)snprintf(text, sizeof(text),
	    "change signers #2\n+ recovery token\n\"safe\"\ntoken %s",
	    digits(id));
	expect_statement(text);

	restart(3);
	add_token(TSW_OP_RECOVER, TSW_ROLE_SIGNER, "new one");
	(void)snprintf(text, sizeof(text),
	    "recover #3\nnew signer\n\"new one\"\ntoken %s", digits(id));
	expect_statement(text);
}

static void
test_operations_without_name(void **state)
{
	(void)state;
	restart(4);
	memset(op(TSW_OP_REVOKE_KEY)->id, 0xab, 32);
	expect_statement("change keys #4\n- key abababababab");
	restart(5);
	memset(op(TSW_OP_RETIRE_TOKEN)->id, 0x0c, 32);
	expect_statement("change signers #5\n- token 0c0c0c0c0c0c");
	restart(6);
	op(TSW_OP_SET_VERIFICATION)->min_proto = 2;
	expect_statement("change keys #6\nverification on");
	restart(7);
	(void)op(TSW_OP_SET_VERIFICATION);
	expect_statement("change keys #7\nverification OFF");
	restart(8);
	op(TSW_OP_SET_POLICY)->threshold = 2;
	st.u.update.op[0].timelock_h = 720;
	expect_statement("change signers #8\n2 must sign, 720 h");
	restart(4294967295);
	(void)op(TSW_OP_VETO);
	expect_statement("veto #4294967295\nstop the recovery");
	restart(4294967295);
	memset(op(TSW_OP_RETIRE_TOKEN)->id, 0x0c, 32);
	expect_statement("change signers #42~95\n- token 0c0c0c0c0c0c");
}

/* Who signs is never among the rest. */
static void
test_several_operations(void **state)
{
	int i;

	(void)state;
	restart(9);
	add_key(TSW_APP_SSH, "laptop");
	memset(op(TSW_OP_REVOKE_KEY)->id, 0x1a, 32);
	expect_statement("change keys #9\n+ ssh laptop\n- key 1a1a1a1a1a1a");

	restart(10);
	add_key(TSW_APP_WIREGUARD, "a name of twenty-two c");
	add_key(TSW_APP_SSH, "laptop");
	(void)op(TSW_OP_SET_VERIFICATION);
	expect_statement("change keys #10\nverification OFF\n"
			 "+ wireguard a na~wo c\n+ ssh laptop");

	restart(11);
	for (i = 0; i < 6; i++)
		add_key(TSW_APP_SSH, "laptop");
	memset(op(TSW_OP_RETIRE_TOKEN)->id, 0x0c, 32);
	add_token(TSW_OP_ENROL_TOKEN, TSW_ROLE_SIGNER, "evil");
	expect_statement("change signers #11\n+1 token, -1 token\n+6 keys");

	/* Many of one kind do not hide another. */
	restart(12);
	for (i = 0; i < 2; i++) {
		add_token(TSW_OP_ENROL_TOKEN, TSW_ROLE_SIGNER, "evil");
		memset(op(TSW_OP_RETIRE_TOKEN)->id, 0x0c, 32);
		memset(op(TSW_OP_REVOKE_KEY)->id, 0x1a, 32);
	}
	op(TSW_OP_SET_POLICY)->threshold = 1;
	(void)op(TSW_OP_SET_VERIFICATION);
	expect_statement("change signers #12\n+2 tokens, -2 tokens\n"
			 "policy, verify OFF\n-2 keys");

	restart(13);
	for (i = 0; i < 3; i++)
		add_key(TSW_APP_SSH, "laptop");
	op(TSW_OP_SET_VERIFICATION)->min_proto = 1;
	expect_statement("change keys #13\nverify on\n+3 keys");
}

static void
test_genesis_and_import(void **state)
{
	(void)state;
	st.kind = TSW_KIND_GENESIS;
	st.u.genesis.label = TEXT("alice@example.org");
	st.u.genesis.token_cnt = 1;
	st.u.genesis.threshold = 1;
	expect_statement(
	    "new identity\nalice@example.org\n1 token, 1 must sign");
	st.u.genesis.token_cnt = 8;
	st.u.genesis.threshold = 8;
	expect_statement(
	    "new identity\nalice@example.org\n8 tokens, 8 must sign");
	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_IMPORT;
	st.u.import.from_seq = 3;
	st.u.import.seq = 17;
	memset(st.u.import.head, 0xfe, 32);
	expect_statement("follow other tokens\nfrom #3\nto #17\n"
			 "head fefefefefefe");
	st.u.import.from_seq = UINT32_MAX;
	st.u.import.seq = UINT32_MAX;
	expect_statement("follow other tokens\nleave my #4294967295\n"
			 "for other #4294967295\nhead fefefefefefe");
}

/* The rpId is any text of the host: it can neither bring a line of its own nor
 * look like a code or like another question. */
static void
test_rp(void **state)
{
	static const uint8_t zero[] = {'a', 0, 'b', '\n', 0xc3, 0xa4, '~'};

	(void)state;
	fw_words_login(out, TEXT("example.org"));
	expect("log in\nexample.org");
	fw_words_register(out, TEXT("ssh:"));
	expect("new login key\nssh:");
	fw_words_login(out, TEXT("123 456 789"));
	expect("log in\n123?456?789");
	fw_words_login(out, TEXT("\ntouch if all codes match"));
	expect("log in\n?touch?if?all?codes?m\natch");
	fw_words_login(out, (struct tsw_slice){zero, sizeof(zero)});
	expect("log in\na?b????");
	fw_words_login(out, (struct tsw_slice){NULL, 0});
	expect("log in\n");
	fw_words_login(out,
	    TEXT("login.example.org.aaaaaaaaaaaaaaaaaaaaaaaaaaa"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa.evil.example"));
	expect("log in\nlogin.example.org.aa~\naaaaaaaa.evil.example");
}

static void
test_live(void **state)
{
	(void)state;
	fw_words_live_code(out, TEXT("bob@example.org"), "012345678", false);
	expect("compare live code of\nbob@example.org\n012 345 678");
	fw_words_live_code(out, TEXT("bob@example.org"), "999999999", true);
	expect("touch if codes match\nbob@example.org\n999 999 999");
	fw_words_live_code(out,
	    TEXT("bob@example.org.0123456789.0123456789.0123456789.evil.c"),
	    "012345678", true);
	expect("touch if codes match\nbob@example.org.0123~\n"
	       "789.0123456789.evil.c\n012 345 678");
	fw_words_live_more(out, TEXT("bob@example.org"));
	expect("more live codes with\nbob@example.org");
	fw_words_live_type(out, TEXT("bob@example.org"));
	expect("type the live code of\nbob@example.org");
}

static void
test_short_ones(void **state)
{
	uint8_t handle[TSW_HASH_LEN];

	(void)state;
	memset(handle, 0x5f, sizeof(handle));
	fw_words_create(out, TSW_ALG_SK_ED25519);
	expect("new identity key\nEd25519");
	fw_words_create(out, TSW_ALG_SK_P256);
	expect("new identity key\nP-256");
	fw_words_attest(out);
	expect("attest this token");
	fw_words_forget(out, handle);
	expect("erase key? hold 5 s\ntoken 5f5f5f5f5f5f");
	fw_words_reset(out);
	expect("erase all? hold 5 s");
	fw_words_select(out);
	expect("use this token?");
	fw_words_entropy(out);
	expect("noise source failed\nI sign nothing");
	fw_words_store(out);
	expect("memory unreadable\nonly a reset helps");
}

/* Every length of every text fits and ends. */
static void
test_lengths(void **state)
{
	uint8_t text[300];
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (len = 0; len <= sizeof(text); len++) {
		fw_words_login(out, (struct tsw_slice){text, len});
		assert_non_null(memchr(out, '\0', sizeof(out)));
		hal_display(out);
	}
	for (len = 1; len <= TSW_LABEL_MAX; len++) {
		fw_words_live_code(out, (struct tsw_slice){text, len},
		    "123456789", true);
		assert_non_null(strstr(out, "\n123 456 789"));
		hal_display(out);
	}
	for (len = 1; len <= TSW_NAME_MAX; len++) {
		restart(1);
		add_key(TSW_APP_WIREGUARD, "");
		st.u.update.op[0].key.device.p = text;
		st.u.update.op[0].key.device.len = len;
		fw_words_statement(out, &st);
		hal_display(out);
		assert_non_null(strstr(out, "\nkey "));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_confirm, setup),
	    cmocka_unit_test_setup(test_confirm_long_label, setup),
	    cmocka_unit_test_setup(test_one_operation, setup),
	    cmocka_unit_test_setup(test_operations_without_name, setup),
	    cmocka_unit_test_setup(test_several_operations, setup),
	    cmocka_unit_test_setup(test_genesis_and_import, setup),
	    cmocka_unit_test_setup(test_rp, setup),
	    cmocka_unit_test_setup(test_live, setup),
	    cmocka_unit_test_setup(test_short_ones, setup),
	    cmocka_unit_test_setup(test_lengths, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
