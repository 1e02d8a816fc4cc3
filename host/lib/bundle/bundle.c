/* SPDX-License-Identifier: BSD-2-Clause */
#include "bundle.h"

#include <stdlib.h>
#include <string.h>

#include "../store/alerts.h"

#define CLAIMS_MAX_CNT 4096 /* more are not judged in this process */

static struct ts_claim *
find(const struct ts_store *store, const struct tsw_pubkey *key,
    const uint8_t hash[TSW_HASH_LEN])
{
	struct ts_claim *c;
	size_t i;

	for (i = 0; i < store->claim_cnt; i++) {
		c = &store->claim[i];
		if (c->key.alg == key->alg && c->key.len == key->len &&
		    memcmp(c->key.data, key->data, key->len) == 0 &&
		    memcmp(c->hash, hash, sizeof(c->hash)) == 0)
			return c;
	}
	return NULL;
}

static void
set_text(struct ts_proof *proof, enum ts_proof_state state, const char *text)
{
	memset(proof, 0, sizeof(*proof));
	proof->state = state;
	memcpy(proof->text, text, strnlen(text, TS_PROOF_TEXT_MAX - 1));
}

/* Due, and new if need be; *out may be NULL. */
static int
claim(struct ts_store *store, struct ts_claim **out, int64_t person,
    const struct tsw_pubkey *key, const uint8_t hash[TSW_HASH_LEN])
{
	struct ts_claim *c = find(store, key, hash), *grown;

	if (c == NULL) {
		if (store->claim_cnt >= CLAIMS_MAX_CNT)
			return TS_OK;
		grown =
		    realloc(store->claim, (store->claim_cnt + 1) * sizeof(*c));
		if (grown == NULL)
			return TS_ERR_NO_MEMORY;
		store->claim = grown;
		c = &store->claim[store->claim_cnt++];
		memset(c, 0, sizeof(*c));
		c->person = person;
		c->key = *key;
		memcpy(c->hash, hash, sizeof(c->hash));
		set_text(&c->proof, TS_PROOF_WAITS, "it is being checked");
	}
	c->due = true;
	if (out != NULL)
		*out = c;
	return TS_OK;
}

/* --- The table --- */

static int
put(struct ts_store *store, const uint8_t hash[TSW_HASH_LEN], const uint8_t *p,
    size_t len)
{
	struct ts_query q;

	ts_query_init(&q, store->db,
	    "INSERT OR REPLACE INTO bundle (hash, bytes) VALUES (?, ?)");
	ts_query_blob(&q, hash, TSW_HASH_LEN);
	ts_query_blob(&q, p, len);
	return ts_query_run(&q);
}

/* A row whose bytes are not those of its hash was edited, and counts as none.
 */
static int
get(struct ts_store *store, uint8_t out[TSW_BUNDLE_MAX], size_t *len,
    const uint8_t hash[TSW_HASH_LEN])
{
	uint8_t got[TSW_HASH_LEN];
	struct tsw_slice s;
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db, "SELECT bytes FROM bundle WHERE hash = ?");
	ts_query_blob(&q, hash, TSW_HASH_LEN);
	r = ts_query_one(&q);
	if (r == TS_OK) {
		s = ts_query_get_blob(&q, 0);
		if (s.len == 0 || s.len > TSW_BUNDLE_MAX) {
			r = TS_ERR_NOT_FOUND;
		} else {
			memcpy(out, s.p, s.len);
			*len = s.len;
		}
	}
	ts_query_end(&q);
	if (r != TS_OK)
		return r;
	tsw_bundle_hash(got, out, *len);
	return memcmp(got, hash, sizeof(got)) == 0 ? TS_OK : TS_ERR_NOT_FOUND;
}

/* --- Claims of chains --- */

struct looking {
	struct ts_store *store;
	const struct ts_person *person;
	struct ts_directory *dir;
};

