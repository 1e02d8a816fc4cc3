/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes and entries stand in arenas of chunks that never move, so that readers
 * follow references while the writer adds.  A node carries the version that
 * it was born in: the writer changes those of its own version in place and
 * copies others (own()).  What was copied is retired: readers may still be in
 * it until the next publish, after which it is free.  Retired and free nodes
 * are linked through born_low, which no reader reads.
 */
#include "index.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "index_hash.h"

#define THREAD_CNT 256			  /* entries that are worth a thread */
#define ADD_NODES_CNT (TS_INDEX_BITS + 1) /* a path that is copied, and one */

/* A reference: a node's number, or an entry's with the highest bit. */
#define REF_ENTRY 0x80000000U
#define REF_NONE UINT32_MAX

struct node {
	uint8_t hash[TSW_HASH_LEN]; /* unless dirty */
	uint32_t child[2];
	uint32_t born_low; /* or the next one of a list */
	uint16_t born_high;
	uint8_t bit;
	bool dirty;
};

_Static_assert(sizeof(struct node) == 48, "with an entry: 112 bytes");
_Static_assert(sizeof(struct ts_entry) == 64, "with a node: 112 bytes");

struct list {
	uint32_t first, last;
	uint32_t cnt;
};

struct version {
	uint32_t root;
	uint32_t cnt;
	uint8_t hash[TSW_HASH_LEN];
};

struct ts_index {
	struct ts_arena nodes, entries;
	struct list free, retired;
	struct version head;
	bool hashed;	     /* head.hash is right */
	uint32_t hashed_cnt; /* entries when it was made */
	uint64_t born;	     /* of the head */

	pthread_rwlock_t lock; /* of published, and of what it refers to */
	struct version published;
};

static struct node *
node_at(const struct ts_index *index, uint32_t ref)
{
	return ts_arena_at(&index->nodes, ref);
}

static struct ts_entry *
entry_at(const struct ts_index *index, uint32_t ref)
{
	return ts_arena_at(&index->entries, ref & ~REF_ENTRY);
}

static bool
is_entry(uint32_t ref)
{
	return (ref & REF_ENTRY) != 0;
}

static uint64_t
born(const struct node *n)
{
	return (uint64_t)n->born_high << 32 | n->born_low;
}

static void
set_born(struct node *n, uint64_t version)
{
	n->born_low = (uint32_t)version;
	n->born_high = (uint16_t)(version >> 32);
}

static void
push(const struct ts_index *index, struct list *list, uint32_t ref)
{
	node_at(index, ref)->born_low = list->first;
	if (list->cnt++ == 0)
		list->last = ref;
	list->first = ref;
}

/* A node of the head; there is room. */
static uint32_t
take(struct ts_index *index)
{
	uint32_t ref = index->free.first;

	if (index->free.cnt > 0) {
		index->free.first = node_at(index, ref)->born_low;
		index->free.cnt--;
	} else {
		ref = index->nodes.used++;
	}
	set_born(node_at(index, ref), index->born);
	return ref;
}

/* The node that *link refers to, as one that may be changed. */
static struct node *
own(struct ts_index *index, uint32_t *link)
{
	const uint32_t old = *link;
	struct node *n = node_at(index, old), *copy;

	if (born(n) == index->born)
		return n;
	*link = take(index);
	copy = node_at(index, *link);
	copy->child[0] = n->child[0];
	copy->child[1] = n->child[1];
	copy->bit = n->bit;
	push(index, &index->retired, old);
	return copy;
}

