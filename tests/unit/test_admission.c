/* SPDX-License-Identifier: BSD-2-Clause */
/* What a directory lets in: SPEC 14.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <touchstone/wire/bundle.h>

#include "chaintools.h"
#include "directory/admission.h"
#include "memdb.h"

#define NOW 1800000000u

static struct memdb db;
static struct ts_admission *admission;
static struct ts_admission_rules rules;
static struct ts_admission_result found;
static struct tsw_chain chain; /* as the owner sees it */
static struct sealed sealed;
static struct ts_submit submit;
static uint8_t bytes[TSW_ENVELOPE_MAX];
static int erased_says;
static uint64_t now;

static int
erased(void *ctx, uint8_t k[32], struct tsw_slice label)
{
	(void)ctx;
	memcpy(k, label.p, 3);
	return erased_says;
}

static void
begin_anew(void)
{
	ts_admission_free(&admission);
	assert_int_equal(ts_admission_new(&admission, &rules), TS_OK);
}

static int
set_up(void **state)
{
	(void)chain_setup(state);
	memdb_init(&db);
	memset(&rules, 0, sizeof(rules));
	rules.evidence = UINT32_MAX;
	begin_anew();
	memset(&submit, 0, sizeof(submit));
	submit.label = soft_slice("alice");
	tsw_chain_init(&chain);
	erased_says = TS_ERR_NOT_FOUND;
	now = NOW;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ts_admission_free(&admission);
	return 0;
}

/* What is sealed becomes the envelope of the next submit. */
static void
pack(void)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, bytes, sizeof(bytes));
	assert_int_equal(tsw_envelope_encode(&wr, &sealed.env), TSW_OK);
	submit.envelope.p = bytes;
	submit.envelope.len = tsw_wr_len(&wr);
}

static int
check(void)
{
	const struct ts_admission_source source = {&db.db, erased, NULL};

	return ts_admission_check(admission, &found, &source, &submit, now);
}

static void
expect_good(void)
{
	assert_int_equal(check(), TS_OK);
	assert_int_equal(found.refused.code, 0);
	assert_true(found.ok);
}

static void
expect_refused(enum ts_refusal code, int err)
{
	assert_int_equal(check(), TS_OK);
	assert_false(found.ok);
	assert_int_equal(found.refused.code, code);
	assert_int_equal(found.refused.err, (uint32_t)-err);
	assert_true(found.refused.text[0] != '\0');
}

/* What the engine does with what is good. */
static void
admit(void)
{
	struct ts_dirdb_record rec;

	expect_good();
	memset(&rec, 0, sizeof(rec));
	rec.label = found.record.label;
	rec.number = found.record.number;
	rec.genesis = found.record.genesis;
	rec.time = found.record.time;
	memcpy(rec.hash, found.record.hash, sizeof(rec.hash));
	rec.envelope = found.record.envelope;
	assert_true(memdb_add(&db, &rec));
	assert_int_equal(tsw_chain_preview(&chain, sealed.env.statement, now),
	    TSW_OK);
}

static void
make_genesis(uint64_t time)
{
	struct tsw_statement st = chain_genesis();

	st.time = time;
	seal(&sealed, &st);
	sign(&sealed, BLUE);
	sign(&sealed, SAFE);
	pack();
}

static void
make_update(enum tsw_op_kind kind, int signer)
{
	struct tsw_statement st = chain_update(&chain, kind);

	seal(&sealed, &st);
	sign(&sealed, signer);
	if (kind == TSW_OP_ENROL_TOKEN || kind == TSW_OP_RECOVER)
		sign(&sealed, NEW);
	pack();
}

static void
with_genesis(void)
{
	make_genesis(START);
	admit();
	submit.number = 1;
}

static void
test_genesis(void **state)
{
	(void)state;
	make_genesis(START);
	expect_good();
	assert_true(found.genesis);
	assert_false(found.again);
	assert_false(found.needs_domain);
	assert_memory_equal(found.record.k, "ali", 3);
	assert_int_equal(found.record.genesis, 0);
	assert_int_equal(found.record.time, NOW);
	assert_memory_equal(found.id, found.record.hash, TSW_ID_LEN);
}

static void
test_form(void **state)
{
	struct tsw_statement st;

	(void)state;
	make_genesis(START);
	submit.label = soft_slice("Alice");
	expect_refused(TS_REFUSAL_FORMAT, 0);
	submit.label = soft_slice("carol");
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_LABEL);
	submit.label = soft_slice("alice");
	submit.envelope.len--;
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_TRUNCATED);
	submit.envelope.len++;
	submit.number = 1;
	expect_refused(TS_REFUSAL_CONFLICT, 0);
	submit.number = 0;
	assert_int_equal(tsw_chain_preview(&chain, sealed.env.statement, now),
	    TSW_OK);
	st = chain_confirm(&chain);
	seal(&sealed, &st);
	sign_as(&sealed, BLUE, TSW_NS_ID_CONFIRM, SOFT_UP_UV);
	pack();
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_KIND);
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_NOT_GENESIS);
}

