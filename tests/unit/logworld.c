/* SPDX-License-Identifier: BSD-2-Clause */
#include "logworld.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/statement.h>

#define CHECK(x) check((x) == TS_OK)

/* Not assert(), of which a release without asserts would drop the call. */
static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
make_policy(struct logworld *w)
{
	char key[2][TS_VKEY_MAX];
	struct tsw_slice text = {(const uint8_t *)w->policy_text, 0};

	ts_vkey_format(key[0], &w->log.vkey);
	ts_vkey_format(key[1], &w->witness.vkey);
	snprintf(w->policy_text, sizeof(w->policy_text),
	    "log %s\nwitness w %s\nquorum w\n", key[0], key[1]);
	text.len = strlen(w->policy_text);
	CHECK(ts_policy_new(&w->policy, text, NULL));
}

static void
append(struct logworld *w, const struct ts_leaf *leaf)
{
	uint8_t bytes[TS_LEAF_MAX];

	check(w->size < LOGWORLD_LEAVES);
	ts_tree_leaf(w->leaf[w->size++], bytes, ts_leaf_encode(bytes, leaf));
}

struct logworld *
logworld_new(void)
{
	struct logworld *w = calloc(1, sizeof(*w));
	struct ts_leaf leaf;
	uint8_t seed[32] = {1};

	check(w != NULL);
	w->seed = 1;
	CHECK(ts_skey_init(&w->log, LOGWORLD_ORIGIN, TS_NOTE_ED25519, seed));
	seed[0] = 2;
	CHECK(ts_skey_init(&w->witness, "w.example/w", TS_NOTE_COSIGNATURE,
	    seed));
	make_policy(w);
	w->sk_vrf[0] = 3;
	CHECK(ts_vrf_public(w->vrf, w->sk_vrf));
	CHECK(ts_index_new(&w->index));
	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_PARAMETERS;
	memcpy(leaf.vrf, w->vrf, sizeof(leaf.vrf));
	append(w, &leaf);
	logworld_seal(w);
	return w;
}

void
logworld_free(struct logworld **world)
{
	if (*world == NULL)
		return;
	ts_policy_free(&(*world)->policy);
	ts_index_free(&(*world)->index);
	free(*world);
	*world = NULL;
}

static void
draw(struct logworld *w, uint8_t *out, size_t len)
{
	while (len-- > 0) {
		w->seed = w->seed * 1664525U + 1013904223U;
		*out++ = (uint8_t)(w->seed >> 24);
	}
}

/* The last record of label; NULL if there is none. */
static struct logworld_record *
last_of(struct logworld *w, struct tsw_slice label)
{
	size_t i;

	for (i = w->record_cnt; i > 0; i--) {
		struct logworld_record *m = &w->record[i - 1];

		if (m->label.len == label.len &&
		    memcmp(m->label.p, label.p, label.len) == 0)
			return m;
	}
	return NULL;
}

/* Nobody signed it: that is not what is proved here. */
static void
make_envelope(struct logworld_record *m, const struct logworld_record *before,
    enum tsw_kind kind)
{
	static const uint8_t sig[9] = {0};
	uint8_t bytes[TSW_STATEMENT_MAX];
	struct tsw_envelope env = {{bytes, 0}, {{sig, sizeof(sig)}}, 1};
	struct tsw_statement st;
	struct tsw_wr wr;

	memset(&st, 0, sizeof(st));
	st.kind = kind;
	if (kind == TSW_KIND_GENESIS) {
		st.u.genesis.label = m->label;
		st.u.genesis.token_cnt = 1;
		st.u.genesis.token[0].key.alg = TSW_ALG_SK_ED25519;
		st.u.genesis.token[0].key.len = 32;
		st.u.genesis.token[0].role = TSW_ROLE_SIGNER;
		st.u.genesis.token[0].evidence = TSW_EVIDENCE_FIDO_UV;
		st.u.genesis.token[0].name.p = (const uint8_t *)"t";
		st.u.genesis.token[0].name.len = 1;
		st.u.genesis.threshold = 1;
		st.u.genesis.timelock_h = 72;
	} else if (kind == TSW_KIND_CONFIRM) {
		st.u.confirm.seq = before->number;
		memcpy(st.u.confirm.head, before->hash, TSW_HASH_LEN);
		st.u.confirm.contact[0] = 1;
		st.u.confirm.contact_label = m->label;
		st.u.confirm.method = TSW_METHOD_LIVE;
	} else {
		st.u.update.seq = m->number;
		memcpy(st.u.update.prev, before->hash, TSW_HASH_LEN);
		st.u.update.op_cnt = 1;
		st.u.update.op[0].kind = TSW_OP_SET_VERIFICATION;
		st.u.update.op[0].min_proto = (uint8_t)(m->number % 2);
	}
	tsw_wr_init(&wr, bytes, sizeof(bytes));
	check(tsw_statement_encode(&wr, &st) == TSW_OK);
	env.statement.len = tsw_wr_len(&wr);
	tsw_statement_hash(m->hash, bytes, env.statement.len);
	tsw_wr_init(&wr, m->envelope, sizeof(m->envelope));
	check(tsw_envelope_encode(&wr, &env) == TSW_OK);
	m->len = tsw_wr_len(&wr);
}

