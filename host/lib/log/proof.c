/* SPDX-License-Identifier: BSD-2-Clause */
/* Proof files (SPEC 16): made of what the directory says, checked by anybody.
 */
#include <touchstone/log.h>

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/chain.h>

#include "../clock.h"
#include "gather.h"
#include "state.h"

/* --- Making one --- */

/*
 * A checkpoint that is asked for as if for the first time is proven against
 * nothing: it must continue what is known.
 */
static int
check_view(struct ts_store *store, const struct ts_log_view *view)
{
	const struct ts_log_view *ours = &store->log->view;

	if (!ours->known)
		return TS_OK;
	if (memcmp(ours->origin, view->origin, TSW_HASH_LEN) != 0)
		return TS_ERR_LOG_NOTE;
	if (memcmp(ours->vrf, view->vrf, TS_VRF_KEY_LEN) != 0)
		return TS_ERR_LOG_PROOF;
	return ts_log_check_next(store, &view->head);
}

static int
make(struct ts_text *out, struct tsw_slice label, const struct ts_page *page)
{
	char *buf;
	size_t len;
	int r;

	if (page->record_cnt == 0)
		return TS_ERR_UNKNOWN_LABEL;
	if (!page->absence.there)
		return TS_ERR_TOO_MANY_RECORDS;
	buf = calloc(1, TS_PROOF_FILE_MAX);
	if (buf == NULL)
		return TS_ERR_NO_MEMORY;
	r = ts_proof_file_make(buf, TS_PROOF_FILE_MAX, &len, label, page);
	if (r == TS_OK)
		ts_text_add_len(out, buf, len);
	free(buf);
	return r == TS_OK ? ts_text_done(out) : r;
}

/*
 * What stands last under label, and the note it is proven by.  The page ends
 * with the next request: it is made into text before.
 */
static int
prove_now(struct ts_store *store, struct ts_text *out, struct tsw_slice label,
    uint8_t note[TS_NOTE_MAX], size_t *len)
{
	struct ts_lookup ask = {label, 0, false, 0};
	struct ts_log_view view;
	struct ts_page page;
	int r;

	*len = 0;
	memset(&view, 0, sizeof(view));
	r = ts_gather_page(store, &page, &view, store->own.directory, &ask);
	if (r == TS_OK)
		r = make(out, label, &page);
	if (r != TS_OK)
		return r;
	if (page.note.p == NULL || page.note.len > TS_NOTE_MAX)
		return TS_ERR_LOG_NOTE;
	memcpy(note, page.note.p, page.note.len);
	*len = page.note.len;
	return check_view(store, &view);
}

static int
prove(struct ts_store *store, struct ts_text *out, struct tsw_slice label)
{
	char text[TSW_LABEL_MAX + 1] = {0};
	struct ts_log_shown shown = {text, {NULL, 0}, {NULL, 0}};
	uint8_t note[TS_NOTE_MAX];
	unsigned asked = 0;
	int r;

	do {
		ts_text_wipe(out);
		r = prove_now(store, out, label, note, &shown.note.len);
	} while (ts_log_ask_anew(store, r, &asked));
	/* What was wrong with the page is said. */
	if (shown.note.len == 0)
		return r;
	memcpy(text, label.p, label.len);
	shown.note.p = note;
	return ts_log_wrong(store, r, &shown);
}

int
ts_log_proof(struct ts_store *store, struct ts_text *out, const char *label)
{
	struct tsw_slice text = {(const uint8_t *)label, strlen(label)};
	uint8_t norm[TSW_LABEL_MAX];
	struct tsw_slice s = {norm, sizeof(norm)};
	struct ts_text proof;
	int r;

	ts_names_clear(store);
	if (store->log == NULL)
		return TS_ERR_NO_LOG;
	if (store->log->policy == NULL)
		return TS_ERR_LOG_POLICY;
	r = tsw_label_normalise(norm, &s.len, text);
	if (r != TSW_OK)
		return r;
	ts_text_init(&proof);
	r = ts_round_begin(store, "proof", label);
	if (r == TS_OK)
		r = ts_round_end(store, prove(store, &proof, s));
	if (r == TS_OK)
		ts_text_add_len(out, proof.p, proof.len);
	ts_text_wipe(&proof);
	return r == TS_OK ? ts_text_done(out) : r;
}

/* --- Checking one --- */

/* The identity that stands last under the label. */
static int
follow(struct ts_log_proof *out, const struct ts_proof_extra *extra)
{
	struct tsw_statement st;
	struct tsw_envelope env;
	struct tsw_chain chain;
	struct tsw_slice bytes;
	size_t i;
	int r = TSW_OK;

	tsw_chain_init(&chain);
	for (i = 0; r == TSW_OK && i < extra->page.record_cnt; i++) {
		bytes = extra->page.record[i].envelope;
		r = tsw_envelope_decode(&env, bytes.p, bytes.len);
		if (r == TSW_OK)
			r = tsw_statement_decode(&st, env.statement.p,
			    env.statement.len);
		if (r != TSW_OK)
			return r == TSW_ERR_INTERNAL ? r
						     : TS_ERR_DIRECTORY_FORMAT;
		if (st.kind == TSW_KIND_GENESIS)
			tsw_chain_init(&chain);
		r = tsw_chain_step(&chain, NULL, &env, st.time);
		if (r == TSW_OK &&
		    (chain.label_len != extra->label.len ||
			memcmp(chain.label, extra->label.p, chain.label_len) !=
			    0))
			r = TSW_ERR_LABEL;
	}
	memcpy(out->id, chain.id, sizeof(out->id));
	out->seq = chain.seq;
	memcpy(out->head, chain.head, sizeof(out->head));
	return r;
}

static int
fill(struct ts_log_proof *out, const struct ts_proof_extra *extra,
    const struct ts_seen *seen)
{
	const struct ts_page *page = &extra->page;

	if (extra->label.len > TSW_LABEL_MAX || page->record_cnt == 0)
		return TS_ERR_LOG_PROOF;
	memcpy(out->origin, seen->cp.origin, sizeof(out->origin));
	out->size = seen->cp.head.size;
	out->time = seen->time;
	out->witnesses = seen->cosigned;
	memcpy(out->label, extra->label.p, extra->label.len);
	out->first = page->record[0].number;
	out->records = (uint32_t)page->record_cnt;
	out->whole = out->first == 0;
	return out->whole ? follow(out, extra) : TS_OK;
}

int
ts_log_verify(struct ts_log_proof *out, const char *policy,
    struct tsw_slice text)
{
	struct tsw_slice terms = {(const uint8_t *)policy, strlen(policy)};
	struct ts_proof_extra *extra = calloc(1, sizeof(*extra));
	uint8_t *scratch = calloc(1, TS_PAGE_MAX);
	struct ts_policy *parsed = NULL;
	struct ts_log_proof proof;
	struct ts_seen seen;
	int r = TS_ERR_NO_MEMORY;

	memset(&proof, 0, sizeof(proof));
	if (extra != NULL && scratch != NULL)
		r = ts_policy_new(&parsed, terms, NULL);
	if (r == TS_OK)
		r = ts_proof_file_check(extra, &seen, scratch, parsed, text);
	if (r == TS_OK)
		r = fill(&proof, extra, &seen);
	ts_policy_free(&parsed);
	free(scratch);
	free(extra);
	if (r == TS_OK)
		*out = proof;
	return r;
}