static void
test_signatures(void **state)
{
	struct tsw_statement st = chain_genesis();

	(void)state;
	seal(&sealed, &st);
	sign(&sealed, BLUE);
	pack();
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_UNSIGNED_TOKEN);
	seal(&sealed, &st);
	sign(&sealed, BLUE);
	sign_as(&sealed, SAFE, TSW_NS_ID_STATEMENT, SOFT_UP);
	pack();
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_NO_UV);
	seal(&sealed, &st);
	sign(&sealed, BLUE);
	sign(&sealed, SAFE);
	pack();
	bytes[submit.envelope.len - 10] ^= 1;
	assert_int_equal(check(), TS_OK);
	assert_false(found.ok);
	assert_int_equal(found.refused.code, TS_REFUSAL_REFUSED);
}

static void
test_updates(void **state)
{
	size_t i;

	(void)state;
	with_genesis();
	for (i = 0; i < 5; i++) {
		make_update(i % 2 == 0 ? TSW_OP_ADD_KEY : TSW_OP_REVOKE_KEY,
		    BLUE);
		if (i == 3)
			begin_anew(); /* with nothing kept */
		expect_good();
		assert_false(found.genesis);
		admit();
		submit.number++;
	}
	/* Each record was read once, and all once more after the loss. */
	assert_int_equal(db.reads, 1 + 1 + 1 + 4 + 1 + 0);
	make_update(TSW_OP_ADD_KEY, STRANGER);
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_UNKNOWN_SIGNER);
	chain.seq++;
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_SEQ);
	chain.seq--;
	chain.head[0] ^= 1;
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_PREV);
}

static void
test_places(void **state)
{
	(void)state;
	with_genesis();
	make_update(TSW_OP_ADD_KEY, BLUE);
	submit.number = 0;
	expect_refused(TS_REFUSAL_CONFLICT, 0);
	submit.number = 2;
	expect_refused(TS_REFUSAL_CONFLICT, 0);
	submit.number = 1;
	admit();
	/* The same statement, whoever signed it: its place is asked for. */
	expect_good();
	assert_true(found.again);
	sealed.env.sig_cnt = 0;
	sign(&sealed, STRANGER);
	pack();
	expect_good();
	assert_true(found.again);
	submit.number = 2;
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_SEQ);
}

static void
test_erased(void **state)
{
	(void)state;
	make_genesis(START);
	erased_says = TS_OK;
	expect_refused(TS_REFUSAL_GONE, 0);
	erased_says = TS_ERR_DIRECTORY_BUSY;
	assert_int_equal(check(), TS_ERR_DIRECTORY_BUSY);
	assert_false(found.ok);
}

static void
test_database_fails(void **state)
{
	(void)state;
	with_genesis();
	make_update(TSW_OP_ADD_KEY, BLUE);
	db.fail = TS_ERR_IO;
	assert_int_equal(check(), TS_ERR_IO);
	assert_false(found.ok);
	db.fail = TS_OK;
	db.record[0].envelope[20] ^= 1; /* what is read is no chain */
	assert_int_equal(check(), TS_ERR_DB_CORRUPT);
	assert_false(found.ok);
}

/* The time-lock runs by the times at which the directory saw statements. */
static void
test_recovery(void **state)
{
	(void)state;
	with_genesis();
	make_update(TSW_OP_RECOVER, SAFE);
	admit();
	submit.number = 2;
	assert_true(tsw_chain_settle(&chain, now + 72 * HOUR));
	make_update(TSW_OP_ADD_KEY, NEW);
	now += 71 * HOUR;
	expect_refused(TS_REFUSAL_REFUSED, TSW_ERR_RECOVERY_PENDING);
	now += HOUR;
	admit();
	/* A clock that went back does not bring old tokens back. */
	now -= 10 * HOUR;
	submit.number = 3;
	make_update(TSW_OP_REVOKE_KEY, NEW);
	expect_good();
	assert_int_equal(found.record.time, NOW + 72 * HOUR);
	begin_anew();
	expect_good();
}

static void
test_evidence(void **state)
{
	(void)state;
	rules.evidence = 1u << TSW_EVIDENCE_CARD;
	begin_anew();
	make_genesis(START);
	expect_refused(TS_REFUSAL_EVIDENCE, 0);
	rules.evidence = 1u << TSW_EVIDENCE_FIDO_UV;
	begin_anew();
	admit();
	submit.number = 1;
	make_update(TSW_OP_ENROL_TOKEN, BLUE);
	expect_good();
	rules.evidence = 1u << TSW_EVIDENCE_CARD;
	begin_anew();
	expect_refused(TS_REFUSAL_EVIDENCE, 0);
	make_update(TSW_OP_RECOVER, SAFE);
	expect_refused(TS_REFUSAL_EVIDENCE, 0);
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_good();
}

