/* SPDX-License-Identifier: BSD-2-Clause */
#include "claim.h"

#include <string.h>

#include <touchstone/wire/statement.h>

/* All paths have to lead to one root, which is in the last leaf. */
struct roots {
	const struct ts_claim *claim;
	const struct ts_page *page;
	bool known;
	uint8_t root[TSW_HASH_LEN];
};

static int
check_root_leaf(const struct roots *roots, const uint8_t root[TSW_HASH_LEN])
{
	const struct ts_tree_head *head = roots->claim->head;
	uint8_t bytes[TS_LEAF_MAX], hash[TSW_HASH_LEN];
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_ROOT;
	leaf.entries = roots->page->entries;
	memcpy(leaf.index_root, root, sizeof(leaf.index_root));
	ts_tree_leaf(hash, bytes, ts_leaf_encode(bytes, &leaf));
	return ts_tree_check_inclusion(head, head->size - 1, hash,
	    roots->page->inclusion);
}

/* Rule 6, at once, so that the error names the path that leads elsewhere. */
static int
join(struct roots *roots, const uint8_t root[TSW_HASH_LEN])
{
	int r;

	if (roots->known)
		return memcmp(roots->root, root, TSW_HASH_LEN) == 0
		    ? TS_OK
		    : TS_ERR_LOG_PROOF;
	r = check_root_leaf(roots, root);
	if (r == TS_OK) {
		memcpy(roots->root, root, TSW_HASH_LEN);
		roots->known = true;
	}
	return r;
}

/* k of a record, by its VRF proof. */
static int
key_of(uint8_t k[32], const struct ts_claim *claim, uint64_t number,
    const uint8_t proof[TS_VRF_PROOF_LEN])
{
	uint8_t beta[TS_VRF_OUT_LEN], in[TS_ALPHA_MAX];
	struct tsw_slice alpha = {in, 0};
	int r;

	if (number > UINT32_MAX)
		return TS_ERR_LOG_PROOF;
	alpha.len = ts_leaf_alpha(in, claim->label, (uint32_t)number);
	r = ts_vrf_verify(beta, claim->vrf, alpha, proof);
	if (r == TS_OK)
		memcpy(k, beta, 32);
	return r;
}

static int
statement_of(struct tsw_slice *out, const struct ts_page_record *m)
{
	struct tsw_envelope env;

	if (tsw_envelope_decode(&env, m->envelope.p, m->envelope.len) != TSW_OK)
		return TS_ERR_LOG_PROOF;
	*out = env.statement;
	return TS_OK;
}

/* Rule 4 for one record. */
static int
check_proof(struct roots *roots, const struct ts_claim *claim,
    const struct ts_page_record *m, const uint8_t hash[TSW_HASH_LEN])
{
	uint8_t root[TSW_HASH_LEN];
	struct ts_entry entry;
	int r;

	r = key_of(entry.k, claim, m->number, m->proof.vrf);
	if (r != TS_OK)
		return r;
	ts_leaf_commit(entry.c, m->proof.opening, claim->label, m->number,
	    hash);
	r = ts_path_root(root, &entry, m->proof.path);
	return r == TS_OK ? join(roots, root) : r;
}

/* Rule 3: the next record, an update, names the one with this hash. */
static int
check_bound(const struct ts_page *page, size_t next,
    const uint8_t hash[TSW_HASH_LEN])
{
	struct tsw_statement st;
	struct tsw_slice bytes;

	if (next >= page->record_cnt ||
	    statement_of(&bytes, &page->record[next]) != TS_OK ||
	    tsw_statement_decode(&st, bytes.p, bytes.len) != TSW_OK ||
	    st.kind != TSW_KIND_UPDATE ||
	    memcmp(st.u.update.prev, hash, TSW_HASH_LEN) != 0)
		return TS_ERR_LOG_PROOF;
	return TS_OK;
}

/* Rules 2 to 4. */
static int
check_records(struct roots *roots, const struct ts_claim *claim,
    const struct ts_page *page)
{
	uint8_t hash[TSW_HASH_LEN];
	struct tsw_slice bytes;
	size_t i;
	int r;

	for (i = 0; i < page->record_cnt; i++) {
		const struct ts_page_record *m = &page->record[i];

		if (m->number != (uint64_t)claim->from + i)
			return TS_ERR_LOG_PROOF;
		r = statement_of(&bytes, m);
		if (r != TS_OK)
			return r;
		tsw_statement_hash(hash, bytes.p, bytes.len);
		if (m->proof.there)
			r = check_proof(roots, claim, m, hash);
		else
			r = check_bound(page, i + 1, hash);
		if (r != TS_OK)
			return r;
	}
	return TS_OK;
}

/* Rule 5. */
static int
check_absence(struct roots *roots, const struct ts_claim *claim,
    const struct ts_page *page)
{
	const struct ts_page_absence *m = &page->absence;
	uint8_t k[32], root[TSW_HASH_LEN];

	if (key_of(k, claim, (uint64_t)claim->from + page->record_cnt,
		m->vrf) != TS_OK ||
	    ts_path_absent(root, k, m->leaf, m->path) != TS_OK ||
	    join(roots, root) != TS_OK)
		return TS_ERR_LOG_LATEST;
	return TS_OK;
}

int
ts_claim_check(const struct ts_claim *claim, const struct ts_page *page)
{
	struct roots roots = {claim, page, false, {0}};
	int r;

	/* Else who asks for the next page would never come to an end. */
	if (page->record_cnt == 0 && !page->absence.there)
		return TS_ERR_LOG_LATEST;
	r = check_records(&roots, claim, page);
	if (r == TS_OK && page->absence.there)
		r = check_absence(&roots, claim, page);
	return r;
}

int
ts_claim_check_vrf(const struct ts_tree_head *head,
    const uint8_t vrf[TS_VRF_KEY_LEN], struct tsw_slice proof)
{
	uint8_t bytes[TS_LEAF_MAX], hash[TSW_HASH_LEN];
	struct ts_leaf leaf;

	memset(&leaf, 0, sizeof(leaf));
	leaf.kind = TS_LEAF_PARAMETERS;
	memcpy(leaf.vrf, vrf, sizeof(leaf.vrf));
	ts_tree_leaf(hash, bytes, ts_leaf_encode(bytes, &leaf));
	return ts_tree_check_inclusion(head, 0, hash, proof);
}
