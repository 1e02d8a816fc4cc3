/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <string.h>

#include <touchstone/wire/crypto.h>

#include "hasher.h"

#define SHORT_MAX 64 /* bytes of a leaf of ours; others have longer ones */

enum { PREFIX_LEAF = 0x00, PREFIX_NODE = 0x01 }; /* RFC 6962 2.1 */

void
ts_tree_leaf(uint8_t out[TSW_HASH_LEN], const uint8_t *leaf, size_t len)
{
	static const uint8_t prefix = PREFIX_LEAF;
	const struct tsw_slice part[] = {{&prefix, 1}, {leaf, len}};
	uint8_t in[1 + SHORT_MAX];

	if (len > SHORT_MAX) {
		tsw_sha256(out, part, 2);
		return;
	}
	in[0] = prefix;
	if (len > 0)
		memcpy(in + 1, leaf, len);
	ts_hasher_sum(out, in, 1 + len);
}

void
ts_tree_node(uint8_t out[TSW_HASH_LEN], const uint8_t left[TSW_HASH_LEN],
    const uint8_t right[TSW_HASH_LEN])
{
	uint8_t in[1 + 2 * TSW_HASH_LEN];

	in[0] = PREFIX_NODE;
	memcpy(in + 1, left, TSW_HASH_LEN);
	memcpy(in + 1 + TSW_HASH_LEN, right, TSW_HASH_LEN);
	ts_hasher_sum(out, in, sizeof(in));
}

void
ts_tree_empty(uint8_t out[TSW_HASH_LEN])
{
	tsw_sha256(out, NULL, 0);
}

/* Hashes of a proof, one after the other. */
struct walk {
	const uint8_t *p;
	size_t left; /* bytes */
};

static const uint8_t *
next(struct walk *walk)
{
	const uint8_t *p = walk->p;

	if (walk->left < TSW_HASH_LEN)
		return NULL;
	walk->p += TSW_HASH_LEN;
	walk->left -= TSW_HASH_LEN;
	return p;
}

/*
 * A place at the right edge of the old tree (at), and the last one of the new
 * tree (last), in the same level.  One step up passes over the levels in which
 * the place has no sibling: RFC 9162 2.1.3.2 and 2.1.4.2.
 */
struct climb {
	uint64_t at, last;
};

/* The next hash is the left sibling; if not, it is the right one. */
static bool
is_right(const struct climb *climb)
{
	return (climb->at & 1) != 0 || climb->at == climb->last;
}

static void
up(struct climb *climb)
{
	if (climb->at == climb->last) {
		while ((climb->at & 1) == 0 && climb->at != 0) {
			climb->at >>= 1;
			climb->last >>= 1;
		}
	}
	climb->at >>= 1;
	climb->last >>= 1;
}

int
ts_tree_check_inclusion(const struct ts_tree_head *head, uint64_t index,
    const uint8_t leaf[TSW_HASH_LEN], struct tsw_slice proof)
{
	struct climb climb = {index, head->size - 1};
	struct walk walk = {proof.p, proof.len};
	uint8_t hash[TSW_HASH_LEN];
	const uint8_t *p;

	if (head->size > TSW_LOG_SIZE_MAX || index >= head->size ||
	    proof.len > TS_TREE_PROOF_MAX)
		return TS_ERR_LOG_PROOF;
	memcpy(hash, leaf, TSW_HASH_LEN);
	while ((p = next(&walk)) != NULL) {
		if (climb.last == 0)
			return TS_ERR_LOG_PROOF;
		if (is_right(&climb))
			ts_tree_node(hash, p, hash);
		else
			ts_tree_node(hash, hash, p);
		up(&climb);
	}
	if (walk.left > 0 || climb.last != 0 ||
	    memcmp(hash, head->root, TSW_HASH_LEN) != 0)
		return TS_ERR_LOG_PROOF;
	return TS_OK;
}

/* 0 < older < newer. */
static int
check_growth(const struct ts_tree_head *older, const struct ts_tree_head *newer,
    struct walk walk)
{
	struct climb climb = {older->size - 1, newer->size - 1};
	uint8_t was[TSW_HASH_LEN], is[TSW_HASH_LEN];
	const uint8_t *p = older->root;

