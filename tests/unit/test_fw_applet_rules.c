/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an identity key refuses to sign (SPEC 12.3, 12.4), whatever the host
 * sends it with the right PIN.  Each refusal has its own status, comes before
 * a touch is asked for, and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "saying.h"
#include "tokenview.h"

static struct held key;
static struct place at; /* where key is */
static struct applet_answer answer;

/* A signer at seq 2. */
static int
setup(void **state)
{
	struct tsw_op op = op_add_key();
	struct saying s;
	int i;

	(void)state;
	world_new();
	key = world_bound(&at, TSW_ALG_SK_ED25519, TSW_ROLE_SIGNER);
	for (i = 0; i < 2; i++) {
		say_update(&s, &at, &op);
		assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &key, &s),
		    FW_CTAP_OK);
		place_next(&at, &s);
	}
	return 0;
}

static struct applet_answer
read_key(const struct held *k)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_KEY, .handle = k->handle};
	struct applet_answer a;

	assert_int_equal(view_applet(&a, &cmd), FW_CTAP_OK);
	return a;
}

/* The command is refused with this status, for nothing. */
static void
refused_by(const struct held *k, enum tsw_applet_cmd cmd,
    const struct saying *s, unsigned int status)
{
	struct applet_answer before = read_key(k), after;
	uint32_t counter = rig.t.ctap2.counter;

	assert_int_equal(world_sign(&answer, cmd, k, s), status);
	assert_false(rig.asked);
	assert_int_equal(rig.client.rsp_len, 1);
	after = read_key(k);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(rig.t.ctap2.counter, counter);
}

static void
refused(enum tsw_applet_cmd cmd, const struct saying *s, unsigned int status)
{
	refused_by(&key, cmd, s, status);
}

/* An update of this identity at seq, after prev. */
static void
update_at(struct saying *s, uint32_t seq, const uint8_t prev[32])
{
	struct tsw_op op = op_plain(TSW_OP_SET_POLICY);
	struct place p = at;

	p.seq = seq - 1;
	memcpy(p.hash, prev, sizeof(p.hash));
	say_update(s, &p, &op);
}

static void
test_fork(void **state)
{
	struct saying s;

	(void)state;
	update_at(&s, at.seq, at.hash);
	refused(TSW_APPLET_SIGN, &s, FW_ST_FORK);
	/* Still so after power-up, for ever. */
	world_replug();
	refused(TSW_APPLET_SIGN, &s, FW_ST_FORK);
}

static void
test_skip(void **state)
{
	struct saying s;

	(void)state;
	update_at(&s, at.seq + 2, at.hash);
	refused(TSW_APPLET_SIGN, &s, FW_ST_SKIP);
	update_at(&s, UINT32_MAX, at.hash);
	refused(TSW_APPLET_SIGN, &s, FW_ST_SKIP);
}

static void
test_replay(void **state)
{
	struct saying s;

	(void)state;
	update_at(&s, at.seq - 1, at.identity);
	refused(TSW_APPLET_SIGN, &s, FW_ST_REPLAY);
	/* The very genesis that was signed. */
	say_genesis(&s, &key.key, TSW_ROLE_SIGNER);
	refused(TSW_APPLET_SIGN, &s, FW_ST_REPLAY);
}

static void
test_prev(void **state)
{
	struct saying s;

	(void)state;
	update_at(&s, at.seq + 1, at.identity);
	refused(TSW_APPLET_SIGN, &s, FW_ST_PREV);
}

static void
test_identity(void **state)
{
	struct place other = at;
	struct tsw_op op = op_add_key();
	struct saying s;

	(void)state;
	other.identity[31] ^= 1;
	say_update(&s, &other, &op);
	refused(TSW_APPLET_SIGN, &s, FW_ST_IDENTITY);
	say_confirm(&s, &other, TSW_METHOD_QR);
	refused(TSW_APPLET_CONFIRM, &s, FW_ST_IDENTITY);
	/* Another genesis with this key in it. */
	say_genesis(&s, &key.key, TSW_ROLE_RECOVERY);
	refused(TSW_APPLET_SIGN, &s, FW_ST_IDENTITY);
}

