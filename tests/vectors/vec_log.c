/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 13, 14.2 and 16. */
#include "vec.h"

#include "log/latest.h"

#include <stdlib.h>
#include <string.h>

#include <touchstone/wire/statement.h>

static struct tsw_slice
text_of(const json_t *v, const char *key)
{
	const char *text = vec_text(v, key);
	struct tsw_slice s = {(const uint8_t *)text, strlen(text)};

	return s;
}

/* The i'th string of a list of hex, as bytes. */
static struct tsw_slice
item(const json_t *v, const char *key, size_t i)
{
	json_t *holder =
	    json_pack("{s:O}", "item", json_array_get(vec_get(v, key), i));
	struct tsw_slice s;

	if (holder == NULL)
		exit(EXIT_FAILURE);
	s = vec_bytes(holder, "item");
	json_decref(holder);
	return s;
}

/* Whether the member has these bytes. */
static void
same(const json_t *v, const char *key, const uint8_t *p, size_t len)
{
	struct tsw_slice want = vec_bytes(v, key);

	vec_check(vec_same(want, p, len), vec_name(v), key);
	vec_free(&want);
}

static void
copy(uint8_t *out, size_t len, const json_t *v, const char *key)
{
	struct tsw_slice s = vec_bytes(v, key);

	if (s.len != len)
		exit(EXIT_FAILURE);
	memcpy(out, s.p, len);
	vec_free(&s);
}

static void
check_vrf(const json_t *v)
{
	uint8_t sk_scalar[TS_VRF_KEY_LEN], pk[TS_VRF_KEY_LEN];
	uint8_t proof[TS_VRF_PROOF_LEN], out[TS_VRF_OUT_LEN];
	struct tsw_slice alpha = vec_bytes(v, "alpha");

	copy(sk_scalar, sizeof(sk_scalar), v, "secret");
	vec_check_err(ts_vrf_public(pk, sk_scalar), NULL, vec_name(v));
	same(v, "public", pk, sizeof(pk));
	vec_check_err(ts_vrf_prove(proof, sk_scalar, pk, alpha), NULL,
	    vec_name(v));
	same(v, "proof", proof, sizeof(proof));
	vec_check_err(ts_vrf_output(out, sk_scalar, pk, alpha), NULL,
	    vec_name(v));
	same(v, "output", out, sizeof(out));
	memset(out, 0, sizeof(out));
	vec_check_err(ts_vrf_verify(out, pk, alpha, proof), NULL, vec_name(v));
	same(v, "output", out, sizeof(out));
	vec_free(&alpha);
}

static void
check_leaf(const json_t *v)
{
	struct tsw_slice bytes = vec_bytes(v, "leaf");
	uint8_t again[TS_LEAF_MAX];
	struct ts_leaf leaf;
	int r = ts_leaf_decode(&leaf, bytes);

	vec_check_err(r, NULL, vec_name(v));
	if (r == TS_OK) {
		same(v, "leaf", again, ts_leaf_encode(again, &leaf));
		if (leaf.kind == TS_LEAF_PARAMETERS) {
			same(v, "vrf", leaf.vrf, sizeof(leaf.vrf));
		} else if (leaf.kind == TS_LEAF_ENTRY) {
			same(v, "k", leaf.entry.k, sizeof(leaf.entry.k));
			same(v, "c", leaf.entry.c, sizeof(leaf.entry.c));
		} else {
			same(v, "root", leaf.index_root, TSW_HASH_LEN);
			vec_check(leaf.entries == vec_uint(v, "entries"),
			    vec_name(v), "entries");
		}
	}
	vec_free(&bytes);
}

static void
check_commitment(const json_t *v)
{
	const struct tsw_slice label = text_of(v, "label");
	const uint32_t number = (uint32_t)vec_uint(v, "number");
	uint8_t alpha[TS_ALPHA_MAX], opening[TS_OPENING_LEN];
	uint8_t hash[TSW_HASH_LEN], c[32];

	copy(opening, sizeof(opening), v, "opening");
	copy(hash, sizeof(hash), v, "statement_hash");
	same(v, "alpha", alpha, ts_leaf_alpha(alpha, label, number));
	ts_leaf_commit(c, opening, label, number, hash);
	same(v, "c", c, sizeof(c));
}