	/* A complete tree is its own first hash, and not in the proof. */
	if ((older->size & (older->size - 1)) != 0 && (p = next(&walk)) == NULL)
		return TS_ERR_LOG_PROOF;
	memcpy(was, p, TSW_HASH_LEN);
	memcpy(is, p, TSW_HASH_LEN);
	while ((climb.at & 1) != 0) {
		climb.at >>= 1;
		climb.last >>= 1;
	}
	while ((p = next(&walk)) != NULL) {
		if (climb.last == 0)
			return TS_ERR_LOG_PROOF;
		if (is_right(&climb)) {
			ts_tree_node(was, p, was);
			ts_tree_node(is, p, is);
		} else {
			ts_tree_node(is, is, p);
		}
		up(&climb);
	}
	if (walk.left > 0 || climb.last != 0 ||
	    memcmp(was, older->root, TSW_HASH_LEN) != 0 ||
	    memcmp(is, newer->root, TSW_HASH_LEN) != 0)
		return TS_ERR_LOG_PROOF;
	return TS_OK;
}

int
ts_tree_check_consistency(const struct ts_tree_head *older,
    const struct ts_tree_head *newer, struct tsw_slice proof)
{
	const struct walk walk = {proof.p, proof.len};

	if (newer->size > TSW_LOG_SIZE_MAX || older->size > newer->size ||
	    proof.len > TS_TREE_PROOF_MAX)
		return TS_ERR_LOG_PROOF;
	if (older->size > 0 && older->size < newer->size)
		return check_growth(older, newer, walk);
	if (proof.len > 0)
		return TS_ERR_LOG_PROOF;
	if (older->size == newer->size &&
	    memcmp(older->root, newer->root, TSW_HASH_LEN) != 0)
		return TS_ERR_LOG_PROOF;
	return TS_OK;
}

/*
 * The root of cnt > 0 leaves from first on, which is a multiple of the power
 * of two not below cnt: so each bit of cnt is a complete subtree.
 */
static int
range(uint8_t out[TSW_HASH_LEN], const struct ts_tree_source *source,
    uint64_t first, uint64_t cnt)
{
	uint8_t hash[TSW_HASH_LEN];
	bool begun = false;
	unsigned level;
	int r;

	for (level = 0; cnt >> level != 0; level++) {
		if ((cnt >> level & 1) == 0)
			continue;
		r = source->hash(source->ctx, begun ? hash : out, level,
		    (first + (cnt >> level << level) -
			((uint64_t)1 << level)) >>
			level);
		if (r != TS_OK)
			return r;
		if (begun)
			ts_tree_node(out, hash, out);
		begun = true;
	}
	return TS_OK;
}

int
ts_tree_root(uint8_t out[TSW_HASH_LEN], const struct ts_tree_source *source,
    uint64_t size)
{
	uint8_t root[TSW_HASH_LEN];
	int r = TS_OK;

	if (size > TSW_LOG_SIZE_MAX)
		return TS_ERR_ARGUMENT;
	if (size == 0)
		ts_tree_empty(root);
	else
		r = range(root, source, 0, size);
	if (r == TS_OK)
		memcpy(out, root, TSW_HASH_LEN);
	return r;
}

/* The largest power of two below n > 1: where the RFC splits a tree. */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k <<= 1;
	return k;
}

/* A proof that is found from the root down, and read from the leaf up. */
struct proof {
	uint8_t hash[TS_TREE_PROOF_CNT][TSW_HASH_LEN];
	size_t cnt;
	const struct ts_tree_source *source;
};

static int
push(struct proof *proof, uint64_t first, uint64_t cnt)
{
	if (proof->cnt == TS_TREE_PROOF_CNT)
		return TS_ERR_INTERNAL;
	return range(proof->hash[proof->cnt++], proof->source, first, cnt);
}

static void
turn(uint8_t out[TS_TREE_PROOF_MAX], size_t *len, const struct proof *proof)
{
	size_t i;

	for (i = 0; i < proof->cnt; i++)
		memcpy(out + i * TSW_HASH_LEN, proof->hash[proof->cnt - 1 - i],
		    TSW_HASH_LEN);
	*len = proof->cnt * TSW_HASH_LEN;
}

