/* SPDX-License-Identifier: BSD-2-Clause */
#include "logmodel_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) logmodel_check((x) == TS_OK)

extern uint64_t world_now; /* unit/libworld.c */

static int
subtree(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	const struct logmodel *m = ctx;
	uint8_t left[TSW_HASH_LEN], right[TSW_HASH_LEN];

	if (level == 0) {
		memcpy(out, m->leaf[index], TSW_HASH_LEN);
		return 0;
	}
	(void)subtree(ctx, left, level - 1, 2 * index);
	(void)subtree(ctx, right, level - 1, 2 * index + 1);
	ts_tree_node(out, left, right);
	return 0;
}

struct ts_tree_source
logmodel_source(const struct logmodel *m)
{
	union {
		const struct logmodel *in;
		void *out;
	} u = {.in = m}; /* subtree() only reads */
	struct ts_tree_source s = {subtree, u.out};

	return s;
}

/* When the witnesses signed. */
static uint64_t
cosigned(const struct logmodel *m)
{
	if (m->lie == LIE_STALE)
		return world_now - (uint64_t)2 * 86400;
	return m->lie == LIE_FUTURE ? world_now + 86400 : world_now;
}

size_t
logmodel_note(const struct logmodel *m, char out[TS_NOTE_MAX])
{
	const struct ts_tree_source s = logmodel_source(m);
	char text[TS_CHECKPOINT_TEXT_MAX], line[TS_NOTE_LINE_MAX];
	struct tsw_slice body = {(const uint8_t *)text, 0};
	struct ts_checkpoint cp;
	size_t i, len, cnt = m->lie == LIE_QUORUM ? 1 : LOGMODEL_WITNESSES;

	memset(&cp, 0, sizeof(cp));
	memcpy(cp.origin, m->log.vkey.name, sizeof(cp.origin));
	cp.head.size = m->size;
	CHECK(ts_tree_root(cp.head.root, &s, m->size));
	ts_checkpoint_format(text, &body.len, &cp);
	CHECK(ts_note_sign(line, body,
	    m->lie == LIE_NOT_SIGNED ? &m->other : &m->log, 0));
	len = (size_t)snprintf(out, TS_NOTE_MAX, "%.*s\n%s", (int)body.len,
	    text, line);
	for (i = 0; i < cnt; i++) {
		CHECK(ts_note_sign(line, body, &m->witness[i], cosigned(m)));
		len +=
		    (size_t)snprintf(out + len, TS_NOTE_MAX - len, "%s", line);
	}
	return len;
}

/* A page and the bytes that it refers to. */
struct drawn {
	struct ts_page page;
	char note[TS_NOTE_MAX];
	uint8_t path[TS_PAGE_RECORDS_CNT + 1][TS_INDEX_PATH_MAX];
	uint8_t leaf[TS_LEAF_ENTRY_LEN];
	uint8_t hashes[3][TS_TREE_PROOF_MAX];
};

static void
prove_vrf(const struct logmodel *m, uint8_t proof[TS_VRF_PROOF_LEN],
    struct tsw_slice label, uint32_t number)
{
	uint8_t in[TS_ALPHA_MAX];
	struct tsw_slice alpha = {in, ts_leaf_alpha(in, label, number)};

	CHECK(ts_vrf_prove(proof, m->sk_vrf, m->vrf, alpha));
}

/* Every record has its proof: more than needed is no lie. */
static void
draw_record(const struct logmodel *m, struct drawn *d,
    const struct logmodel_record *r, struct tsw_slice label)
{
	size_t i = d->page.record_cnt++;
	struct ts_page_record *to = &d->page.record[i];
	struct ts_index_proof p;

	to->number = r->number;
	to->envelope.p = r->envelope;
	to->envelope.len = r->len;
	to->proof.there = true;
	memcpy(to->proof.opening, r->opening, TS_OPENING_LEN);
	prove_vrf(m, to->proof.vrf, label, r->number);
	CHECK(ts_index_prove(m->index, &p, r->entry.k));
	memcpy(d->path[i], p.path, p.len);
	to->proof.path.p = d->path[i];
	to->proof.path.len = p.len;
}

