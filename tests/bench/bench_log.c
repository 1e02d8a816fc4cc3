/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: bench_log ROUNDS SIZE...
 *
 * The proof of latest in logs of these sizes: what it takes to keep the index,
 * to answer, and to believe.  A log is built directly, with one real record
 * for each of some labels and entries that are nobody's; hashes below level 8
 * of the tree are made when they are asked for, as from tiles.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "unit/logworld.h"

#define PEOPLE 64
#define BATCH 500
#define BATCHES 20
#define LEVEL 8 /* the lowest that is kept */
#define FIRST 2 /* leaf of the first entry */

struct log {
	struct logworld *world; /* keys and records; its own log is not used */
	struct ts_index *index;
	uint64_t entries, size;
	uint8_t (*kept[TS_TREE_LEVELS])[TSW_HASH_LEN]; /* from LEVEL on */
	uint8_t root_leaf[TSW_HASH_LEN];
	char label[PEOPLE][8];
};

/* Of the last directory that is measured; too large for a stack. */
static struct logworld_page page;

static uint64_t
mix(uint64_t x) /* splitmix64 */
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Entry i: the last ones are the people's. */
static struct ts_entry
entry_of(const struct log *log, uint64_t i)
{
	struct ts_entry e;
	size_t j;

	if (i >= log->entries - PEOPLE)
		return log->world->record[i - (log->entries - PEOPLE)].entry;
	for (j = 0; j < 4; j++) {
		tsw_store_u64(e.k + 8 * j, mix(8 * i + j));
		tsw_store_u64(e.c + 8 * j, mix(8 * i + 4 + j));
	}
	return e;
}

static void
leaf_hash(const struct log *log, uint8_t out[TSW_HASH_LEN], uint64_t i)
{
	uint8_t bytes[TS_LEAF_MAX];
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	if (i == log->size - 1) {
		memcpy(out, log->root_leaf, TSW_HASH_LEN);
		return;
	}
	leaf.kind = i == 0 ? TS_LEAF_PARAMETERS
	    : i == 1	   ? TS_LEAF_ROOT
			   : TS_LEAF_ENTRY;
	if (i == 0)
		memcpy(leaf.vrf, log->world->vrf, sizeof(leaf.vrf));
	if (i >= FIRST)
		leaf.entry = entry_of(log, i - FIRST);
	ts_tree_leaf(out, bytes, ts_leaf_encode(bytes, &leaf));
}

static int
subtree(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	uint8_t left[TSW_HASH_LEN], right[TSW_HASH_LEN];
	const struct log *log = ctx;

	if (level == 0) {
		leaf_hash(log, out, index);
	} else if (log->kept[level] != NULL) {
		memcpy(out, log->kept[level][index], TSW_HASH_LEN);
	} else {
		(void)subtree(ctx, left, level - 1, 2 * index);
		(void)subtree(ctx, right, level - 1, 2 * index + 1);
		ts_tree_node(out, left, right);
	}
	return 0;
}

/* Keep what is complete from LEVEL on. */
static void
keep(struct log *log)
{
	unsigned level;
	uint64_t i, cnt;

	for (level = LEVEL; (cnt = log->size >> level) > 0; level++) {
		uint8_t(*hash)[TSW_HASH_LEN] = calloc(cnt, sizeof(*hash));

		bench_need(hash != NULL, "no memory");
		for (i = 0; i < cnt; i++)
			(void)subtree(log, hash[i], level, i);
		log->kept[level] = hash;
	}
}

static struct bench_samples samples;
static char figure[64];

static void
begin(const struct log *log, const char *name)
{
	snprintf(figure, sizeof(figure), "log.%llu.%s",
	    (unsigned long long)log->entries, name);
	bench_init(&samples, figure);
}

static void
add_entries(struct log *log)
{
	uint8_t root[TSW_HASH_LEN];
	double start = bench_cpu();
	uint64_t i;

	for (i = 0; i < log->entries; i++) {
		const struct ts_entry e = entry_of(log, i);

		bench_need(ts_index_add(log->index, &e) == TS_OK, "no entry");
	}
	ts_index_root(log->index, root);
	begin(log, "add");
	bench_add(&samples, (bench_cpu() - start) / (double)log->entries);
	bench_report(&samples, "us");
	bench_need(ts_index_publish(log->index) == TS_OK, "not published");
	begin(log, "memory");
	bench_add(&samples,
	    (double)ts_index_memory(log->index) / (double)log->entries);
	bench_report(&samples, "bytes");
}

static void
seal(struct log *log)
{
	uint8_t bytes[TS_LEAF_MAX];
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_ROOT;
	leaf.entries = log->entries;
	ts_index_root(log->index, leaf.index_root);
	ts_tree_leaf(log->root_leaf, bytes, ts_leaf_encode(bytes, &leaf));
	log->size = FIRST + log->entries + 1;
	keep(log);
}