static void
check_index_proof(struct ts_index *index, const json_t *v, const json_t *p,
    const uint8_t want[TSW_HASH_LEN])
{
	struct tsw_slice leaf = vec_bytes(p, "leaf");
	struct tsw_slice path = vec_bytes(p, "path");
	const bool found = json_is_true(vec_get(p, "found"));
	struct ts_index_proof proof;
	uint8_t k[32], root[TSW_HASH_LEN];

	copy(k, sizeof(k), p, "k");
	vec_check_err(ts_index_prove(index, &proof, k), NULL, vec_name(v));
	vec_check(proof.found == found && proof.empty == (leaf.len == 0),
	    vec_name(v), "found");
	vec_check(vec_same(path, proof.path, proof.len), vec_name(v), "path");
	if (leaf.len > 0)
		vec_check(memcmp(leaf.p, proof.entry.k, 32) == 0 &&
			memcmp(leaf.p + 32, proof.entry.c, 32) == 0,
		    vec_name(v), "leaf");
	vec_check_err(found ? ts_path_root(root, &proof.entry, path)
			    : ts_path_absent(root, k, leaf, path),
	    NULL, vec_name(v));
	vec_check(memcmp(root, want, sizeof(root)) == 0, vec_name(v),
	    "root of the path");
	vec_free(&leaf);
	vec_free(&path);
}

static void
check_index(const json_t *v)
{
	struct ts_index *index = NULL;
	uint8_t root[TSW_HASH_LEN];
	struct ts_entry entry;
	struct tsw_slice s;
	const json_t *p;
	size_t i;

	if (ts_index_new(&index) != TS_OK)
		exit(EXIT_FAILURE);
	for (i = 0; i < json_array_size(vec_get(v, "entries")); i++) {
		s = item(v, "entries", i);
		memcpy(entry.k, s.p, sizeof(entry.k));
		memcpy(entry.c, s.p + sizeof(entry.k), sizeof(entry.c));
		vec_check_err(ts_index_add(index, &entry), NULL, vec_name(v));
		vec_free(&s);
	}
	ts_index_root(index, root);
	same(v, "root", root, sizeof(root));
	vec_check_err(ts_index_publish(index), NULL, vec_name(v));
	json_array_foreach(vec_get(v, "proofs"), i, p)
	    check_index_proof(index, v, p, root);
	ts_index_free(&index);
}

struct leaves {
	uint8_t hash[32][TSW_HASH_LEN];
};

static int
subtree(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	const struct leaves *leaves = ctx;
	uint8_t left[TSW_HASH_LEN], right[TSW_HASH_LEN];

	if (level == 0) {
		memcpy(out, leaves->hash[index], TSW_HASH_LEN);
		return 0;
	}
	(void)subtree(ctx, left, level - 1, 2 * index);
	(void)subtree(ctx, right, level - 1, 2 * index + 1);
	ts_tree_node(out, left, right);
	return 0;
}

/* Both proofs of number i, made and checked. */
static void
check_tree_proofs(const json_t *v, struct leaves *leaves,
    const struct ts_tree_head *head, uint64_t i)
{
	const struct ts_tree_source source = {subtree, leaves};
	struct ts_tree_head older = {i, {0}};
	uint8_t proof[TS_TREE_PROOF_MAX];
	struct tsw_slice want;
	size_t len = 0;

	if (i < head->size) {
		want = item(v, "inclusion", i);
		vec_check_err(ts_tree_inclusion(proof, &len, &source, i,
				  head->size),
		    NULL, vec_name(v));
		vec_check(vec_same(want, proof, len), vec_name(v), "inclusion");
		vec_check_err(ts_tree_check_inclusion(head, i, leaves->hash[i],
				  want),
		    NULL, vec_name(v));
		vec_free(&want);
	}
	want = item(v, "consistency", i);
	vec_check_err(ts_tree_root(older.root, &source, i), NULL, vec_name(v));
	vec_check_err(ts_tree_consistency(proof, &len, &source, i, head->size),
	    NULL, vec_name(v));
	vec_check(vec_same(want, proof, len), vec_name(v), "consistency");
	vec_check_err(ts_tree_check_consistency(&older, head, want), NULL,
	    vec_name(v));
	vec_free(&want);
}

static void
check_tree(const json_t *v)
{
	const size_t cnt = json_array_size(vec_get(v, "leaves"));
	struct ts_tree_head head = {cnt, {0}};
	struct ts_tree_edge edge;
	struct leaves leaves;
	struct tsw_slice s;
	size_t i;

	if (cnt > sizeof(leaves.hash) / sizeof(leaves.hash[0]))
		exit(EXIT_FAILURE);
	ts_tree_edge_init(&edge);
	for (i = 0; i < cnt; i++) {
		s = item(v, "leaves", i);
		ts_tree_leaf(leaves.hash[i], s.p, s.len);
		vec_check_err(ts_tree_edge_add(&edge, leaves.hash[i], NULL,
				  NULL),
		    NULL, vec_name(v));
		vec_free(&s);
	}
	ts_tree_edge_root(head.root, &edge);
	same(v, "root", head.root, sizeof(head.root));
	for (i = 0; i <= cnt; i++)
		check_tree_proofs(v, &leaves, &head, i);
}