static void
test_import_identity(void **state)
{
	struct place from = at, to = at;
	struct saying s;

	(void)state;
	to.seq++;
	from.identity[0] ^= 1;
	say_import(&s, &from, &to);
	refused(TSW_APPLET_IMPORT, &s, FW_ST_IDENTITY);
}

/* The head to leave must be the head. */
static void
test_import_from(void **state)
{
	struct place from = at, to = at;
	struct saying s;

	(void)state;
	to.seq = 9;
	to.hash[0] ^= 1;
	from.seq = at.seq - 1;
	say_import(&s, &from, &to);
	refused(TSW_APPLET_IMPORT, &s, FW_ST_REPLAY);
	from.seq = at.seq + 1;
	say_import(&s, &from, &to);
	refused(TSW_APPLET_IMPORT, &s, FW_ST_SKIP);
	from = at;
	from.hash[31] ^= 1;
	say_import(&s, &from, &to);
	refused(TSW_APPLET_IMPORT, &s, FW_ST_FORK);
}

/* An import goes up or aside, never down, and not to where the key is. */
static void
test_import_back(void **state)
{
	struct place to = at;
	struct saying s;
	size_t i;

	(void)state;
	to.seq = at.seq + 1;
	say_import(&s, &at, &to);
	/* The seq to take is one byte, after the key 6. */
	for (i = s.len - 1; s.p[i] != 0x07 || s.p[i + 1] != 0x58; i--)
		;
	assert_int_equal(s.p[i - 1], at.seq + 1);
	s.p[i - 1] = (uint8_t)at.seq; /* and the same head */
	refused(TSW_APPLET_IMPORT, &s, FW_ST_STATEMENT);
	s.p[i - 1] = (uint8_t)(at.seq - 1);
	refused(TSW_APPLET_IMPORT, &s, FW_ST_STATEMENT);
	s.p[s.len - 1] ^= 1;
	refused(TSW_APPLET_IMPORT, &s, FW_ST_STATEMENT);
}

/* After an import nothing below is signed, by the statement it left either. */
static void
test_import_is_final(void **state)
{
	struct place to = at;
	struct saying s;

	(void)state;
	to.seq = 9;
	memset(to.hash, 9, sizeof(to.hash));
	say_import(&s, &at, &to);
	assert_int_equal(world_sign(&answer, TSW_APPLET_IMPORT, &key, &s),
	    FW_CTAP_OK);
	update_at(&s, at.seq + 1, at.hash);
	refused(TSW_APPLET_SIGN, &s, FW_ST_REPLAY);
	update_at(&s, 9, at.hash);
	refused(TSW_APPLET_SIGN, &s, FW_ST_FORK);
	update_at(&s, 10, at.hash);
	refused(TSW_APPLET_SIGN, &s, FW_ST_PREV);
}

static void
test_kind(void **state)
{
	struct place to = at;
	struct saying update, confirm, import;

	(void)state;
	to.seq++;
	update_at(&update, at.seq + 1, at.hash);
	say_confirm(&confirm, &at, TSW_METHOD_QR);
	say_import(&import, &at, &to);
	refused(TSW_APPLET_SIGN, &confirm, FW_ST_KIND);
	refused(TSW_APPLET_SIGN, &import, FW_ST_KIND);
	refused(TSW_APPLET_CONFIRM, &update, FW_ST_KIND);
	refused(TSW_APPLET_CONFIRM, &import, FW_ST_KIND);
	refused(TSW_APPLET_IMPORT, &update, FW_ST_KIND);
	refused(TSW_APPLET_IMPORT, &confirm, FW_ST_KIND);
}

/* Bytes that merely contain a statement. */
static void
test_statement(void **state)
{
	struct saying good, s;

	(void)state;
	update_at(&good, at.seq + 1, at.hash);
	s = good; /* a byte behind */
	s.p[s.len++] = 0;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s = good; /* a byte in front */
	memmove(s.p + 1, s.p, s.len++);
	s.p[0] = 0;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s = good; /* inside a byte string, as an envelope has it */
	memmove(s.p + 2, s.p, s.len);
	s.len += 2;
	s.p[0] = 0x58;
	s.p[1] = (uint8_t)good.len;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s = good; /* twice */
	memcpy(s.p + s.len, s.p, s.len);
	s.len *= 2;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s = good; /* the last byte is missing */
	s.len--;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s = good; /* a number that is longer than it need be: version */
	memmove(s.p + 3, s.p + 2, s.len - 2);
	s.p[2] = 0x18;
	s.p[3] = 1;
	s.len++;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s = good; /* another version */
	s.p[2] = 2;
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
	s.len = 1; /* no statement at all */
	refused(TSW_APPLET_SIGN, &s, FW_ST_STATEMENT);
}