int
ts_tree_inclusion(uint8_t out[TS_TREE_PROOF_MAX], size_t *len,
    const struct ts_tree_source *source, uint64_t index, uint64_t size)
{
	struct proof proof = {.source = source};
	uint64_t first = 0, cnt = size;
	int r;

	if (size > TSW_LOG_SIZE_MAX || index >= size)
		return TS_ERR_ARGUMENT;
	while (cnt > 1) {
		const uint64_t k = split(cnt);

		if (index - first < k) {
			r = push(&proof, first + k, cnt - k);
			cnt = k;
		} else {
			r = push(&proof, first, k);
			first += k;
			cnt -= k;
		}
		if (r != TS_OK)
			return r;
	}
	turn(out, len, &proof);
	return TS_OK;
}

int
ts_tree_consistency(uint8_t out[TS_TREE_PROOF_MAX], size_t *len,
    const struct ts_tree_source *source, uint64_t older, uint64_t newer)
{
	struct proof proof = {.source = source};
	uint64_t first = 0, cnt = newer;
	int r = TS_OK;

	if (newer > TSW_LOG_SIZE_MAX || older > newer)
		return TS_ERR_ARGUMENT;
	while (older > 0 && older - first < cnt) {
		const uint64_t k = split(cnt);

		if (older - first <= k) {
			r = push(&proof, first + k, cnt - k);
			cnt = k;
		} else {
			r = push(&proof, first, k);
			first += k;
			cnt -= k;
		}
		if (r != TS_OK)
			return r;
	}
	/* What is left of the old tree, unless it is all of it. */
	if (first > 0)
		r = push(&proof, first, cnt);
	if (r == TS_OK)
		turn(out, len, &proof);
	return r;
}

void
ts_tree_edge_init(struct ts_tree_edge *edge)
{
	memset(edge, 0, sizeof(*edge));
}

int
ts_tree_edge_add(struct ts_tree_edge *edge, const uint8_t leaf[TSW_HASH_LEN],
    int (*fn)(void *ctx, unsigned level, uint64_t index,
	const uint8_t hash[TSW_HASH_LEN]),
    void *ctx)
{
	uint8_t hash[TSW_HASH_LEN];
	unsigned level = 0;
	int r;

	if (edge->size >= TSW_LOG_SIZE_MAX)
		return TS_ERR_ARGUMENT;
	memcpy(hash, leaf, TSW_HASH_LEN);
	for (;;) {
		r = fn == NULL ? TS_OK
			       : fn(ctx, level, edge->size >> level, hash);
		if (r != TS_OK)
			return r;
		if ((edge->size >> level & 1) == 0)
			break;
		ts_tree_node(hash, edge->hash[level], hash);
		level++;
	}
	memcpy(edge->hash[level], hash, TSW_HASH_LEN);
	edge->size++;
	return TS_OK;
}

void
ts_tree_edge_root(uint8_t out[TSW_HASH_LEN], const struct ts_tree_edge *edge)
{
	bool begun = false;
	unsigned level;

	if (edge->size == 0)
		ts_tree_empty(out);
	for (level = 0; level < TS_TREE_LEVELS; level++) {
		if ((edge->size >> level & 1) == 0)
			continue;
		if (begun)
			ts_tree_node(out, edge->hash[level], out);
		else
			memcpy(out, edge->hash[level], TSW_HASH_LEN);
		begun = true;
	}
}

int
ts_tree_edge_load(struct ts_tree_edge *edge,
    const struct ts_tree_source *source, uint64_t size)
{
	struct ts_tree_edge e;
	unsigned level;
	int r;

	if (size > TSW_LOG_SIZE_MAX)
		return TS_ERR_ARGUMENT;
	ts_tree_edge_init(&e);
	e.size = size;
	for (level = 0; level < TS_TREE_LEVELS; level++) {
		if ((size >> level & 1) == 0)
			continue;
		r = source->hash(source->ctx, e.hash[level], level,
		    (size >> level) - 1);
		if (r != TS_OK)
			return r;
	}
	*edge = e;
	return TS_OK;
}