static void
key_of(const struct logworld *w, uint8_t k[32], struct tsw_slice label,
    uint32_t number)
{
	uint8_t in[TS_ALPHA_MAX], beta[TS_VRF_OUT_LEN];
	struct tsw_slice alpha = {in, ts_leaf_alpha(in, label, number)};

	CHECK(ts_vrf_output(beta, w->sk_vrf, w->vrf, alpha));
	memcpy(k, beta, 32);
}

static void
vrf_proof(const struct logworld *w, uint8_t proof[TS_VRF_PROOF_LEN],
    struct tsw_slice label, uint32_t number)
{
	uint8_t in[TS_ALPHA_MAX];
	struct tsw_slice alpha = {in, ts_leaf_alpha(in, label, number)};

	CHECK(ts_vrf_prove(proof, w->sk_vrf, w->vrf, alpha));
}

static void
add_entry(struct logworld *w, const struct ts_entry *entry)
{
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_ENTRY;
	leaf.entry = *entry;
	append(w, &leaf);
	CHECK(ts_index_add(w->index, entry));
}

static void
add_record(struct logworld *world, const char *label, bool confirm)
{
	const struct tsw_slice text = {(const uint8_t *)label, strlen(label)};
	const struct logworld_record *before = last_of(world, text);
	struct logworld_record *m = &world->record[world->record_cnt];

	check(world->record_cnt < LOGWORLD_RECORDS);
	m->label = text;
	m->number = before == NULL ? 0 : before->number + 1;
	make_envelope(m, before,
	    before == NULL ? TSW_KIND_GENESIS
		: confirm  ? TSW_KIND_CONFIRM
			   : TSW_KIND_UPDATE);
	draw(world, m->opening, sizeof(m->opening));
	key_of(world, m->entry.k, text, m->number);
	ts_leaf_commit(m->entry.c, m->opening, text, m->number, m->hash);
	add_entry(world, &m->entry);
	world->record_cnt++;
}

void
logworld_add(struct logworld *world, const char *label)
{
	add_record(world, label, false);
}

void
logworld_add_confirm(struct logworld *world, const char *label)
{
	add_record(world, label, true);
}

void
logworld_fill(struct logworld *world)
{
	struct ts_entry entry;

	draw(world, entry.k, sizeof(entry.k));
	draw(world, entry.c, sizeof(entry.c));
	add_entry(world, &entry);
}

void
logworld_seal(struct logworld *world)
{
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_ROOT;
	ts_index_root(world->index, leaf.index_root);
	leaf.entries = ts_index_cnt(world->index);
	append(world, &leaf);
	CHECK(ts_index_publish(world->index));
}

/* Of a complete subtree, from the leaves each time. */
static int
subtree(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	const struct logworld *w = ctx;
	uint8_t left[TSW_HASH_LEN], right[TSW_HASH_LEN];

	if (level == 0) {
		memcpy(out, w->leaf[index], TSW_HASH_LEN);
		return 0;
	}
	(void)subtree(ctx, left, level - 1, 2 * index);
	(void)subtree(ctx, right, level - 1, 2 * index + 1);
	ts_tree_node(out, left, right);
	return 0;
}

static struct ts_tree_source
source(const struct logworld *w)
{
	union {
		const struct logworld *in;
		void *out;
	} u = {.in = w}; /* subtree() only reads */
	const struct ts_tree_source s = {subtree, u.out};

	return s;
}

struct ts_tree_head
logworld_head(const struct logworld *world)
{
	const struct ts_tree_source s = source(world);
	struct ts_tree_head head = {world->size, {0}};

	CHECK(ts_tree_root(head.root, &s, world->size));
	return head;
}