/* A key that nothing binds signs only what lists it. */
static void
test_unbound(void **state)
{
	struct held fresh = world_create(TSW_ALG_SK_P256);
	struct tsw_pubkey card = fresh.key;
	struct place to = at;
	struct tsw_op op;
	struct saying s;

	(void)state;
	to.seq++;
	update_at(&s, at.seq + 1, at.hash);
	refused_by(&fresh, TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
	say_genesis(&s, &key.key, TSW_ROLE_SIGNER);
	refused_by(&fresh, TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
	say_confirm(&s, &at, TSW_METHOD_QR);
	refused_by(&fresh, TSW_APPLET_CONFIRM, &s, FW_ST_MAY_NOT);
	say_import(&s, &at, &to);
	refused_by(&fresh, TSW_APPLET_IMPORT, &s, FW_ST_MAY_NOT);
	/* Listed, but as a key of a smartcard. */
	card.alg = TSW_ALG_P256;
	op = op_token(TSW_OP_ENROL_TOKEN, &card, TSW_ROLE_SIGNER);
	op.token.evidence = TSW_EVIDENCE_CARD;
	say_update(&s, &at, &op);
	refused_by(&fresh, TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
}

/* Enrolment and recovery bind, with the role and the place of the update. */
static void
test_enrolled(void **state)
{
	static const enum tsw_op_kind kind[] = {TSW_OP_ENROL_TOKEN,
	    TSW_OP_ENROL_TOKEN, TSW_OP_RECOVER};
	static const enum tsw_role role[] = {TSW_ROLE_SIGNER, TSW_ROLE_RECOVERY,
	    TSW_ROLE_SIGNER};
	struct place far = at;
	struct held fresh;
	struct tsw_op op;
	struct saying s;
	size_t i;

	(void)state;
	far.seq = 40;
	for (i = 0; i < 3; i++) {
		fresh = world_create(TSW_ALG_SK_P256);
		op = op_token(kind[i], &fresh.key, role[i]);
		say_update(&s, &far, &op);
		assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &fresh,
				     &s),
		    FW_CTAP_OK);
		assert_true(judge(&answer, &fresh.key,
		    "statement.v1@touchstone", said(&s)));
		answer = read_key(&fresh);
		assert_int_equal(answer.bound, 1);
		assert_int_equal(answer.seq, 41);
		assert_int_equal(answer.role, role[i]);
		assert_memory_equal(answer.identity, at.identity, 32);
	}
}

/* Who may what: recovery keys recover, signers do the rest. */
static void
test_role(void **state)
{
	static const enum tsw_op_kind plain[] = {TSW_OP_SET_POLICY,
	    TSW_OP_SET_VERIFICATION, TSW_OP_VETO};
	struct tsw_pubkey other = {TSW_ALG_SK_ED25519, 32, {1}};
	struct tsw_op recover =
	    op_token(TSW_OP_RECOVER, &other, TSW_ROLE_SIGNER);
	struct place place;
	struct held rec =
	    world_bound(&place, TSW_ALG_SK_ED25519, TSW_ROLE_RECOVERY);
	struct tsw_op op;
	struct saying s;
	size_t i;

	(void)state;
	say_update(&s, &at, &recover);
	refused(TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
	for (i = 0; i < 3; i++) {
		op = op_plain(plain[i]);
		say_update(&s, &place, &op);
		refused_by(&rec, TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
	}
	op = op_token(TSW_OP_ENROL_TOKEN, &other, TSW_ROLE_SIGNER);
	say_update(&s, &place, &op);
	refused_by(&rec, TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
	say_confirm(&s, &place, TSW_METHOD_QR);
	refused_by(&rec, TSW_APPLET_CONFIRM, &s, FW_ST_MAY_NOT);
	say_update(&s, &place, &recover);
	assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &rec, &s),
	    FW_CTAP_OK);
	op = op_plain(TSW_OP_VETO);
	say_update(&s, &at, &op);
	assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &key, &s),
	    FW_CTAP_OK);
}

