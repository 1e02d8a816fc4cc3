/* SPDX-License-Identifier: BSD-2-Clause */
#include "chaintools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Kinds of statement that are no operation, beside TSW_OP_*. */
enum { GENESIS = 100, CONFIRM = 101, IMPORT = 102 };

/* A statement of this kind for chain, signed by those who must. */
static void
seal_what(struct sealed *s, const struct tsw_chain *chain, int what)
{
	struct tsw_statement st;

	st = what == GENESIS  ? chain_genesis()
	    : what == CONFIRM ? chain_confirm(chain)
	    : what == IMPORT  ? chain_import(chain)
			      : chain_update(chain, (enum tsw_op_kind)what);
	seal(s, &st);
	sign(s, what == TSW_OP_RECOVER ? SAFE : BLUE);
	if (what == GENESIS)
		sign(s, SAFE);
	if (what == TSW_OP_ENROL_TOKEN || what == TSW_OP_RECOVER)
		sign(s, NEW);
}

static void
give(struct tsw_chain *chain, int what, uint64_t seen)
{
	struct sealed s;

	seal_what(&s, chain, what);
	assert_int_equal(tsw_chain_step(chain, NULL, &s.env, seen), TSW_OK);
}

/* A chain with one key, owned by the caller. */
static struct tsw_chain *
begin(void)
{
	struct tsw_chain *chain = malloc(sizeof(*chain));

	assert_non_null(chain);
	tsw_chain_init(chain);
	give(chain, GENESIS, START);
	give(chain, TSW_OP_ADD_KEY, START);
	return chain;
}

static void
start_recovery(struct tsw_chain *chain, uint64_t seen)
{
	give(chain, TSW_OP_RECOVER, seen);
}

/* A step that must be refused and leave everything as it is. */
static void
refused(const struct tsw_chain *chain, const struct sealed *s, int want)
{
	struct tsw_chain copy = *chain;
	struct tsw_step step, before;

	memset(&step, 0xa5, sizeof(step));
	before = step;
	assert_int_equal(tsw_chain_step(&copy, &step, &s->env, START), want);
	assert_memory_equal(&copy, chain, sizeof(copy));
	assert_memory_equal(&step, &before, sizeof(step));
}

static void
takes(const struct tsw_chain *chain, int what, int want)
{
	struct tsw_chain next = *chain;
	struct sealed s;

	seal_what(&s, chain, what);
	if (want != TSW_OK) {
		refused(chain, &s, want);
		return;
	}
	assert_int_equal(tsw_chain_step(&next, NULL, &s.env, START), TSW_OK);
	assert_int_equal(next.state,
	    what == TSW_OP_RECOVER ? TSW_CHAIN_RECOVERING : TSW_CHAIN_ACTIVE);
	assert_int_equal(next.recovery.key.len > 0, what == TSW_OP_RECOVER);
	assert_memory_not_equal(next.head, chain->head, TSW_HASH_LEN);
}