struct tsw_slice
logworld_note(const struct logworld *world, char room[2048],
    const struct ts_tree_head *head, uint64_t time)
{
	struct ts_checkpoint cp = {LOGWORLD_ORIGIN, *head};
	char text[TS_CHECKPOINT_TEXT_MAX], line[2][TS_NOTE_LINE_MAX];
	struct tsw_slice body = {(const uint8_t *)text, 0};

	ts_checkpoint_format(text, &body.len, &cp);
	CHECK(ts_note_sign(line[0], body, &world->log, 0));
	line[1][0] = '\0';
	if (time > 0)
		CHECK(ts_note_sign(line[1], body, &world->witness, time));
	snprintf(room, 2048, "%.*s\n%s%s", (int)body.len, text, line[0],
	    line[1]);
	return (struct tsw_slice){(const uint8_t *)room, strlen(room)};
}

void
logworld_prove(struct logworld *world, struct logworld_page *out, size_t i)
{
	struct ts_page_record *m = &out->page.record[i];
	struct ts_index_proof p;
	size_t j;

	for (j = 0; j < world->record_cnt; j++) {
		if (world->record[j].envelope == m->envelope.p)
			break;
	}
	check(j < world->record_cnt);
	m->proof.there = true;
	memcpy(m->proof.opening, world->record[j].opening, TS_OPENING_LEN);
	vrf_proof(world, m->proof.vrf, world->record[j].label, m->number);
	CHECK(ts_index_prove(world->index, &p, world->record[j].entry.k));
	check(p.found);
	memcpy(out->path[i], p.path, p.len);
	m->proof.path = (struct tsw_slice){out->path[i], p.len};
}

void
logworld_absence(struct logworld *world, struct logworld_page *out,
    struct tsw_slice label, uint32_t number)
{
	struct ts_page_absence *m = &out->page.absence;
	struct ts_index_proof p;
	uint8_t k[32];

	m->there = true;
	key_of(world, k, label, number);
	vrf_proof(world, m->vrf, label, number);
	CHECK(ts_index_prove(world->index, &p, k));
	memcpy(out->path[TS_PAGE_RECORDS_CNT], p.path, p.len);
	m->path = (struct tsw_slice){out->path[TS_PAGE_RECORDS_CNT], p.len};
	memcpy(out->leaf, p.entry.k, 32);
	memcpy(out->leaf + 32, p.entry.c, 32);
	m->leaf = (struct tsw_slice){out->leaf, p.empty ? 0 : 64};
}

/* The records that ask wants; whether there are no more of them. */
static bool
collect(const struct logworld *w, struct ts_page *page,
    const struct ts_lookup *ask)
{
	size_t i;

	for (i = 0; i < w->record_cnt; i++) {
		const struct logworld_record *m = &w->record[i];

		if (m->label.len != ask->label.len || m->number < ask->from ||
		    memcmp(m->label.p, ask->label.p, m->label.len) != 0)
			continue;
		if (page->record_cnt == TS_PAGE_RECORDS_CNT)
			return false;
		page->record[page->record_cnt].number = m->number;
		page->record[page->record_cnt].envelope.p = m->envelope;
		page->record[page->record_cnt++].envelope.len = m->len;
	}
	return true;
}

void
logworld_page(struct logworld *world, struct logworld_page *out,
    const struct ts_lookup *ask)
{
	const struct ts_tree_head head = logworld_head(world);
	const struct ts_tree_source s = source(world);
	struct ts_page *page = &out->page;
	bool all;

	memset(out, 0, sizeof(*out));
	page->note = logworld_note(world, out->note, &head, LOGWORLD_NOW);
	page->entries = ts_index_cnt(world->index);
	page->inclusion.p = out->hashes[0];
	CHECK(ts_tree_inclusion(out->hashes[0], &page->inclusion.len, &s,
	    world->size - 1, world->size));
	all = collect(world, page, ask);
	if (page->record_cnt > 0)
		logworld_prove(world, out, page->record_cnt - 1);
	if (all)
		logworld_absence(world, out, ask->label,
		    ask->from + (uint32_t)page->record_cnt);
	page->has_consistency = ask->has_size;
	page->has_parameters = !ask->has_size;
	page->consistency.p = out->hashes[1];
	page->parameters.p = out->hashes[2];
	if (ask->has_size && ask->size <= world->size)
		CHECK(ts_tree_consistency(out->hashes[1],
		    &page->consistency.len, &s, ask->size, world->size));
	memcpy(page->vrf, world->vrf, sizeof(page->vrf));
	CHECK(ts_tree_inclusion(out->hashes[2], &page->parameters.len, &s, 0,
	    world->size));
}