static int
raise_about(struct ts_store *store, enum ts_alert_code code, int64_t person,
    const uint8_t hash[TSW_HASH_LEN], const char *detail)
{
	struct ts_raise raise;

	memset(&raise, 0, sizeof(raise));
	raise.code = code;
	raise.person = person;
	raise.once = code == TS_ALERT_PROOF_MISSING;
	raise.detail = detail;
	memcpy(raise.cause, hash, sizeof(raise.cause));
	return ts_alert_raise(store, &raise);
}

/* Nobody has it here yet: see whether the directory does. */
static int
fetch(struct looking *l, const struct tsw_chain_token *t)
{
	uint8_t bytes[TSW_BUNDLE_MAX];
	size_t len = 0;
	int r;

	r = ts_directory_bundle(l->dir, ts_person_label(l->person), t->bundle,
	    bytes, &len);
	if (r == TS_ERR_NOT_FOUND)
		return raise_about(l->store, TS_ALERT_PROOF_MISSING,
		    l->person->id, t->bundle, NULL);
	if (r == TS_ERR_MISMATCH)
		return raise_about(l->store, TS_ALERT_PROOF_WRONG,
		    l->person->id, t->bundle, "something else is in its place");
	if (r != TS_OK)
		return r == TS_ERR_DIRECTORY ? TS_OK : r; /* the next look */
	r = put(l->store, t->bundle, bytes, len);
	return r == TS_OK
	    ? claim(l->store, NULL, l->person->id, &t->key, t->bundle)
	    : r;
}

static int
each_claim(const struct tsw_chain *chain, void *arg,
    int (*fn)(void *arg, const struct tsw_chain_token *t))
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < chain->token_cnt; i++) {
		if (chain->token[i].evidence == TSW_EVIDENCE_CARD_ATTESTED)
			r = fn(arg, &chain->token[i]);
	}
	if (r == TS_OK && chain->state == TSW_CHAIN_RECOVERING &&
	    chain->recovery.evidence == TSW_EVIDENCE_CARD_ATTESTED)
		r = fn(arg, &chain->recovery);
	return r;
}

static int
know(void *arg, const struct tsw_chain_token *t)
{
	uint8_t bytes[TSW_BUNDLE_MAX];
	struct looking *l = arg;
	size_t len;
	int r;

	r = get(l->store, bytes, &len, t->bundle);
	if (r == TS_OK)
		return claim(l->store, NULL, l->person->id, &t->key, t->bundle);
	if (r != TS_ERR_NOT_FOUND || l->dir == NULL)
		return r == TS_ERR_NOT_FOUND ? TS_OK : r;
	return fetch(l, t);
}

int
ts_bundle_known(struct ts_store *store, int64_t person,
    const struct tsw_chain *chain)
{
	struct ts_person p;
	struct looking l = {store, &p, NULL};

	memset(&p, 0, sizeof(p));
	p.id = person;
	return each_claim(chain, &l, know);
}

int
ts_bundle_look(struct ts_store *store, const struct ts_person *p,
    struct ts_directory *dir)
{
	struct ts_load fast = {TS_ROWS_ALL, false, false};
	struct looking l = {store, p, dir};
	struct tsw_chain chain;
	int r;

	r = ts_chain_load(store, &chain, p, fast);
	if (r == TS_ERR_DB_FORGED || r == TS_ERR_NOT_FOUND)
		return TS_OK; /* has its own alert */
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	return ts_store_end(store, each_claim(&chain, &l, know));
}

/* --- Publishing --- */

struct publishing {
	struct ts_store *store;
	struct ts_directory *dir;
	struct tsw_slice label;
};

static int
publish_token(struct publishing *p, const struct tsw_token *token)
{
	uint8_t bytes[TSW_BUNDLE_MAX];
	size_t len;
	int r;

	if (token->evidence != TSW_EVIDENCE_CARD_ATTESTED ||
	    token->attestation.len != TSW_HASH_LEN)
		return TS_OK;
	r = get(p->store, bytes, &len, token->attestation.p);
	if (r != TS_OK)
		return r == TS_ERR_NOT_FOUND ? TS_OK : r;
	r = ts_directory_put_bundle(p->dir, p->label, bytes, len);
	/* What stands in its place is told to everybody by its hash. */
	return r == TS_ERR_CONFLICT ? TS_OK : r;
}

