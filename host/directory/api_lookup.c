/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POST /v1/lookup: pages of SPEC 14.1, 14.2.
 *
 * A page is of one published version: records that have their leaf in it, and
 * proofs of its index.  The version is taken before the database is read, so
 * every record of it is there; and if another one is published in between, the
 * page is made anew.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api_int.h"

static_assert(sizeof(struct ts_entry) == TS_LEAF_ENTRY_LEN,
    "an entry is k and c");

#define TRIES 32
#define FULL 1 /* ends the reading: there is no room, or no more to see */
/* What a page has beside records: note, four lists of hashes, absence, heads.
 */
#define FRAME_MAX                                                              \
	(TS_NOTE_MAX + 4 * (TS_TREE_PROOF_MAX + 8) + TS_INDEX_PATH_MAX + 512)
/* Beside an envelope: heads, opening, VRF proof, path. */
#define PROOF_MAX (TS_INDEX_PATH_MAX + TS_OPENING_LEN + TS_VRF_PROOF_LEN + 32)

struct making {
	struct ts_engine *engine;
	const struct ts_lookup *ask;
	const struct ts_engine_view *view;
	struct ts_page page;
	bool bound[TS_PAGE_RECORDS_CNT]; /* by the record that follows */
	bool more;			 /* records that did not fit */
	size_t promised; /* bytes of records and proofs, at most */
	size_t used;	 /* of bytes */
	struct ts_engine_span span;
	struct ts_index_proof proof;
	uint8_t bytes[TS_PAGE_MAX]; /* what the page's slices view */
	uint8_t out[TS_PAGE_MAX];
};

static bool
keep(struct making *m, struct tsw_slice *out, struct tsw_slice s)
{
	uint8_t *p = m->bytes + m->used;

	if (s.len > sizeof(m->bytes) - m->used)
		return false;
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	m->used += s.len;
	*out = (struct tsw_slice){p, s.len};
	return true;
}

/* --- Records --- */

static int
take_record(void *ctx, const struct ts_dirdb_record *rec)
{
	struct making *m = ctx;
	size_t i = m->page.record_cnt, need = rec->envelope.len + PROOF_MAX;
	struct ts_page_record *r = &m->page.record[i];
	/* What admission let in as an update names the statement before it. */
	bool follows = i > 0 && rec->genesis != rec->number;

	if (rec->leaf == 0 || rec->leaf >= m->view->head.size)
		return FULL;
	if (rec->number != m->ask->from + i)
		return TS_ERR_DB_CORRUPT;
	if (follows)
		m->promised -= PROOF_MAX;
	if (i == TS_PAGE_RECORDS_CNT ||
	    m->promised + need > TS_PAGE_MAX - FRAME_MAX) {
		m->more = true;
		return FULL;
	}
	if (follows)
		m->bound[i - 1] = true;
	m->promised += need;
	r->number = rec->number;
	r->proof.there = false;
	memcpy(r->proof.opening, rec->opening, sizeof(r->proof.opening));
	if (!keep(m, &r->envelope, rec->envelope))
		return TS_ERR_INTERNAL;
	m->page.record_cnt++;
	return TS_OK;
}

/* TS_ERR_GONE if the label had records and has none now. */
static int
look_erased(struct making *m, struct ts_dirdb *db)
{
	struct ts_dirdb_head head;
	uint8_t k[32];
	int r = ts_dirdb_head(db, &head, m->ask->label);

	if (r != TS_OK || head.cnt > 0)
		return r;
	r = ts_api_erased(m->engine, k, m->ask->label);
	if (r == TS_OK)
		return TS_ERR_GONE;
	return r == TS_ERR_NOT_FOUND ? TS_OK : r;
}

static int
take_records(struct making *m)
{
	struct ts_dirdb *db = ts_engine_db(m->engine);
	int r;

	if (db == NULL)
		return TS_ERR_DIRECTORY;
	r = ts_dirdb_records(db, m->ask->label, m->ask->from,
	    TS_PAGE_RECORDS_CNT + 1, take_record, m);
	if (r == FULL)
		r = TS_OK;
	if (r == TS_OK && m->page.record_cnt == 0)
		r = look_erased(m, db);
	return r;
}

/* --- Proofs --- */

