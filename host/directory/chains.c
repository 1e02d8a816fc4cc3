/* SPDX-License-Identifier: BSD-2-Clause */
#include "chains.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keyed.h"

#define KEPT_CNT 256 /* about 11 MB */

struct kept {
	uint8_t label[TS_KEYED_LEN];
	struct ts_chain_at at;
};

struct ts_chains {
	pthread_mutex_t lock;
	struct ts_keyed key;
	struct kept *kept[KEPT_CNT]; /* NULL: never used */
};

int
ts_chains_new(struct ts_chains **out)
{
	struct ts_chains *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return TS_ERR_NO_MEMORY;
	r = ts_keyed_init(&c->key);
	if (r != TS_OK) {
		free(c);
		return r;
	}
	(void)pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return TS_OK;
}

void
ts_chains_free(struct ts_chains **chains)
{
	size_t i;

	if (*chains == NULL)
		return;
	for (i = 0; i < KEPT_CNT; i++)
		free((*chains)->kept[i]);
	(void)pthread_mutex_destroy(&(*chains)->lock);
	tsw_wipe(&(*chains)->key, sizeof((*chains)->key));
	free(*chains);
	*chains = NULL;
}

/* What is kept of a label, if it is a beginning of what head says. */
static bool
recall(struct ts_chains *c, struct ts_chain_at *out,
    const uint8_t label[TS_KEYED_LEN], const struct ts_dirdb_head *head)
{
	const struct kept *k;
	bool good;

	pthread_mutex_lock(&c->lock);
	k = c->kept[ts_keyed_place(label, KEPT_CNT)];
	good = k != NULL && memcmp(k->label, label, TS_KEYED_LEN) == 0 &&
	    k->at.genesis == head->genesis && k->at.cnt <= head->cnt;
	if (good)
		*out = k->at;
	pthread_mutex_unlock(&c->lock);
	return good;
}

static void
keep(struct ts_chains *c, const uint8_t label[TS_KEYED_LEN],
    const struct ts_chain_at *at)
{
	struct kept **k = &c->kept[ts_keyed_place(label, KEPT_CNT)];

	pthread_mutex_lock(&c->lock);
	if (*k == NULL)
		*k = calloc(1, sizeof(**k)); /* or it is read again */
	if (*k != NULL) {
		memcpy((*k)->label, label, TS_KEYED_LEN);
		(*k)->at = *at;
	}
	pthread_mutex_unlock(&c->lock);
}

static int
replay(void *ctx, const struct ts_dirdb_record *rec)
{
	struct ts_chain_at *at = ctx;
	struct tsw_envelope env;

	if (rec->number != at->cnt || rec->genesis != at->genesis ||
	    tsw_envelope_decode(&env, rec->envelope.p, rec->envelope.len) !=
		TSW_OK ||
	    tsw_chain_preview(&at->chain, env.statement, rec->time) != TSW_OK ||
	    memcmp(at->chain.head, rec->hash, TSW_HASH_LEN) != 0)
		return TS_ERR_DB_CORRUPT;
	at->cnt++;
	at->seen = rec->time;
	return TS_OK;
}

int
ts_chains_load(struct ts_chains *chains, struct ts_chain_at *out,
    struct ts_dirdb *db, struct tsw_slice label,
    const struct ts_dirdb_head *head)
{
	uint8_t hash[TS_KEYED_LEN];
	uint32_t from;
	int r;

	ts_keyed_hash(hash, &chains->key, 0, label);
	if (!recall(chains, out, hash, head)) {
		tsw_chain_init(&out->chain);
		out->cnt = head->genesis;
		out->genesis = head->genesis;
		out->seen = 0;
	}
	from = out->cnt;
	if (from == head->cnt)
		return TS_OK;
	r = ts_dirdb_records(db, label, from, head->cnt - from, replay, out);
	if (r == TS_OK && out->cnt != head->cnt)
		r = TS_ERR_DB_BUSY; /* it was erased meanwhile */
	if (r == TS_OK)
		keep(chains, hash, out);
	return r;
}