/* SPEC 8.1: every state, every kind of statement. */
static void
states_and_operations(void **state)
{
	static const struct {
		int what;
		int want[3]; /* in EMPTY, ACTIVE, RECOVERING */
	} t[] = {
#define UPDATE(kind)                                                           \
	{                                                                      \
		kind,                                                          \
		{                                                              \
			TSW_ERR_NOT_GENESIS, TSW_OK, TSW_ERR_RECOVERY_PENDING  \
		}                                                              \
	}
	    UPDATE(TSW_OP_ADD_KEY), UPDATE(TSW_OP_REVOKE_KEY),
	    UPDATE(TSW_OP_ENROL_TOKEN), UPDATE(TSW_OP_RETIRE_TOKEN),
	    UPDATE(TSW_OP_SET_VERIFICATION), UPDATE(TSW_OP_SET_POLICY),
	    UPDATE(TSW_OP_RECOVER),
#undef UPDATE
	    {TSW_OP_VETO, {TSW_ERR_NOT_GENESIS, TSW_ERR_NO_RECOVERY, TSW_OK}},
	    {GENESIS, {TSW_OK, TSW_ERR_KIND, TSW_ERR_KIND}},
	    {CONFIRM, {TSW_ERR_NOT_GENESIS, TSW_ERR_KIND, TSW_ERR_KIND}},
	    {IMPORT, {TSW_ERR_NOT_GENESIS, TSW_ERR_KIND, TSW_ERR_KIND}}};
	struct tsw_chain *chain[3];
	size_t i, j;

	(void)state;
	chain[0] = malloc(sizeof(*chain[0]));
	assert_non_null(chain[0]);
	tsw_chain_init(chain[0]);
	chain[1] = begin();
	chain[2] = begin();
	start_recovery(chain[2], START);
	for (i = 0; i < 3; i++) {
		assert_int_equal(chain[i]->state, i);
		for (j = 0; j < sizeof(t) / sizeof(t[0]); j++)
			takes(chain[i], t[j].what, t[j].want[i]);
		free(chain[i]);
	}
}

static void
lists_what_was_added(void **state)
{
	struct tsw_chain *chain = begin();
	uint8_t id[TSW_HASH_LEN];
	const struct tsw_chain_key *k = &chain->key[0];

	(void)state;
	assert_int_equal(chain->key_cnt, 1);
	assert_int_equal(tsw_chain_find_key(chain, k->id), 0);
	assert_int_equal(k->app, TSW_APP_RAW);
	assert_int_equal(k->seq, 1);
	assert_memory_equal(k->device, "laptop", k->device_len);
	assert_memory_equal(k->data, "data", k->data_len);
	assert_int_equal(chain->token_cnt, 2);
	tsw_token_id(id, &token[SAFE].key);
	assert_int_equal(tsw_chain_find_token(chain, id), 1);
	tsw_token_id(id, &token[NEW].key);
	assert_int_equal(tsw_chain_find_token(chain, id), -1);
	assert_int_equal(tsw_chain_find_key(chain, id), -1);
	assert_memory_equal(chain->label, "alice", chain->label_len);
	free(chain);
}

/* 1,000 statements; each step tells what it saw. */
static void
long_chain(void **state)
{
	struct tsw_chain *chain = begin();
	struct tsw_statement st;
	struct tsw_step step;
	struct sealed s;
	size_t i;

	(void)state;
	for (i = 2; i < 1000; i++) {
		st = chain_update(chain, TSW_OP_ADD_KEY);
		st.u.update.op[0].key.proto = (uint8_t)i;
		seal(&s, &st);
		sign(&s, BLUE);
		assert_int_equal(tsw_chain_step(chain, &step, &s.env,
				     START + i),
		    TSW_OK);
		assert_memory_equal(step.hash, chain->head, sizeof(step.hash));
		assert_int_equal(step.signer_cnt, 1);
		assert_false(step.counter_stale);
		assert_false(step.recovered);
	}
	assert_int_equal(chain->seq, 999);
	assert_int_equal(chain->key_cnt, 1); /* renewed 998 times */
	assert_int_equal(chain->key[0].seq, 999);
	free(chain);
}

static void
last_sequence_number(void **state)
{
	struct tsw_chain *chain = begin();
	struct tsw_statement st;
	struct sealed s;

	(void)state;
	chain->seq = UINT32_MAX;
	st = chain_update(chain, TSW_OP_ADD_KEY);
	st.u.update.seq = 1;
	seal(&s, &st);
	sign(&s, BLUE);
	refused(chain, &s, TSW_ERR_SEQ);
	free(chain);
}