static struct log *
log_new(uint64_t entries)
{
	struct log *log = calloc(1, sizeof(*log));
	size_t i;

	bench_need(log != NULL && entries >= 2 * PEOPLE, "too few entries");
	log->world = logworld_new();
	log->entries = entries;
	for (i = 0; i < PEOPLE; i++) {
		snprintf(log->label[i], sizeof(log->label[i]), "p%zu", i);
		logworld_add(log->world, log->label[i]);
	}
	bench_need(ts_index_new(&log->index) == TS_OK, "no index");
	add_entries(log);
	seal(log);
	return log;
}

static void
log_free(struct log *log)
{
	size_t i;

	for (i = 0; i < TS_TREE_LEVELS; i++)
		free(log->kept[i]);
	ts_index_free(&log->index);
	logworld_free(&log->world);
	free(log);
}

static void
vrf_proof(const struct log *log, uint8_t proof[TS_VRF_PROOF_LEN],
    struct tsw_slice label, uint32_t number, uint8_t k[32])
{
	uint8_t in[TS_ALPHA_MAX], beta[TS_VRF_OUT_LEN];
	struct tsw_slice alpha = {in, ts_leaf_alpha(in, label, number)};
	const struct logworld *w = log->world;

	bench_need(ts_vrf_prove(proof, w->sk_vrf, w->vrf, alpha) == TS_OK &&
		ts_vrf_output(beta, w->sk_vrf, w->vrf, alpha) == TS_OK,
	    "no VRF");
	memcpy(k, beta, 32);
}

/* Both paths of a page; what is asked of the index for each answer. */
static void
paths(const struct log *log, const uint8_t here[32], const uint8_t next[32])
{
	static struct ts_index_proof p;
	struct ts_page_absence *absence = &page.page.absence;

	bench_need(ts_index_prove(log->index, &p, here) == TS_OK && p.found,
	    "no path");
	memcpy(page.path[0], p.path, p.len);
	page.page.record[0].proof.path =
	    (struct tsw_slice){page.path[0], p.len};
	bench_need(ts_index_prove(log->index, &p, next) == TS_OK && !p.found,
	    "no absence");
	memcpy(page.path[1], p.path, p.len);
	absence->path = (struct tsw_slice){page.path[1], p.len};
	memcpy(page.leaf, p.entry.k, 32);
	memcpy(page.leaf + 32, p.entry.c, 32);
	absence->leaf = (struct tsw_slice){page.leaf, 64};
}

/* What is the same in every answer of one checkpoint. */
static void
prepare(struct log *log, struct ts_tree_head *older)
{
	const struct ts_tree_source s = {subtree, log};
	struct ts_tree_head head = {log->size, {0}};
	struct ts_page *m = &page.page;

	older->size = log->size / 3;
	memset(&page, 0, sizeof(page));
	m->entries = log->entries;
	m->inclusion.p = page.hashes[0];
	m->consistency.p = page.hashes[1];
	m->parameters.p = page.hashes[2];
	bench_need(ts_tree_root(head.root, &s, head.size) == TS_OK &&
		ts_tree_root(older->root, &s, older->size) == TS_OK &&
		ts_tree_inclusion(page.hashes[0], &m->inclusion.len, &s,
		    log->size - 1, log->size) == TS_OK &&
		ts_tree_consistency(page.hashes[1], &m->consistency.len, &s,
		    older->size, log->size) == TS_OK &&
		ts_tree_inclusion(page.hashes[2], &m->parameters.len, &s, 0,
		    log->size) == TS_OK,
	    "no tree");
	m->note = logworld_note(log->world, page.note, &head, LOGWORLD_NOW);
	memcpy(m->vrf, log->world->vrf, sizeof(m->vrf));
	m->record_cnt = 1;
	m->record[0].proof.there = m->absence.there = true;
}

/* The i'th person's record, VRF proofs made; k of it and of the next. */
static struct tsw_slice
person(const struct log *log, size_t i, uint8_t here[32], uint8_t next[32])
{
	const struct logworld_record *r = &log->world->record[i];
	struct ts_page *m = &page.page;

	m->record[0].envelope = (struct tsw_slice){r->envelope, r->len};
	memcpy(m->record[0].proof.opening, r->opening, TS_OPENING_LEN);
	vrf_proof(log, m->record[0].proof.vrf, r->label, 0, here);
	vrf_proof(log, m->absence.vrf, r->label, 1, next);
	return r->label;
}

