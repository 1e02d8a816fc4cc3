/* SPDX-License-Identifier: BSD-2-Clause */
#include "audit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/index.h"

struct ts_audit {
	struct ts_tree_edge edge;
	struct ts_index *index;
	struct ts_tree_head expected;
	bool after_root; /* the last leaf is a root */
	char why[TS_AUDIT_WHY_MAX];
};

int
ts_audit_new(struct ts_audit **out)
{
	struct ts_audit *audit = calloc(1, sizeof(*audit));
	int r;

	if (audit == NULL)
		return TS_ERR_NO_MEMORY;
	r = ts_index_new(&audit->index);
	if (r != TS_OK) {
		free(audit);
		return r;
	}
	ts_tree_edge_init(&audit->edge);
	*out = audit;
	return TS_OK;
}

void
ts_audit_free(struct ts_audit **audit)
{
	if (*audit == NULL)
		return;
	ts_index_free(&(*audit)->index);
	free(*audit);
	*audit = NULL;
}

uint64_t
ts_audit_size(const struct ts_audit *audit)
{
	return audit->edge.size;
}

uint64_t
ts_audit_entries(const struct ts_audit *audit)
{
	return ts_index_cnt(audit->index);
}

const char *
ts_audit_why(const struct ts_audit *audit)
{
	return audit->why;
}

__attribute__((format(printf, 2, 3))) static int
broken(struct ts_audit *audit, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(audit->why, sizeof(audit->why), format, ap);
	va_end(ap);
	return TS_ERR_LOG_BROKEN;
}

void
ts_audit_expect(struct ts_audit *audit, const struct ts_tree_head *head)
{
	audit->expected = *head;
}

static int
check_expected(struct ts_audit *audit)
{
	uint8_t root[TSW_HASH_LEN];

	if (audit->expected.size == 0 ||
	    audit->edge.size != audit->expected.size)
		return TS_OK;
	ts_tree_edge_root(root, &audit->edge);
	if (memcmp(root, audit->expected.root, TSW_HASH_LEN) == 0)
		return TS_OK;
	(void)broken(audit,
	    "the first %" PRIu64 " leaves are not those of the checkpoint "
	    "that was accepted before",
	    audit->edge.size);
	return TS_ERR_LOG_SPLIT;
}

static int
add_entry(struct ts_audit *audit, const struct ts_entry *entry)
{
	int r;

	if (audit->edge.size < 2)
		return broken(audit, "an entry in a place that is not its own");
	r = ts_index_add(audit->index, entry);
	if (r == TS_ERR_ALREADY)
		return broken(audit, "its k is in the log already");
	return r;
}

static int
check_root(struct ts_audit *audit, const struct ts_leaf *leaf)
{
	const uint64_t cnt = ts_index_cnt(audit->index);
	uint8_t root[TSW_HASH_LEN];

	if (audit->edge.size == 0)
		return broken(audit, "a root where the parameters belong");
	if (audit->after_root)
		return broken(audit, "a root with no entry since the last one");
	if (leaf->entries != cnt)
		return broken(audit,
		    "the root leaf counts %" PRIu64 " entries, there are "
		    "%" PRIu64,
		    leaf->entries, cnt);
	ts_index_root(audit->index, root);
	if (memcmp(root, leaf->index_root, TSW_HASH_LEN) != 0)
		return broken(audit,
		    "the root leaf is not the root of the %" PRIu64
		    " entries before it",
		    cnt);
	return TS_OK;
}

static int
check_leaf(struct ts_audit *audit, struct tsw_slice bytes)
{
	struct ts_leaf leaf;
	int r = TS_OK;

	if (ts_leaf_decode(&leaf, bytes) != TS_OK)
		return broken(audit, "%zu bytes that are no leaf", bytes.len);
	switch (leaf.kind) {
	case TS_LEAF_PARAMETERS:
		if (audit->edge.size != 0)
			r = broken(audit,
			    "parameters, which are leaf 0 and nothing else");
		break;
	case TS_LEAF_ENTRY:
		r = add_entry(audit, &leaf.entry);
		break;
	case TS_LEAF_ROOT:
		r = check_root(audit, &leaf);
		break;
	}
	if (r == TS_OK)
		audit->after_root = leaf.kind == TS_LEAF_ROOT;
	return r;
}

int
ts_audit_leaf(struct ts_audit *audit, struct tsw_slice leaf)
{
	uint8_t hash[TSW_HASH_LEN];
	int r;

	r = check_leaf(audit, leaf);
	if (r != TS_OK)
		return r;
	ts_tree_leaf(hash, leaf.p, leaf.len);
	r = ts_tree_edge_add(&audit->edge, hash, NULL, NULL);
	return r == TS_OK ? check_expected(audit) : r;
}

int
ts_audit_head(struct ts_audit *audit, const struct ts_tree_head *head)
{
	uint8_t root[TSW_HASH_LEN];

	if (head->size != audit->edge.size)
		return TS_ERR_INTERNAL;
	if (head->size < 2)
		return broken(audit,
		    "a checkpoint of %" PRIu64 " leaves; the first one has 2",
		    head->size);
	if (!audit->after_root)
		return broken(audit,
		    "the last leaf of the checkpoint is not a root");
	ts_tree_edge_root(root, &audit->edge);
	if (memcmp(root, head->root, TSW_HASH_LEN) != 0)
		return broken(audit,
		    "the checkpoint has not the root of its %" PRIu64 " leaves",
		    head->size);
	return TS_OK;
}