static void
test_invitations(void **state)
{
	(void)state;
	rules.genesis = TS_GENESIS_INVITE;
	begin_anew();
	memdb_invite(&db, "welcome");
	make_genesis(START);
	expect_refused(TS_REFUSAL_INVITATION, 0);
	submit.invitation = soft_slice("Welcome");
	expect_refused(TS_REFUSAL_INVITATION, 0);
	submit.invitation = soft_slice("welcome");
	expect_good();
	assert_non_null(found.record.invitation);
	assert_memory_equal(found.record.invitation, db.invitation[0],
	    TSW_HASH_LEN);
	admit();
	/* An update needs none and uses none up. */
	submit.number = 1;
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_good();
	assert_null(found.record.invitation);
}

static void
test_domain(void **state)
{
	(void)state;
	rules.genesis = TS_GENESIS_DOMAIN;
	begin_anew();
	make_genesis(START);
	expect_good();
	assert_true(found.needs_domain);
	admit();
	submit.number = 1;
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_good();
	assert_false(found.needs_domain);
}

static void
test_replacing(void **state)
{
	(void)state;
	memdb_invite(&db, "again");
	with_genesis();
	make_genesis(START + 1);
	expect_refused(TS_REFUSAL_REPLACE, 0);
	submit.invitation = soft_slice("wrong");
	expect_refused(TS_REFUSAL_INVITATION, 0);
	submit.invitation = soft_slice("again");
	expect_good();
	assert_non_null(found.record.invitation);
	assert_int_equal(found.record.genesis, 1);
	rules.replace = TS_REPLACE_NEVER;
	begin_anew();
	expect_refused(TS_REFUSAL_REPLACE, 0);
	rules.replace = TS_REPLACE_INVITE;
	rules.genesis = TS_GENESIS_DOMAIN;
	begin_anew();
	expect_good();
	assert_true(found.needs_domain);
	submit.invitation.len = 0;
	expect_refused(TS_REFUSAL_REPLACE, 0);
	rules.replace = TS_REPLACE_OPEN;
	rules.genesis = TS_GENESIS_OPEN;
	begin_anew();
	tsw_chain_init(&chain);
	admit();
	submit.number = 2;
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_good();
	assert_int_equal(found.record.genesis, 1);
}

/* Whoever kept an old envelope cannot bring the old identity back. */
static void
test_old_genesis(void **state)
{
	(void)state;
	rules.replace = TS_REPLACE_OPEN;
	begin_anew();
	with_genesis();
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_good();
	make_genesis(START + 1);
	tsw_chain_init(&chain);
	admit();
	submit.number = 2;
	expect_refused(TS_REFUSAL_CONFLICT, 0);
	make_genesis(START);
	expect_refused(TS_REFUSAL_CONFLICT, 0);
	make_genesis(START + 2);
	expect_good();
	make_update(TSW_OP_ADD_KEY, BLUE);
	expect_good();
}

static void
test_bundles(void **state)
{
	static const uint8_t cert[40] = {0x30, 38};
	struct tsw_bundle bundle = {1, {{cert, sizeof(cert)}}};
	struct tsw_statement st = chain_genesis();
	uint8_t room[TSW_BUNDLE_MAX], hash[TSW_HASH_LEN];
	struct tsw_wr wr;

	(void)state;
	tsw_wr_init(&wr, room, sizeof(room));
	assert_int_equal(tsw_bundle_encode(&wr, &bundle), TSW_OK);
	submit.bundle[0] = (struct tsw_slice){room, tsw_wr_len(&wr)};
	submit.bundle_cnt = 1;
	tsw_bundle_hash(hash, room, submit.bundle[0].len);
	make_genesis(START);
	expect_refused(TS_REFUSAL_FORMAT, 0);
	st.u.genesis.token[2] = soft_token_entry(&token[CARD], "card");
	st.u.genesis.token[2].evidence = TSW_EVIDENCE_CARD_ATTESTED;
	st.u.genesis.token[2].attestation = (struct tsw_slice){hash, 32};
	st.u.genesis.token_cnt = 3;
	seal(&sealed, &st);
	sign(&sealed, BLUE);
	sign(&sealed, SAFE);
	sign_as(&sealed, CARD, TSW_NS_ID_STATEMENT, 0);
	pack();
	expect_good();
	assert_int_equal(found.record.bundle_cnt, 1);
	assert_memory_equal(found.record.bundle_hash[0], hash, sizeof(hash));
	room[submit.bundle[0].len - 1] ^= 1;
	expect_refused(TS_REFUSAL_FORMAT, 0);
	submit.bundle_cnt = 0; /* what is missing can be told by its reader */
	expect_good();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_genesis), TEST(test_form),
	    TEST(test_signatures), TEST(test_updates), TEST(test_places),
	    TEST(test_erased), TEST(test_database_fails), TEST(test_recovery),
	    TEST(test_evidence), TEST(test_invitations), TEST(test_domain),
	    TEST(test_replacing), TEST(test_old_genesis), TEST(test_bundles)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