static void
check_note(const json_t *v)
{
	const struct tsw_slice text = text_of(v, "text");
	char vkey[TS_VKEY_MAX], line[TS_NOTE_LINE_MAX];
	uint8_t seed[32];
	struct ts_skey skey;

	copy(seed, sizeof(seed), v, "seed");
	vec_check_err(ts_skey_init(&skey, vec_name(v),
			  (enum ts_note_type)vec_uint(v, "type"), seed),
	    NULL, vec_name(v));
	ts_vkey_format(vkey, &skey.vkey);
	vec_check(strcmp(vkey, vec_text(v, "vkey")) == 0, vec_name(v), "vkey");
	vec_check_err(ts_note_sign(line, text, &skey, vec_uint(v, "time")),
	    NULL, vec_name(v));
	vec_check(strcmp(line, vec_text(v, "line")) == 0, vec_name(v), "line");
	ts_skey_wipe(&skey);
}

/* The file that C makes of the page, and what it says of one that it reads. */
static void
check_proof_file(const json_t *v, const struct ts_policy *policy,
    const struct ts_page *page)
{
	struct tsw_slice text = vec_bytes(v, "proof_file");
	uint8_t *scratch = malloc(TS_PAGE_MAX);
	struct ts_proof_extra extra;
	char made[16384];
	size_t len = 0;

	if (scratch == NULL)
		exit(EXIT_FAILURE);
	vec_check_err(ts_proof_file_make(made, sizeof(made), &len,
			  text_of(v, "label"), page),
	    NULL, vec_name(v));
	vec_check(vec_same(text, (const uint8_t *)made, len), vec_name(v),
	    "another proof file");
	vec_check_err(ts_proof_file_check(&extra, NULL, scratch, policy, text),
	    NULL, vec_name(v));
	free(scratch);
	vec_free(&text);
}

static void
check_directory(const json_t *v)
{
	struct ts_lookup ask = {text_of(v, "label"), 0, false, 0};
	struct tsw_slice bytes = vec_bytes(v, "page");
	struct ts_policy *policy = NULL;
	struct ts_log_view view;
	struct ts_page page;
	struct ts_seen seen;

	memset(&view, 0, sizeof(view));
	ask.has_size = json_object_get(v, "known_size") != NULL;
	if (ask.has_size) {
		const struct tsw_slice origin = {
		    (const uint8_t *)"log.example/vectors", 19};

		view.known = true;
		tsw_statement_hash(view.origin, origin.p, origin.len);
		copy(view.vrf, sizeof(view.vrf), v, "vrf");
		ask.size = view.head.size = vec_uint(v, "known_size");
		copy(view.head.root, TSW_HASH_LEN, v, "known_root");
	}
	if (ts_policy_new(&policy, text_of(v, "policy"), NULL) != TS_OK ||
	    ts_page_decode(&page, bytes) != TS_OK)
		exit(EXIT_FAILURE);
	vec_check_err(ts_latest_check(&view, &seen, policy, &ask, &page,
			  vec_uint(v, "now")),
	    NULL, vec_name(v));
	vec_check(page.record_cnt == vec_uint(v, "records"), vec_name(v),
	    "records");
	vec_check(view.head.size == vec_uint(v, "size"), vec_name(v), "size");
	same(v, "root", view.head.root, TSW_HASH_LEN);
	same(v, "vrf", view.vrf, sizeof(view.vrf));
	if (json_object_get(v, "proof_file") != NULL)
		check_proof_file(v, policy, &page);
	ts_policy_free(&policy);
	vec_free(&bytes);
}

void
vec_log(const json_t *root)
{
	static const struct {
		const char *name;
		void (*check)(const json_t *v);
	} part[] = {{"vrf", check_vrf}, {"leaves", check_leaf},
	    {"commitments", check_commitment}, {"indexes", check_index},
	    {"trees", check_tree}, {"notes", check_note},
	    {"directories", check_directory}};
	const json_t *v;
	size_t i, j;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		json_array_foreach(vec_get(root, part[i].name), j, v) part[i]
		    .check(v);
	}
	vec_log_messages(root);
}
