/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * allowed_signers, ssh-keygen(1): "principal namespaces="..." type key", where
 * type is the name that the key blob begins with.
 */
#include <string.h>

#include <touchstone/contact.h>
#include <touchstone/describe.h>
#include <touchstone/export.h>
#include <touchstone/keyfile.h>

#include "../keyfile/apps.h"
#include "../store/state.h"

#define OURS " namespaces=\"" TSW_NS_STATEMENT "," TSW_NS_CONFIRM "\" "
#define GIT " namespaces=\"git,file\" "

#define BLOB_MAX 256 /* the longest, sk-ecdsa, is 127 */

static int
token_line(struct ts_text *out, const char *label, const struct tsw_pubkey *key)
{
	uint8_t blob[BLOB_MAX];
	const uint8_t *type;
	struct tsw_rd rd;
	struct tsw_wr wr;
	size_t len;
	int r;

	tsw_wr_init(&wr, blob, sizeof(blob));
	r = tsw_pubkey_encode(&wr, key);
	if (r != TSW_OK)
		return r;
	tsw_rd_init(&rd, blob, tsw_wr_len(&wr));
	len = tsw_rd_u32(&rd);
	type = tsw_rd_view(&rd, len);
	if (type == NULL)
		return TSW_ERR_INTERNAL;
	ts_text_add(out, label);
	ts_text_add(out, OURS);
	ts_text_add_len(out, type, len);
	ts_text_add(out, " ");
	ts_text_add_base64(out, blob, tsw_wr_len(&wr));
	ts_text_add(out, "\n");
	return ts_text_done(out);
}

static int
token_lines(struct ts_text *out, const char *label,
    const struct tsw_chain *chain)
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < chain->token_cnt; i++)
		r = token_line(out, label, &chain->token[i].key);
	return r;
}

struct lines {
	struct ts_store *store;
	struct ts_text *out;
	const char *label;
};

static int
key_line(void *arg, const struct tsw_key *key)
{
	struct lines *l = arg;
	struct tsw_slice none = {NULL, 0};
	struct tsw_key bare = *key;
	size_t start = l->out->len;
	int r;

	/* A comment may hold blanks and is of no use here. */
	bare.device.len = 0;
	ts_text_add(l->out, l->label);
	ts_text_add(l->out, GIT);
	r = ts_key_line(l->out, &bare, none);
	if (r == TSW_ERR_KEY_TYPE && !l->out->bad) {
		l->out->len = start; /* a key that ssh would not take */
		l->out->p[start] = '\0';
		return TS_OK;
	}
	ts_text_add(l->out, "\n");
	return r;
}

static int
contact_lines(void *arg, const struct ts_contact *c)
{
	struct lines l = *(struct lines *)arg;
	struct tsw_chain chain;
	int r;

	if (c->state != TS_CONTACT_VERIFIED)
		return TS_OK;
	l.label = c->label;
	r = ts_contact_chain(l.store, &chain, c->label);
	if (r == TS_OK)
		r = token_lines(l.out, c->label, &chain);
	if (r == TS_OK)
		r = ts_contact_keys(l.store, c->label, TSW_APP_SSH, key_line,
		    &l);
	/* Lockdown holds back its keys. */
	return r == TS_ERR_LOCKDOWN ? TS_OK : r;
}

static int
own_lines(struct lines *l)
{
	struct tsw_chain own;
	struct tsw_key key;
	size_t i;
	int r;

	r = ts_own_now(l->store, &own);
	if (r == TS_OK)
		r = token_lines(l->out, l->label, &own);
	for (i = 0; r == TS_OK && i < own.key_cnt; i++) {
		key = ts_key_of(&own.key[i]);
		if (key.app == TSW_APP_SSH)
			r = key_line(l, &key);
	}
	return r;
}

int
ts_export_allowed_signers(struct ts_store *store, struct ts_text *out)
{
	struct lines l = {store, out, store->own.label};
	int r;

	r = own_lines(&l);
	return r == TS_OK ? ts_contact_each(store, contact_lines, &l) : r;
}

int
ts_export_own_signers(struct ts_store *store, struct ts_text *out)
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < store->past_cnt; i++)
		r = token_line(out, store->own.label, &store->past[i].key);
	return r;
}