static int
prove_record(struct making *m, struct ts_page_record *rec)
{
	uint8_t k[32];
	int r;

	r = ts_engine_vrf(m->engine, k, rec->proof.vrf, m->ask->label,
	    rec->number);
	if (r == TS_OK)
		r = ts_engine_prove(m->engine, &m->proof, m->view, k);
	if (r != TS_OK)
		return r;
	if (!m->proof.found ||
	    !keep(m, &rec->proof.path,
		(struct tsw_slice){m->proof.path, m->proof.len}))
		return TS_ERR_INTERNAL;
	rec->proof.there = true;
	return TS_OK;
}

static int
prove_absence(struct making *m)
{
	struct ts_page_absence *a = &m->page.absence;
	uint32_t number = m->ask->from + (uint32_t)m->page.record_cnt;
	struct tsw_slice leaf = {(const uint8_t *)&m->proof.entry,
	    sizeof(m->proof.entry)};
	uint8_t k[32];
	int r;

	r = ts_engine_vrf(m->engine, k, a->vrf, m->ask->label, number);
	if (r == TS_OK)
		r = ts_engine_prove(m->engine, &m->proof, m->view, k);
	if (r != TS_OK)
		return r;
	if (m->proof.found) /* erased between two looks at the database */
		return TS_ERR_GONE;
	if (m->proof.empty)
		leaf.len = 0;
	if (!keep(m, &a->path,
		(struct tsw_slice){m->proof.path, m->proof.len}) ||
	    !keep(m, &a->leaf, leaf))
		return TS_ERR_INTERNAL;
	a->there = true;
	return TS_OK;
}

static int
prove(struct making *m)
{
	size_t i;
	int r = TS_OK;

	for (i = 0; r == TS_OK && i < m->page.record_cnt; i++) {
		if (!m->bound[i])
			r = prove_record(m, &m->page.record[i]);
	}
	if (r == TS_OK && !m->more)
		r = prove_absence(m);
	return r;
}

/* --- The page --- */

static int
frame(struct making *m)
{
	struct ts_page *p = &m->page;
	int r;

	p->note = m->view->note;
	p->entries = m->view->entries;
	p->inclusion = m->view->inclusion;
	if (!m->ask->has_size) {
		p->has_parameters = true;
		memcpy(p->vrf, ts_engine_vrf_key(m->engine), sizeof(p->vrf));
		p->parameters = m->view->parameters;
		return TS_OK;
	}
	/* Another front end may have published more than this one has seen. */
	if (m->ask->size > m->view->head.size)
		return TS_ERR_DIRECTORY_BUSY;
	r = ts_engine_span(m->engine, &m->span, m->ask->size,
	    m->view->head.size);
	p->has_consistency = true;
	p->consistency = (struct tsw_slice){m->span.proof, m->span.len};
	return r;
}

/* One try, of one version; *len bytes of m->out. */
static int
make_page(struct making *m, size_t *len)
{
	int r;

	memset(&m->page, 0, sizeof(m->page));
	memset(m->bound, 0, sizeof(m->bound));
	m->more = false;
	m->promised = 0;
	m->used = 0;
	m->view = ts_engine_view(m->engine);
	if (m->view == NULL)
		return TS_ERR_DIRECTORY_BUSY;
	r = frame(m);
	if (r == TS_OK)
		r = take_records(m);
	if (r == TS_OK)
		r = prove(m);
	if (r == TS_OK)
		*len = ts_page_encode(m->out, sizeof(m->out), &m->page);
	ts_engine_view_drop(m->engine, m->view);
	return r;
}

void
ts_api_lookup(const struct ts_ask *ask, const struct ts_http_request *req,
    const char *rest)
{
	struct ts_lookup lookup;
	struct making *m;
	size_t len = 0;
	int r = TS_ERR_CONFLICT, tries;

	(void)rest;
	if (ts_lookup_decode(&lookup, req->body) != TS_OK ||
	    tsw_label_check(lookup.label) != TSW_OK) {
		ts_ask_refuse(ask, TS_REFUSAL_FORMAT, 0, 0);
		return;
	}
	m = malloc(sizeof(*m));
	if (m == NULL) {
		ts_ask_failed(ask, TS_ERR_NO_MEMORY);
		return;
	}
	m->engine = ask->api->engine;
	m->ask = &lookup;
	for (tries = 0; r == TS_ERR_CONFLICT && tries < TRIES; tries++)
		r = make_page(m, &len);
	if (r == TS_OK)
		ts_ask_cbor(ask, 200, m->out, len);
	else
		ts_ask_failed(ask,
		    r == TS_ERR_CONFLICT ? TS_ERR_DIRECTORY_BUSY : r);
	free(m);
}