/* The time-lock ends at the second it should, whatever the clock says. */
static void
settling(void **state)
{
	static const struct {
		uint64_t from, now;
		bool want;
	} t[] = {{START, START, false}, {START, START - 1, false},
	    {START, 0, false}, {START, START + 72 * HOUR - 1, false},
	    {START, START + 72 * HOUR, true}, {START, UINT64_MAX, true},
	    {UINT64_MAX, UINT64_MAX, false}, {UINT64_MAX - 1, 0, false},
	    {0, 72 * HOUR - 1, false}, {0, 72 * HOUR, true}};
	struct tsw_chain *chain = begin(), copy;
	size_t i;

	(void)state;
	assert_false(tsw_chain_settle(chain, UINT64_MAX));
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		copy = *chain;
		start_recovery(&copy, t[i].from);
		assert_true(copy.recovery_from == t[i].from);
		assert_int_equal(tsw_chain_settle(&copy, t[i].now), t[i].want);
		assert_int_equal(copy.state,
		    t[i].want ? TSW_CHAIN_ACTIVE : TSW_CHAIN_RECOVERING);
	}
	assert_int_equal(copy.token_cnt, 2);
	assert_int_equal(copy.token[0].role, TSW_ROLE_RECOVERY);
	assert_memory_equal(copy.token[1].key.data, token[NEW].key.data, 65);
	assert_int_equal(copy.threshold, 1);
	assert_int_equal(copy.key_cnt, 1);
	free(chain);
}

/* A preview is the step without its signatures. */
static void
preview(void **state)
{
	static const enum tsw_op_kind kind[] = {TSW_OP_ADD_KEY,
	    TSW_OP_REVOKE_KEY, TSW_OP_SET_POLICY, TSW_OP_RECOVER};
	struct tsw_chain *chain = begin(), real, would;
	struct tsw_statement st;
	struct sealed s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		st = chain_update(chain, kind[i]);
		seal(&s, &st);
		sign(&s, kind[i] == TSW_OP_RECOVER ? SAFE : BLUE);
		if (kind[i] == TSW_OP_RECOVER)
			sign(&s, NEW);
		real = would = *chain;
		assert_int_equal(tsw_chain_step(&real, NULL, &s.env, START),
		    TSW_OK);
		assert_int_equal(tsw_chain_preview(&would, s.env.statement,
				     START),
		    TSW_OK);
		/* Counters are in signatures only. */
		real.token[0].counter = would.token[0].counter = 0;
		real.token[1].counter = would.token[1].counter = 0;
		real.recovery.counter = 0;
		assert_memory_equal(&real, &would, sizeof(real));
	}
	st = chain_update(chain, TSW_OP_RETIRE_TOKEN);
	tsw_token_id(st.u.update.op[0].id, &token[BLUE].key);
	seal(&s, &st);
	would = *chain;
	assert_int_equal(tsw_chain_preview(&would, s.env.statement, START),
	    TSW_ERR_LAST_SIGNER);
	st = chain_update(chain, TSW_OP_VETO);
	seal(&s, &st);
	assert_int_equal(tsw_chain_preview(&would, s.env.statement, START),
	    TSW_ERR_NO_RECOVERY);
	s.env.statement.len--;
	assert_int_equal(tsw_chain_preview(&would, s.env.statement, START),
	    TSW_ERR_TRUNCATED);
	assert_memory_equal(&would, chain, sizeof(would));
	free(chain);
}

