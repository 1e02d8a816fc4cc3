/* SPDX-License-Identifier: BSD-2-Clause */
#include "chaintools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct soft_token token[TOKENS];

int
chain_setup(void **state)
{
	(void)state;
	token[BLUE] = soft_token_new(TSW_ALG_SK_ED25519, 1);
	token[BACKUP] = soft_token_new(TSW_ALG_SK_P256, 2);
	token[CARD] = soft_token_new(TSW_ALG_P256, 3);
	token[SAFE] = soft_token_new(TSW_ALG_SK_ED25519, 4);
	token[NEW] = soft_token_new(TSW_ALG_SK_P256, 5);
	token[STRANGER] = soft_token_new(TSW_ALG_ED25519, 6);
	return 0;
}

void
seal(struct sealed *s, const struct tsw_statement *st)
{
	struct tsw_wr wr;

	memset(s, 0, sizeof(*s));
	tsw_wr_init(&wr, s->statement, sizeof(s->statement));
	assert_int_equal(tsw_statement_encode(&wr, st), TSW_OK);
	s->env.statement.p = s->statement;
	s->env.statement.len = tsw_wr_len(&wr);
}

void
sign_as(struct sealed *s, int who, enum tsw_ns ns, uint8_t flags)
{
	static uint32_t counter;
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	sig = soft_token_sign(&token[who], ns, s->env.statement, flags,
	    ++counter);
	tsw_wr_init(&wr, s->sig[s->env.sig_cnt], TSW_SSHSIG_MAX);
	assert_int_equal(tsw_sshsig_encode(&wr, &sig), TSW_OK);
	s->env.sig[s->env.sig_cnt].p = s->sig[s->env.sig_cnt];
	s->env.sig[s->env.sig_cnt].len = tsw_wr_len(&wr);
	s->env.sig_cnt++;
}

void
sign(struct sealed *s, int who)
{
	sign_as(s, who, TSW_NS_ID_STATEMENT, SOFT_UP_UV);
}

struct tsw_statement
chain_genesis(void)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = START;
	st.u.genesis.label = soft_slice("alice");
	st.u.genesis.token[0] = soft_token_entry(&token[BLUE], "blue");
	st.u.genesis.token[1] = soft_token_entry(&token[SAFE], "safe");
	st.u.genesis.token[1].role = TSW_ROLE_RECOVERY;
	st.u.genesis.token_cnt = 2;
	st.u.genesis.threshold = 1;
	st.u.genesis.timelock_h = 72;
	return st;
}

struct tsw_statement
chain_update(const struct tsw_chain *chain, enum tsw_op_kind kind)
{
	struct tsw_statement st;
	struct tsw_op *op = &st.u.update.op[0];
	struct tsw_key key;

	memset(&st, 0, sizeof(st));
	memset(&key, 0, sizeof(key));
	st.kind = TSW_KIND_UPDATE;
	st.time = chain->time;
	memcpy(st.u.update.identity, chain->id, TSW_ID_LEN);
	memcpy(st.u.update.prev, chain->head, TSW_HASH_LEN);
	st.u.update.seq = chain->seq + 1;
	st.u.update.op_cnt = 1;
	op->kind = kind;
	key.app = TSW_APP_RAW;
	key.type = TSW_KEY_RAW;
	key.device = soft_slice("laptop");
	key.data = soft_slice("data");
	op->threshold = 1;
	op->timelock_h = 72;
	if (kind == TSW_OP_ADD_KEY)
		op->key = key;
	if (kind == TSW_OP_ENROL_TOKEN || kind == TSW_OP_RECOVER)
		op->token = soft_token_entry(&token[NEW], "new");
	if (kind == TSW_OP_REVOKE_KEY)
		assert_int_equal(tsw_key_id(op->id, &key), TSW_OK);
	if (kind == TSW_OP_RETIRE_TOKEN)
		tsw_token_id(op->id, &token[SAFE].key);
	return st;
}

struct tsw_statement
chain_confirm(const struct tsw_chain *chain)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_CONFIRM;
	st.time = chain->time;
	memcpy(st.u.confirm.identity, chain->id, TSW_ID_LEN);
	memcpy(st.u.confirm.head, chain->head, TSW_HASH_LEN);
	st.u.confirm.seq = chain->seq;
	memset(st.u.confirm.contact, 0x42, TSW_ID_LEN);
	st.u.confirm.contact_label = soft_slice("bob");
	st.u.confirm.method = TSW_METHOD_LIVE;
	return st;
}

struct tsw_statement
chain_import(const struct tsw_chain *chain)
{
	struct tsw_statement st;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_IMPORT;
	st.time = chain->time;
	memcpy(st.u.import.identity, chain->id, TSW_ID_LEN);
	memcpy(st.u.import.from_head, chain->head, TSW_HASH_LEN);
	st.u.import.from_seq = chain->seq;
	st.u.import.seq = chain->seq + 1;
	return st;
}