int
ts_index_new(struct ts_index **out)
{
	struct ts_index *index = calloc(1, sizeof(*index));
	pthread_rwlockattr_t attr;
	int r = TS_ERR_NO_MEMORY;

	if (index == NULL)
		return r;
	index->born = 1;
	index->head.root = index->published.root = REF_NONE;
	index->hashed = true;
	r = ts_arena_init(&index->nodes, sizeof(struct node));
	if (r == TS_OK)
		r = ts_arena_init(&index->entries, sizeof(struct ts_entry));
	if (r == TS_OK && pthread_rwlockattr_init(&attr) != 0)
		r = TS_ERR_NO_MEMORY;
	if (r == TS_OK) {
		/* Readers without end would keep the writer out. */
		(void)pthread_rwlockattr_setkind_np(&attr,
		    PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
		if (pthread_rwlock_init(&index->lock, &attr) != 0)
			r = TS_ERR_NO_MEMORY;
		(void)pthread_rwlockattr_destroy(&attr);
	}
	if (r == TS_OK) {
		*out = index;
		return TS_OK;
	}
	ts_arena_free(&index->nodes);
	ts_arena_free(&index->entries);
	free(index);
	return r;
}

void
ts_index_free(struct ts_index **index)
{
	if (*index == NULL)
		return;
	(void)pthread_rwlock_destroy(&(*index)->lock);
	ts_arena_free(&(*index)->nodes);
	ts_arena_free(&(*index)->entries);
	free(*index);
	*index = NULL;
}

/* The entry at which a search for k ends; the tree is not empty. */
static uint32_t
search(const struct ts_index *index, uint32_t ref, const uint8_t k[32])
{
	while (!is_entry(ref)) {
		const struct node *n = node_at(index, ref);

		ref = n->child[ts_index_bit(k, n->bit)];
	}
	return ref;
}

/* The first bit in which they differ; TS_INDEX_BITS if in none. */
static unsigned
difference(const uint8_t a[32], const uint8_t b[32])
{
	unsigned bit = 0;

	while (bit < TS_INDEX_BITS && a[bit / 8] == b[bit / 8])
		bit += 8;
	while (
	    bit < TS_INDEX_BITS && ts_index_bit(a, bit) == ts_index_bit(b, bit))
		bit++;
	return bit;
}

/* Hang ref, the entry of k, into the head with a node for bit above it. */
static void
hang(struct ts_index *index, const uint8_t k[32], unsigned bit, uint32_t ref)
{
	const unsigned side = ts_index_bit(k, bit);
	uint32_t *link = &index->head.root;
	uint32_t below;
	struct node *n;

	while (!is_entry(*link) && node_at(index, *link)->bit < bit) {
		n = own(index, link);
		n->dirty = true;
		link = &n->child[ts_index_bit(k, n->bit)];
	}
	below = *link;
	*link = take(index);
	n = node_at(index, *link);
	n->bit = (uint8_t)bit;
	n->dirty = true;
	n->child[side] = ref;
	n->child[1 - side] = below;
}

int
ts_index_add(struct ts_index *index, const struct ts_entry *entry)
{
	unsigned bit = 0;
	uint32_t ref;
	int r;

	if (index->head.root != REF_NONE) {
		ref = search(index, index->head.root, entry->k);
		bit = difference(entry->k, entry_at(index, ref)->k);
		if (bit == TS_INDEX_BITS)
			return TS_ERR_ALREADY;
	}
	r = ts_arena_reserve(&index->entries, 1);
	if (r == TS_OK && index->free.cnt < ADD_NODES_CNT)
		r = ts_arena_reserve(&index->nodes, ADD_NODES_CNT);
	if (r != TS_OK)
		return r;
	ref = REF_ENTRY | index->entries.used++;
	*entry_at(index, ref) = *entry;
	if (index->head.root == REF_NONE)
		index->head.root = ref;
	else
		hang(index, entry->k, bit, ref);
	index->head.cnt++;
	index->hashed = false;
	return TS_OK;
}

uint64_t
ts_index_cnt(const struct ts_index *index)
{
	return index->head.cnt;
}

static void
hash_of(const struct ts_index *index, uint8_t out[TSW_HASH_LEN], uint32_t ref)
{
	if (ref == REF_NONE)
		memset(out, 0, TSW_HASH_LEN);
	else if (is_entry(ref))
		ts_index_leaf(out, entry_at(index, ref));
	else
		memcpy(out, node_at(index, ref)->hash, TSW_HASH_LEN);
}

/* What was changed is connected from the root down.  At most 256 deep. */
static void
rehash(struct ts_index *index, uint32_t ref)
{
	uint8_t hash[2][TSW_HASH_LEN];
	struct node *n;
	size_t i;

	if (ref == REF_NONE || is_entry(ref) || !node_at(index, ref)->dirty)
		return;
	n = node_at(index, ref);
	for (i = 0; i < 2; i++) {
		rehash(index, n->child[i]);
		hash_of(index, hash[i], n->child[i]);
	}
	ts_index_node(n->hash, n->bit, hash[0], hash[1]);
	n->dirty = false;
}

/* One side of the root; the other one shares no node with it. */
struct side {
	struct ts_index *index;
	uint32_t ref;
};

static void *
rehash_side(void *arg)
{
	const struct side *side = arg;

	rehash(side->index, side->ref);
	return NULL;
}

/* Both sides at once, if there is enough to do. */
static void
rehash_sides(struct ts_index *index)
{
	struct side left = {index, index->head.root};
	pthread_t thread;

	if (index->head.cnt - index->hashed_cnt < THREAD_CNT ||
	    is_entry(index->head.root))
		return;
	left.ref = node_at(index, index->head.root)->child[0];
	if (pthread_create(&thread, NULL, rehash_side, &left) != 0)
		return; /* then rehash() has more to do */
	rehash(index, node_at(index, index->head.root)->child[1]);
	(void)pthread_join(thread, NULL);
}

void
ts_index_root(struct ts_index *index, uint8_t out[TSW_HASH_LEN])
{
	if (!index->hashed) {
		rehash_sides(index);
		rehash(index, index->head.root);
		index->hashed_cnt = index->head.cnt;
		hash_of(index, index->head.hash, index->head.root);
		index->hashed = true;
	}
	memcpy(out, index->head.hash, TSW_HASH_LEN);
}

int
ts_index_publish(struct ts_index *index)
{
	uint8_t root[TSW_HASH_LEN];

	ts_index_root(index, root);
	if (pthread_rwlock_wrlock(&index->lock) != 0)
		return TS_ERR_INTERNAL;
	index->published = index->head;
	(void)pthread_rwlock_unlock(&index->lock);
	/* Nobody is in the old version any more. */
	if (index->retired.cnt > 0) {
		node_at(index, index->retired.last)->born_low =
		    index->free.first;
		index->free.first = index->retired.first;
		index->free.cnt += index->retired.cnt;
		memset(&index->retired, 0, sizeof(index->retired));
	}
	index->born++;
	return TS_OK;
}

/* Nodes of the head are connected from its root down.  At most 256 deep. */
static void
drop(struct ts_index *index, uint32_t ref)
{
	struct node *n;

	if (ref == REF_NONE || is_entry(ref))
		return;
	n = node_at(index, ref);
	if (born(n) != index->born)
		return;
	drop(index, n->child[0]);
	drop(index, n->child[1]);
	push(index, &index->free, ref);
}

void
ts_index_rewind(struct ts_index *index)
{
	uint32_t ref = index->retired.first;
	uint32_t cnt = index->retired.cnt;

	drop(index, index->head.root);
	for (; cnt > 0; cnt--) {
		struct node *n = node_at(index, ref);

		ref = n->born_low;
		set_born(n, 0);
	}
	memset(&index->retired, 0, sizeof(index->retired));
	index->head = index->published; /* only this thread writes it */
	index->hashed = true;
	index->hashed_cnt = index->head.cnt;
	index->entries.used = index->head.cnt;
}

size_t
ts_index_memory(const struct ts_index *index)
{
	return sizeof(*index) + ts_arena_memory(&index->nodes) +
	    ts_arena_memory(&index->entries);
}

/* The way to the entry at which a search for k ends, from the root down. */
struct way {
	uint32_t other[TS_INDEX_BITS]; /* the children that were not taken */
	uint8_t bit[TS_INDEX_BITS];
	size_t cnt;
};

static uint32_t
walk(const struct ts_index *index, struct way *way, uint32_t ref,
    const uint8_t k[32])
{
	way->cnt = 0;
	while (!is_entry(ref)) {
		const struct node *n = node_at(index, ref);
		unsigned side = ts_index_bit(k, n->bit);

		way->other[way->cnt] = n->child[1 - side];
		way->bit[way->cnt++] = n->bit;
		ref = n->child[side];
	}
	return ref;
}

static void
prove(const struct ts_index *index, struct ts_index_proof *out,
    const uint8_t k[32])
{
	struct way way;
	uint32_t ref;

	memcpy(out->root, index->published.hash, sizeof(out->root));
	out->cnt = index->published.cnt;
	out->found = false;
	out->len = 0;
	out->empty = index->published.root == REF_NONE;
	if (out->empty) {
		memset(&out->entry, 0, sizeof(out->entry));
		return;
	}
	ref = walk(index, &way, index->published.root, k);
	out->entry = *entry_at(index, ref);
	out->found = memcmp(out->entry.k, k, sizeof(out->entry.k)) == 0;
	while (way.cnt > 0) {
		way.cnt--;
		out->path[out->len] = way.bit[way.cnt];
		hash_of(index, out->path + out->len + 1, way.other[way.cnt]);
		out->len += TS_PATH_STEP_LEN;
	}
}

int
ts_index_prove(struct ts_index *index, struct ts_index_proof *out,
    const uint8_t k[32])
{
	if (pthread_rwlock_rdlock(&index->lock) != 0)
		return TS_ERR_INTERNAL;
	prove(index, out, k);
	(void)pthread_rwlock_unlock(&index->lock);
	return TS_OK;
}
