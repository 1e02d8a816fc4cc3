/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The records of another database of a directory, put into this one's log:
 * what is left to do when a log cannot go on.  Times are kept, so time locks
 * that ran out stay so.  Doing it twice does no harm.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/statement.h>

#include "dirdb.h"
#include "keys.h"
#include "lib/secret.h"
#include "verbs.h"

#define BATCH_CNT 500

struct copy {
	struct ts_dirdb *from, *to;
	struct ts_keys *keys;
	uint64_t last; /* id that was read last */
	size_t cnt;
	uint64_t copied, there, refused;
	struct ts_dirdb_admit admit[BATCH_CNT];
	uint8_t *bytes[BATCH_CNT];
};

/* Certificates of the tokens of a statement; what is missing was never there.
 */
static int
add_bundle(struct copy *c, struct ts_dirdb_admit *a, uint8_t *room,
    const struct tsw_token *token)
{
	uint8_t *hash;
	size_t len = 0;
	int r;

	if (token->evidence != TSW_EVIDENCE_CARD_ATTESTED ||
	    token->attestation.len != TSW_HASH_LEN ||
	    a->bundle_cnt == TS_SUBMIT_BUNDLES_CNT)
		return TS_OK;
	hash = a->bundle_hash[a->bundle_cnt];
	memcpy(hash, token->attestation.p, TSW_HASH_LEN);
	room += a->bundle_cnt * TSW_BUNDLE_MAX;
	r = ts_dirdb_bundle(c->from, room, &len, hash);
	if (r == TS_OK)
		a->bundle[a->bundle_cnt++] = (struct tsw_slice){room, len};
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

static int
add_bundles(struct copy *c, struct ts_dirdb_admit *a, uint8_t *room)
{
	struct tsw_statement st;
	struct tsw_envelope env;
	uint8_t hash[TSW_HASH_LEN];
	size_t i;
	int r = TS_OK;

	if (tsw_envelope_decode(&env, a->record.envelope.p,
		a->record.envelope.len) != TSW_OK ||
	    tsw_statement_decode(&st, env.statement.p, env.statement.len) !=
		TSW_OK)
		return TS_ERR_DB_CORRUPT;
	tsw_statement_hash(hash, env.statement.p, env.statement.len);
	if (memcmp(hash, a->record.hash, sizeof(hash)) != 0)
		return TS_ERR_DB_CORRUPT;
	if (st.kind == TSW_KIND_GENESIS) {
		for (i = 0; r == TS_OK && i < st.u.genesis.token_cnt; i++)
			r = add_bundle(c, a, room, &st.u.genesis.token[i]);
		return r;
	}
	for (i = 0; r == TS_OK && i < st.u.update.op_cnt; i++) {
		const struct tsw_op *op = &st.u.update.op[i];

		if (op->kind == TSW_OP_ENROL_TOKEN ||
		    op->kind == TSW_OP_RECOVER)
			r = add_bundle(c, a, room, &op->token);
	}
	return r;
}

/* Its place in this log is another one, under another key. */
static int
new_entry(const struct ts_keys *keys, struct ts_dirdb_record *rec)
{
	uint8_t alpha[TS_ALPHA_MAX], beta[TS_VRF_OUT_LEN];
	struct tsw_slice s = {alpha, 0};
	int r;

	s.len = ts_leaf_alpha(alpha, rec->label, rec->number);
	r = ts_vrf_output(beta, keys->sk_vrf, keys->vrf, s);
	if (r != TS_OK)
		return r;
	memcpy(rec->entry.k, beta, sizeof(rec->entry.k));
	ts_secret_random(rec->opening, sizeof(rec->opening));
	ts_leaf_commit(rec->entry.c, rec->opening, rec->label, rec->number,
	    rec->hash);
	return TS_OK;
}

static int
take(void *ctx, const struct ts_dirdb_record *rec)
{
	struct copy *c = ctx;
	struct ts_dirdb_admit *a = &c->admit[c->cnt];
	size_t len = rec->label.len + rec->envelope.len;
	uint8_t *p;
	int r;

	p = malloc(len + TS_SUBMIT_BUNDLES_CNT * TSW_BUNDLE_MAX);
	if (p == NULL)
		return TS_ERR_NO_MEMORY;
	c->bytes[c->cnt++] = p;
	memset(a, 0, sizeof(*a));
	a->record = *rec;
	memcpy(p, rec->label.p, rec->label.len);
	a->record.label.p = p;
	memcpy(p + rec->label.len, rec->envelope.p, rec->envelope.len);
	a->record.envelope.p = p + rec->label.len;
	r = add_bundles(c, a, p + len);
	if (r == TS_OK)
		r = new_entry(c->keys, &a->record);
	c->last = rec->id;
	return r;
}

/* *more: there was something. */
static int
step(struct copy *c, bool *more)
{
	size_t i;
	int r;

	c->cnt = 0;
	r = ts_dirdb_every(c->from, c->last, BATCH_CNT, take, c);
	if (r == TS_OK && c->cnt > 0)
		r = ts_dirdb_admit(c->to, c->admit, c->cnt);
	for (i = 0; i < c->cnt; i++) {
		if (r == TS_OK && c->admit[i].result == TS_OK)
			c->copied++;
		else if (r == TS_OK && c->admit[i].result == TS_ERR_ALREADY)
			c->there++;
		else if (r == TS_OK)
			c->refused++;
		free(c->bytes[i]);
	}
	*more = r == TS_OK && c->cnt > 0;
	return r;
}

static int
copy(struct copy *c, const struct ts_config *config, const char *from)
{
	char to[TS_CONFIG_PATH_MAX + 16];
	bool more = true;
	int r = ts_secret_init();

	ts_verb_db(to, config);
	if (r == TS_OK)
		r = ts_keys_open(&c->keys, config->data, config->origin, false);
	if (r == TS_OK)
		r = ts_dirdb_open(&c->to, to, false);
	if (r == TS_ERR_NOT_FOUND)
		ts_complain("copy", TS_NOT_STARTED);
	if (r != TS_OK)
		return r;
	r = ts_dirdb_open(&c->from, from, false);
	if (r == TS_ERR_NOT_FOUND)
		ts_complain(from, "there is no database of a directory");
	while (r == TS_OK && more)
		r = step(c, &more);
	return r;
}

static void
copy_free(struct copy *c)
{
	if (c == NULL)
		return;
	ts_keys_free(&c->keys);
	ts_dirdb_free(&c->from);
	ts_dirdb_free(&c->to);
	free(c);
}

int
ts_verb_copy(const struct ts_config *config, char **args)
{
	struct copy *c;
	int r;

	if (args[0] == NULL || args[1] != NULL) {
		ts_complain("copy", "give one database");
		return TS_EXIT_USAGE;
	}
	c = calloc(1, sizeof(*c));
	r = c == NULL ? TS_ERR_NO_MEMORY : copy(c, config, args[0]);
	if (r == TS_ERR_NOT_FOUND) {
		copy_free(c);
		return EXIT_FAILURE;
	}
	if (c != NULL) {
		(void)printf("copied %" PRIu64 "\nthere already %" PRIu64
			     "\nrefused %" PRIu64 "\n",
		    c->copied, c->there, c->refused);
		if (r == TS_OK && c->refused > 0)
			r = TS_ERR_CONFLICT;
	}
	copy_free(c);
	if (r == TS_OK)
		return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	ts_complain("copy", ts_strerror(r));
	return EXIT_FAILURE;
}