/* Microseconds of paths and encoding, and bytes beside the envelope. */
static void
measure_answers(const struct log *log, size_t rounds, bool first)
{
	static struct bench_samples bytes;
	static uint8_t out[65536];
	uint8_t here[32], next[32];
	double start;
	size_t i, len;
	char name[64];

	page.page.has_parameters = first;
	page.page.has_consistency = !first;
	snprintf(name, sizeof(name), "log.%llu.bytes.%s",
	    (unsigned long long)log->entries, first ? "first" : "known");
	bench_init(&bytes, name);
	begin(log, first ? "answer.first" : "answer");
	for (i = 0; i < rounds; i++) {
		(void)person(log, i % PEOPLE, here, next);
		start = bench_cpu();
		paths(log, here, next);
		len = ts_page_encode(out, sizeof(out), &page.page);
		bench_add(&samples, bench_cpu() - start);
		bench_need(len > 0, "no page");
		bench_add(&bytes,
		    (double)(len - page.page.record[0].envelope.len));
	}
	bench_report(&samples, "us");
	bench_report(&bytes, "bytes");
}

/* A client that knows the log: from bytes to belief. */
static void
measure_client(const struct log *log, const struct ts_tree_head *older,
    size_t rounds)
{
	static uint8_t out[65536];
	struct ts_lookup ask = {{NULL, 0}, 0, false, 0};
	struct ts_log_view known, view;
	uint8_t here[32], next[32];
	struct ts_page got;
	double start;
	size_t i;

	memset(&known, 0, sizeof(known));
	begin(log, "check");
	for (i = 0; i <= rounds; i++) {
		page.page.has_parameters = i == 0; /* to know the log */
		page.page.has_consistency = i > 0;
		ask.label = person(log, i % PEOPLE, here, next);
		paths(log, here, next);
		view = known;
		start = bench_cpu();
		bench_need(ts_page_decode(&got,
			       (struct tsw_slice){out,
				   ts_page_encode(out, sizeof(out),
				       &page.page)}) == TS_OK &&
			ts_latest_check(&view, NULL, log->world->policy, &ask,
			    &got, LOGWORLD_NOW) == TS_OK,
		    "not believed");
		if (i == 0) {
			known = view;
			known.head = *older;
		} else {
			bench_add(&samples, bench_cpu() - start);
		}
	}
	bench_report(&samples, "us");
}

static void
measure_vrf(const struct log *log, size_t rounds)
{
	uint8_t in[TS_ALPHA_MAX], proof[TS_VRF_PROOF_LEN];
	uint8_t out[TS_VRF_OUT_LEN];
	const struct logworld *w = log->world;
	struct tsw_slice alpha = {in, ts_leaf_alpha(in, w->record[0].label, 0)};
	double start;
	size_t i;

	begin(log, "vrf");
	for (i = 0; i < rounds; i++) {
		start = bench_cpu();
		bench_need(ts_vrf_prove(proof, w->sk_vrf, w->vrf, alpha) ==
			TS_OK,
		    "no proof");
		bench_add(&samples, bench_cpu() - start);
	}
	bench_report(&samples, "us");
	begin(log, "vrf.check");
	for (i = 0; i < rounds; i++) {
		start = bench_cpu();
		bench_need(ts_vrf_verify(out, w->vrf, alpha, proof) == TS_OK,
		    "no proof");
		bench_add(&samples, bench_cpu() - start);
	}
	bench_report(&samples, "us");
}

/* Batches upon the log, each published; microseconds of an entry. */
static void
measure_batches(struct log *log)
{
	struct ts_entry e;
	size_t i, j, k;
	double start;

	begin(log, "batch");
	for (i = 0; i < BATCHES; i++) {
		start = bench_cpu();
		for (j = 0; j < BATCH; j++) {
			for (k = 0; k < 4; k++) {
				tsw_store_u64(e.k + 8 * k,
				    mix(UINT64_MAX / 2 + 4 * (BATCH * i + j) +
					k));
				tsw_store_u64(e.c + 8 * k, k);
			}
			bench_need(ts_index_add(log->index, &e) == TS_OK,
			    "no entry");
		}
		bench_need(ts_index_publish(log->index) == TS_OK,
		    "not published");
		bench_add(&samples, (bench_cpu() - start) / BATCH);
	}
	bench_report(&samples, "us");
}

int
main(int argc, char **argv)
{
	struct ts_tree_head older;
	struct log *log;
	size_t rounds;
	int i;

	bench_need(argc >= 3 && sodium_init() >= 0,
	    "usage: bench_log ROUNDS SIZE...");
	rounds = bench_number(argv[1]);
	for (i = 2; i < argc; i++) {
		log = log_new(strtoull(argv[i], NULL, 10));
		prepare(log, &older);
		measure_answers(log, rounds, true);
		measure_answers(log, rounds, false);
		measure_client(log, &older, rounds);
		measure_vrf(log, rounds);
		measure_batches(log);
		log_free(log);
	}
	return EXIT_SUCCESS;
}