int
ts_bundle_publish(struct ts_store *store, struct ts_directory *dir,
    struct tsw_slice label, struct tsw_slice envelope)
{
	struct publishing p = {store, dir, label};
	struct tsw_statement st;
	struct tsw_envelope env;
	size_t i;
	int r;

	r = tsw_envelope_decode(&env, envelope.p, envelope.len);
	if (r == TSW_OK)
		r = tsw_statement_decode(&st, env.statement.p,
		    env.statement.len);
	if (r != TSW_OK)
		return r;
	if (st.kind == TSW_KIND_GENESIS) {
		for (i = 0; r == TS_OK && i < st.u.genesis.token_cnt; i++)
			r = publish_token(&p, &st.u.genesis.token[i]);
		return r;
	}
	for (i = 0; r == TS_OK && i < st.u.update.op_cnt; i++) {
		const struct tsw_op *op = &st.u.update.op[i];

		if (op->kind == TSW_OP_ENROL_TOKEN ||
		    op->kind == TSW_OP_RECOVER)
			r = publish_token(&p, &op->token);
	}
	return r;
}

/* --- Judging --- */

int
ts_bundle_keep(struct ts_store *store, const struct tsw_pubkey *key,
    const uint8_t *p, size_t len, const struct ts_proof *proof)
{
	uint8_t hash[TSW_HASH_LEN];
	struct ts_claim *c = NULL;
	struct tsw_bundle form;
	int r;

	r = tsw_bundle_decode(&form, p, len);
	if (r != TSW_OK)
		return r;
	tsw_bundle_hash(hash, p, len);
	r = ts_store_begin(store);
	if (r == TS_OK)
		r = ts_store_end(store, put(store, hash, p, len));
	if (r == TS_OK)
		r = claim(store, &c, TS_OWN, key, hash);
	if (r == TS_OK && c != NULL) {
		c->proof = *proof;
		c->due = false;
	}
	return r;
}

int
ts_bundle_next(struct ts_store *store, struct ts_bundle_ask *out)
{
	struct ts_claim *c;
	size_t i;
	int r;

	for (i = 0; i < store->claim_cnt; i++) {
		c = &store->claim[i];
		if (!c->due)
			continue;
		c->due = false;
		r = get(store, out->bytes, &out->len, c->hash);
		if (r == TS_ERR_NOT_FOUND)
			continue; /* the row is gone: the next look sees to it
				   */
		if (r != TS_OK)
			return r;
		out->key = c->key;
		memcpy(out->hash, c->hash, sizeof(out->hash));
		return TS_OK;
	}
	return TS_ERR_NOT_FOUND;
}

int
ts_bundle_judged(struct ts_store *store, const struct ts_bundle_ask *ask,
    const struct ts_proof *proof)
{
	struct ts_claim *c = find(store, &ask->key, ask->hash);

	if (c == NULL)
		return TS_ERR_NOT_FOUND;
	c->proof = *proof;
	if (proof->state != TS_PROOF_WRONG)
		return TS_OK;
	return raise_about(store, TS_ALERT_PROOF_WRONG, c->person, c->hash,
	    proof->text);
}

void
ts_bundle_proof(const struct ts_store *store, struct ts_proof *out,
    const struct tsw_pubkey *key, const uint8_t hash[TSW_HASH_LEN])
{
	const struct ts_claim *c = find(store, key, hash);

	if (c != NULL)
		*out = c->proof;
	else
		set_text(out, TS_PROOF_MISSING,
		    "the directory has no proof of it");
}

bool
ts_bundle_is_good(const struct ts_store *store,
    const struct tsw_chain_token *token)
{
	struct ts_proof proof;

	if (token->evidence != TSW_EVIDENCE_CARD_ATTESTED)
		return false;
	ts_bundle_proof(store, &proof, &token->key, token->bundle);
	return proof.state == TS_PROOF_GOOD;
}