/* A signer that is listed anew, for recovery, signs that, and is that. */
static void
test_relisted(void **state)
{
	struct tsw_op op =
	    op_token(TSW_OP_ENROL_TOKEN, &key.key, TSW_ROLE_RECOVERY);
	struct saying s;

	(void)state;
	say_update(&s, &at, &op);
	assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &key, &s),
	    FW_CTAP_OK);
	assert_int_equal(read_key(&key).role, TSW_ROLE_RECOVERY);
	place_next(&at, &s);
	op = op_plain(TSW_OP_SET_POLICY);
	say_update(&s, &at, &op);
	refused(TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
	op = op_token(TSW_OP_ENROL_TOKEN, &key.key, TSW_ROLE_SIGNER);
	say_update(&s, &at, &op);
	assert_int_equal(world_sign(&answer, TSW_APPLET_SIGN, &key, &s),
	    FW_CTAP_OK);
	assert_int_equal(read_key(&key).role, TSW_ROLE_SIGNER);
}

/* A recovery key that was told of a head does not sign that either. */
static void
test_role_imported(void **state)
{
	struct place place, next;
	struct held rec =
	    world_bound(&place, TSW_ALG_SK_ED25519, TSW_ROLE_RECOVERY);
	struct tsw_op op = op_plain(TSW_OP_SET_POLICY);
	struct saying s, import;

	(void)state;
	say_update(&s, &place, &op);
	next = place;
	place_next(&next, &s);
	say_import(&import, &place, &next);
	assert_int_equal(world_sign(&answer, TSW_APPLET_IMPORT, &rec, &import),
	    FW_CTAP_OK);
	refused_by(&rec, TSW_APPLET_SIGN, &s, FW_ST_FORK);
	place_next(&place, &s);
	say_update(&s, &place, &op);
	refused_by(&rec, TSW_APPLET_SIGN, &s, FW_ST_MAY_NOT);
}

/* A confirmation speaks of the head as it is. */
static void
test_confirm_head(void **state)
{
	struct place p = at;
	struct saying s;

	(void)state;
	p.seq = at.seq - 1;
	say_confirm(&s, &p, TSW_METHOD_QR);
	refused(TSW_APPLET_CONFIRM, &s, FW_ST_REPLAY);
	p.seq = at.seq + 1;
	say_confirm(&s, &p, TSW_METHOD_QR);
	refused(TSW_APPLET_CONFIRM, &s, FW_ST_SKIP);
	p = at;
	p.hash[0] ^= 1;
	say_confirm(&s, &p, TSW_METHOD_QR);
	refused(TSW_APPLET_CONFIRM, &s, FW_ST_FORK);
	/* By live code only LIVE_CONFIRM signs it. */
	say_confirm(&s, &at, TSW_METHOD_LIVE);
	refused(TSW_APPLET_CONFIRM, &s, FW_ST_LIVE_EARLY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_fork, setup),
	    cmocka_unit_test_setup(test_skip, setup),
	    cmocka_unit_test_setup(test_replay, setup),
	    cmocka_unit_test_setup(test_prev, setup),
	    cmocka_unit_test_setup(test_identity, setup),
	    cmocka_unit_test_setup(test_import_identity, setup),
	    cmocka_unit_test_setup(test_import_from, setup),
	    cmocka_unit_test_setup(test_import_back, setup),
	    cmocka_unit_test_setup(test_import_is_final, setup),
	    cmocka_unit_test_setup(test_kind, setup),
	    cmocka_unit_test_setup(test_statement, setup),
	    cmocka_unit_test_setup(test_unbound, setup),
	    cmocka_unit_test_setup(test_enrolled, setup),
	    cmocka_unit_test_setup(test_role, setup),
	    cmocka_unit_test_setup(test_relisted, setup),
	    cmocka_unit_test_setup(test_role_imported, setup),
	    cmocka_unit_test_setup(test_confirm_head, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