static void
draw_absence(const struct logmodel *m, struct drawn *d, struct tsw_slice label,
    uint32_t number)
{
	struct ts_page_absence *to = &d->page.absence;
	uint8_t k[32], *path = d->path[TS_PAGE_RECORDS_CNT];
	struct ts_index_proof p;

	to->there = true;
	logmodel_key(m, k, label, number);
	prove_vrf(m, to->vrf, label, number);
	CHECK(ts_index_prove(m->index, &p, k));
	memcpy(path, p.path, p.len);
	to->path.p = path;
	to->path.len = p.len;
	memcpy(d->leaf, p.entry.k, 32);
	memcpy(d->leaf + 32, p.entry.c, 32);
	to->leaf.p = d->leaf;
	to->leaf.len = p.empty ? 0 : sizeof(d->leaf);
}

static void
draw_log(const struct logmodel *m, struct drawn *d, const struct ts_lookup *ask)
{
	const struct ts_tree_source s = logmodel_source(m);
	struct ts_page *page = &d->page;

	page->note.p = (const uint8_t *)d->note;
	page->note.len = logmodel_note(m, d->note);
	page->entries = ts_index_cnt(m->index);
	page->inclusion.p = d->hashes[0];
	CHECK(ts_tree_inclusion(d->hashes[0], &page->inclusion.len, &s,
	    m->size - 1, m->size));
	page->has_consistency = ask->has_size;
	page->consistency.p = d->hashes[1];
	if (ask->has_size && ask->size <= m->size)
		CHECK(ts_tree_consistency(d->hashes[1], &page->consistency.len,
		    &s, ask->size, m->size));
	page->has_parameters = !ask->has_size;
	page->parameters.p = d->hashes[2];
	memcpy(page->vrf, m->vrf, sizeof(page->vrf));
	CHECK(ts_tree_inclusion(d->hashes[2], &page->parameters.len, &s, 0,
	    m->size));
}

static void
spoil(const struct logmodel *m, struct drawn *d, const struct ts_lookup *ask)
{
	struct ts_page *page = &d->page;
	struct ts_page_record *last =
	    page->record_cnt == 0 ? NULL : &page->record[page->record_cnt - 1];

	switch ((int)m->lie) {
	case LIE_VRF:
		prove_vrf(m, last->proof.vrf, ask->label, last->number + 7);
		break;
	case LIE_ABSENCE_VRF:
		prove_vrf(m, page->absence.vrf, ask->label, last->number + 7);
		break;
	case LIE_OPENING:
		last->proof.opening[0] ^= 1;
		break;
	case LIE_PATH:
		d->path[page->record_cnt - 1][last->proof.path.len - 1] ^= 1;
		break;
	case LIE_PARAMETERS:
		page->vrf[0] ^= 1;
		break;
	case LIE_HIDE:
		page->record_cnt--;
		draw_absence(m, d, ask->label, last->number);
		break;
	case LIE_MISSING:
		page->record_cnt--;
		page->absence.there = false;
		break;
	case LIE_NUMBERS:
		last->number++;
		break;
	case LIE_CONSISTENCY:
		if (page->consistency.len > 0)
			d->hashes[1][0] ^= 1;
		break;
	default:
		break;
	}
}

unsigned
logmodel_lookup(struct logmodel *m, struct tsw_slice body)
{
	char label[TSW_LABEL_MAX + 1] = {0};
	const struct logmodel_record *r;
	struct ts_lookup ask;
	struct drawn *d;
	uint32_t n;

	CHECK(ts_lookup_decode(&ask, body));
	if (m->lie == LIE_BEHIND && ask.has_size && ask.size > m->size)
		return logmodel_refuse(m, TS_REFUSAL_BUSY, 0);
	d = calloc(1, sizeof(*d));
	logmodel_check(d != NULL);
	memcpy(label, ask.label.p, ask.label.len);
	if (m->lie == LIE_OTHER_LABEL) {
		(void)snprintf(label, sizeof(label), "%s", m->record[0].label);
		ask.label.p = (const uint8_t *)label;
		ask.label.len = strlen(label);
	}
	draw_log(m, d, &ask);
	for (n = ask.from; d->page.record_cnt < m->page_max; n++) {
		r = logmodel_find(m, label, n);
		if (r == NULL || !r->logged)
			break;
		draw_record(m, d, r, ask.label);
	}
	if (d->page.record_cnt < m->page_max)
		draw_absence(m, d, ask.label, n);
	spoil(m, d, &ask);
	m->len = ts_page_encode(m->answer, TS_PAGE_MAX, &d->page);
	logmodel_check(m->len > 0);
	free(d);
	return 200;
}