/* What is still missing, as signatures come in. */
static void
collecting(void **state)
{
	struct tsw_chain *chain = begin();
	struct tsw_statement st = chain_update(chain, TSW_OP_ENROL_TOKEN);
	struct sealed s, more;

	(void)state;
	seal(&s, &st);
	assert_int_equal(tsw_chain_check_sigs(chain, &s.env),
	    TSW_ERR_UNSIGNED_TOKEN);
	sign(&s, NEW);
	assert_int_equal(tsw_chain_check_sigs(chain, &s.env),
	    TSW_ERR_THRESHOLD);
	more = s;
	sign(&more, STRANGER);
	assert_int_equal(tsw_chain_check_sigs(chain, &more.env),
	    TSW_ERR_UNKNOWN_SIGNER);
	sign(&s, BLUE);
	assert_int_equal(tsw_chain_check_sigs(chain, &s.env), TSW_OK);
	s.env.statement.len--;
	assert_int_equal(tsw_chain_check_sigs(chain, &s.env),
	    TSW_ERR_TRUNCATED);
	/* A statement that cannot stand gets no signatures. */
	st = chain_update(chain, TSW_OP_RETIRE_TOKEN);
	tsw_token_id(st.u.update.op[0].id, &token[NEW].key);
	seal(&s, &st);
	assert_int_equal(tsw_chain_check_sigs(chain, &s.env),
	    TSW_ERR_NOT_FOUND);
	free(chain);
}

static int
check_confirm(const struct tsw_chain *chain, const struct tsw_statement *st,
    int who, enum tsw_ns ns)
{
	struct sealed s;

	seal(&s, st);
	if (who != TOKENS)
		sign_as(&s, who, ns, SOFT_UP); /* touch is enough */
	return tsw_chain_check_sigs(chain, &s.env);
}

static void
confirmations(void **state)
{
	struct tsw_chain *chain = begin();
	struct tsw_statement st = chain_confirm(chain);
	const enum tsw_ns ns = TSW_NS_ID_CONFIRM;

	(void)state;
	assert_int_equal(check_confirm(chain, &st, BLUE, ns), TSW_OK);
	assert_int_equal(check_confirm(chain, &st, TOKENS, ns),
	    TSW_ERR_THRESHOLD);
	assert_int_equal(check_confirm(chain, &st, SAFE, ns), TSW_ERR_ROLE);
	assert_int_equal(check_confirm(chain, &st, STRANGER, ns),
	    TSW_ERR_UNKNOWN_SIGNER);
	assert_int_equal(check_confirm(chain, &st, BLUE, TSW_NS_ID_STATEMENT),
	    TSW_ERR_NAMESPACE);
	st.u.confirm.head[0] ^= 1;
	assert_int_equal(check_confirm(chain, &st, BLUE, ns), TSW_ERR_PREV);
	st.u.confirm.seq--; /* an older head is the caller's to know */
	assert_int_equal(check_confirm(chain, &st, BLUE, ns), TSW_OK);
	st.u.confirm.seq += 2;
	assert_int_equal(check_confirm(chain, &st, BLUE, ns), TSW_ERR_SEQ);
	st.u.confirm.identity[0] ^= 1;
	assert_int_equal(check_confirm(chain, &st, BLUE, ns), TSW_ERR_IDENTITY);
	tsw_chain_init(chain);
	assert_int_equal(check_confirm(chain, &st, BLUE, ns),
	    TSW_ERR_NOT_GENESIS);
	free(chain);
}

/* It is the owner's word to one token, and nobody else's business. */
static void
imports_are_no_part(void **state)
{
	struct tsw_chain *chain = begin();
	struct tsw_statement st = chain_import(chain);

	(void)state;
	assert_int_equal(check_confirm(chain, &st, BLUE, TSW_NS_ID_IMPORT),
	    TSW_ERR_KIND);
	st.u.import.from_seq--;
	assert_int_equal(check_confirm(chain, &st, BLUE, TSW_NS_ID_IMPORT),
	    TSW_ERR_KIND);
	free(chain);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(states_and_operations),
	    cmocka_unit_test(lists_what_was_added),
	    cmocka_unit_test(long_chain),
	    cmocka_unit_test(last_sequence_number),
	    cmocka_unit_test(settling),
	    cmocka_unit_test(preview),
	    cmocka_unit_test(collecting),
	    cmocka_unit_test(confirmations),
	    cmocka_unit_test(imports_are_no_part),
	};

	return cmocka_run_group_tests(tests, chain_setup, NULL);
}
