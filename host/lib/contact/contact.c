/* SPDX-License-Identifier: BSD-2-Clause */
#include <touchstone/contact.h>

#include <string.h>

#include <touchstone/describe.h>
#include <touchstone/keyfile.h>

#include "../bundle/bundle.h"
#include "../clock.h"
#include "../log/state.h"
#include "../store/alerts.h"
#include "check.h"

int
ts_contact_get(struct ts_store *store, struct ts_contact *out,
    const char *label)
{
	struct ts_person p;
	int r;

	ts_names_clear(store);
	r = ts_person_find(store, &p, label);
	return r == TS_OK ? ts_contact_view(store, out, NULL, &p) : r;
}

struct listing {
	int (*fn)(void *arg, const struct ts_contact *contact);
	void *arg;
};

static int
list_one(struct ts_store *store, void *arg, const struct ts_person *p)
{
	struct listing *l = arg;
	struct ts_contact c;
	int r;

	r = ts_contact_view(store, &c, NULL, p);
	return r == TS_OK ? l->fn(l->arg, &c) : r;
}

int
ts_contact_each(struct ts_store *store,
    int (*fn)(void *arg, const struct ts_contact *contact), void *arg)
{
	struct listing l = {fn, arg};
	int r;

	ts_names_clear(store);
	r = ts_person_each(store, list_one, &l);
	ts_names_clear(store);
	return r;
}

/* Alerts stay as a record, closed: there is nobody left to block. */
static int
remove_person(struct ts_store *store, int64_t id)
{
	struct ts_query q;
	int r;

	ts_query_init(&q, store->db,
	    "UPDATE alert SET open = 0 WHERE person = ?");
	ts_query_int(&q, id);
	r = ts_query_run(&q);
	if (r != TS_OK)
		return r;
	ts_query_init(&q, store->db, "DELETE FROM person WHERE id = ?");
	ts_query_int(&q, id);
	return ts_query_run(&q);
}

int
ts_contact_remove(struct ts_store *store, const char *label)
{
	struct ts_person p;
	int r;

	ts_names_clear(store);
	r = ts_person_find(store, &p, label);
	if (r == TS_OK)
		r = ts_store_begin(store);
	if (r != TS_OK)
		return r;
	return ts_store_end(store, remove_person(store, p.id));
}

int
ts_contact_chain(struct ts_store *store, struct tsw_chain *out,
    const char *label)
{
	struct ts_load fast = {TS_ROWS_ALL, false, false};
	struct ts_person p;
	int r;

	ts_names_clear(store);
	r = ts_person_find(store, &p, label);
	return r == TS_OK ? ts_chain_load(store, out, &p, fast) : r;
}

/*
 * Lockdown wants PIN and touch behind every signature of the contact.  The
 * claim of a card is worth nothing until its bundle was judged.
 */
static bool
is_strong(const struct ts_store *store, const struct tsw_chain *chain)
{
	size_t i;

	for (i = 0; i < chain->token_cnt; i++) {
		if (chain->token[i].evidence != TSW_EVIDENCE_FIDO_UV &&
		    chain->token[i].evidence != TSW_EVIDENCE_TOKEN_STATEMENT &&
		    !ts_bundle_is_good(store, &chain->token[i]))
			return false;
	}
	return true;
}

/* Not expired, and of a form that its app understands. */
static bool
is_usable(const struct tsw_key *key)
{
	struct ts_text text;
	bool ok;

	if (key->expires != 0 && key->expires <= ts_clock_now())
		return false;
	ts_text_init(&text);
	ok = ts_key_fingerprint(&text, key) != TSW_ERR_KEY_TYPE;
	ts_text_wipe(&text);
	return ok;
}

static int
may_use(struct ts_store *store, const struct ts_contact *c,
    const struct tsw_chain *chain)
{
	if (c->state == TS_CONTACT_BLOCKED)
		return TS_ERR_BLOCKED;
	if (c->state != TS_CONTACT_VERIFIED)
		return TS_ERR_UNVERIFIED;
	if (!store->lockdown)
		return TS_OK;
	/* Without witnesses nobody says that others see the same. */
	if (store->log != NULL && !ts_log_is_fresh(store)) {
		ts_names_add(store, "LOG_STALE", strlen("LOG_STALE"));
		return TS_ERR_LOCKDOWN;
	}
	return is_strong(store, chain) ? TS_OK : TS_ERR_LOCKDOWN;
}

int
ts_contact_keys(struct ts_store *store, const char *label, enum tsw_app app,
    int (*fn)(void *arg, const struct tsw_key *key), void *arg)
{
	struct tsw_chain chain;
	struct ts_contact c;
	struct ts_person p;
	struct tsw_key key;
	size_t i;
	int r;

	ts_names_clear(store);
	r = ts_person_find(store, &p, label);
	if (r == TS_OK)
		r = ts_contact_view(store, &c, &chain, &p);
	if (r == TS_OK)
		r = may_use(store, &c, &chain);
	if (r != TS_OK)
		return r;
	for (i = 0; r == TS_OK && i < chain.key_cnt; i++) {
		key = ts_key_of(&chain.key[i]);
		if (key.app == app && is_usable(&key))
			r = fn(arg, &key);
	}
	return r;
}
