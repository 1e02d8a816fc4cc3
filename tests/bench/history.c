/* SPDX-License-Identifier: BSD-2-Clause */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define START 1800000000 /* seconds since 1970 */

/* A key entry with its bytes; number makes it one of a kind. */
struct entry {
	char device[TSW_NAME_MAX];
	uint8_t blob[64];
	struct tsw_key key;
};

static void
entry_init(struct entry *e, size_t number)
{
	struct tsw_pubkey pk;
	struct tsw_wr wr;

	memset(e, 0, sizeof(*e));
	memset(&pk, 0, sizeof(pk));
	/* Any 32 bytes are an ed25519 key to an ssh blob. */
	pk.alg = TSW_ALG_ED25519;
	pk.len = 32;
	memcpy(pk.data, &number, sizeof(number));
	tsw_wr_init(&wr, e->blob, sizeof(e->blob));
	bench_need(tsw_pubkey_encode(&wr, &pk) == TSW_OK, "no ssh key");
	(void)snprintf(e->device, sizeof(e->device), "device-%zu", number);
	e->key.app = TSW_APP_SSH;
	e->key.type = TSW_KEY_SSH_BLOB;
	e->key.device = soft_slice(e->device);
	e->key.data.p = e->blob;
	e->key.data.len = tsw_wr_len(&wr);
	e->key.proto = 1;
}

static void
sign(struct history_row *row, const struct tsw_statement *st,
    const struct soft_token *token, uint8_t head[TSW_HASH_LEN],
    uint32_t counter)
{
	uint8_t bytes[TSW_STATEMENT_MAX], sig_bytes[TSW_SSHSIG_MAX];
	struct tsw_envelope env;
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	memset(&env, 0, sizeof(env));
	tsw_wr_init(&wr, bytes, sizeof(bytes));
	bench_need(tsw_statement_encode(&wr, st) == TSW_OK, "no statement");
	env.statement.p = bytes;
	env.statement.len = tsw_wr_len(&wr);
	sig = soft_token_sign(token, TSW_NS_ID_STATEMENT, env.statement,
	    SOFT_UP_UV, counter);
	tsw_wr_init(&wr, sig_bytes, sizeof(sig_bytes));
	bench_need(tsw_sshsig_encode(&wr, &sig) == TSW_OK, "no signature");
	env.sig_cnt = 1;
	env.sig[0].p = sig_bytes;
	env.sig[0].len = tsw_wr_len(&wr);
	tsw_wr_init(&wr, row->bytes, sizeof(row->bytes));
	bench_need(tsw_envelope_encode(&wr, &env) == TSW_OK, "no envelope");
	row->len = tsw_wr_len(&wr);
	tsw_statement_hash(head, bytes, env.statement.len);
}

static void
genesis(struct tsw_statement *st, const struct soft_token *token,
    const char *label)
{
	memset(st, 0, sizeof(*st));
	st->kind = TSW_KIND_GENESIS;
	st->time = START;
	st->u.genesis.label = soft_slice(label);
	st->u.genesis.token[0] = soft_token_entry(token, "daily");
	st->u.genesis.token_cnt = 1;
	st->u.genesis.threshold = 1;
	st->u.genesis.timelock_h = TSW_TIMELOCK_DEFAULT_H;
}

/* Update seq: one more key, or in turn one less and one more. */
static void
change(struct tsw_op *op, struct entry *e, size_t seq, size_t keys)
{
	size_t beyond = seq > keys ? seq - keys : 0;

	memset(op, 0, sizeof(*op));
	if (beyond % 2 == 1) {
		entry_init(e, beyond / 2); /* the oldest that is left */
		op->kind = TSW_OP_REVOKE_KEY;
		bench_need(tsw_key_id(op->id, &e->key) == TSW_OK, "no key id");
	} else {
		entry_init(e, seq - 1 - beyond / 2);
		op->kind = TSW_OP_ADD_KEY;
		op->key = e->key;
	}
}

struct history *
history_new(enum tsw_alg alg, const char *label, size_t cnt, size_t keys)
{
	struct soft_token token = soft_token_new(alg, 7);
	uint8_t head[TSW_HASH_LEN];
	struct tsw_statement st;
	struct history *h;
	struct entry e;
	size_t seq;

	h = calloc(1, sizeof(*h) + cnt * sizeof(h->row[0]));
	bench_need(h != NULL, "no memory");
	genesis(&st, &token, label);
	sign(&h->row[0], &st, &token, head, 1);
	memcpy(h->id, head, sizeof(h->id));
	for (seq = 1; seq < cnt; seq++) {
		memset(&st, 0, sizeof(st));
		st.kind = TSW_KIND_UPDATE;
		st.time = START + seq;
		memcpy(st.u.update.identity, h->id, TSW_ID_LEN);
		memcpy(st.u.update.prev, head, TSW_HASH_LEN);
		st.u.update.seq = (uint32_t)seq;
		st.u.update.op_cnt = 1;
		change(&st.u.update.op[0], &e, seq, keys);
		sign(&h->row[seq], &st, &token, head, (uint32_t)seq + 1);
	}
	h->cnt = cnt;
	return h;
}
