/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reference tree of eight leaves that the libraries of Certificate
 * Transparency share: its roots, and some of its proofs.  And sources that
 * fail.
 */
#include "log/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const ct_leaf[8] = {"", "00", "10", "2021", "3031",
    "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const ct_root[9] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static size_t
unhex(uint8_t *out, const char *hex)
{
	size_t n = 0;
	unsigned v;

	while (hex[2 * n] != '\0') {
		assert_int_equal(sscanf(hex + 2 * n, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
	}
	return n;
}

static void
ct_heads(struct ts_tree_head h[9], uint8_t leaf[8][TSW_HASH_LEN])
{
	uint8_t bytes[16];
	size_t i;

	for (i = 0; i <= 8; i++) {
		h[i].size = i;
		unhex(h[i].root, ct_root[i]);
		if (i < 8)
			ts_tree_leaf(leaf[i], bytes, unhex(bytes, ct_leaf[i]));
	}
}

static void
ct_roots(void **state)
{
	uint8_t leaf[8][TSW_HASH_LEN], root[TSW_HASH_LEN];
	struct ts_tree_head h[9];
	struct ts_tree_edge edge;
	size_t i;

	(void)state;
	ct_heads(h, leaf);
	ts_tree_edge_init(&edge);
	for (i = 0; i <= 8; i++) {
		ts_tree_edge_root(root, &edge);
		assert_memory_equal(root, h[i].root, TSW_HASH_LEN);
		if (i < 8)
			assert_int_equal(ts_tree_edge_add(&edge, leaf[i], NULL,
					     NULL),
			    TS_OK);
	}
}

struct ct_proof {
	size_t a, b; /* index and size, or two sizes */
	const char *hash[4];
};

static const struct ct_proof ct_inclusion[] = {{0, 1, {NULL}},
    {0, 8,
	{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
	    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
	    "4"}},
    {5, 8,
	{"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
	    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
	    "7"}},
    {2, 3,
	{"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
    {1, 5,
	{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6"
	    "b"}}};

static const struct ct_proof ct_consistency[] = {{1, 1, {NULL}},
    {1, 8,
	{"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
	    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e"
	    "4"}},
    {6, 8,
	{"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
	    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
	    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b"
	    "7"}},
    {2, 5,
	{"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
	    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6"
	    "b"}}};

static struct tsw_slice
ct_bytes(uint8_t out[4 * TSW_HASH_LEN], const struct ct_proof *v)
{
	size_t i, len = 0;

	for (i = 0; i < 4 && v->hash[i] != NULL; i++)
		len += unhex(out + len, v->hash[i]);
	return (struct tsw_slice){out, len};
}

static void
ct_proofs(void **state)
{
	uint8_t leaf[8][TSW_HASH_LEN], bytes[4 * TSW_HASH_LEN];
	struct ts_tree_head h[9];
	const struct ct_proof *v;
	size_t i;

	(void)state;
	ct_heads(h, leaf);
	for (i = 0; i < sizeof(ct_inclusion) / sizeof(ct_inclusion[0]); i++) {
		v = &ct_inclusion[i];
		assert_int_equal(ts_tree_check_inclusion(&h[v->b], v->a,
				     leaf[v->a], ct_bytes(bytes, v)),
		    TS_OK);
	}
	for (i = 0; i < sizeof(ct_consistency) / sizeof(ct_consistency[0]);
	     i++) {
		v = &ct_consistency[i];
		assert_int_equal(ts_tree_check_consistency(&h[v->a], &h[v->b],
				     ct_bytes(bytes, v)),
		    TS_OK);
	}
}

/* A source that fails ends the work with its own error. */
static int
failing(void *ctx, uint8_t out[TSW_HASH_LEN], unsigned level, uint64_t index)
{
	size_t *left = ctx;

	(void)level;
	(void)index;
	memset(out, 0, TSW_HASH_LEN);
	return (*left)-- == 0 ? TS_ERR_IO : TS_OK;
}

static void
failures(void **state)
{
	uint8_t proof[TS_TREE_PROOF_MAX], root[TSW_HASH_LEN] = {7};
	size_t n, len = 99, left;
	const struct ts_tree_source src = {failing, &left};
	struct ts_tree_edge edge = {.size = 3};

	(void)state;
	for (n = 0; n < 4; n++) {
		left = n;
		assert_int_equal(ts_tree_root(root, &src, 15), TS_ERR_IO);
		left = n;
		assert_int_equal(ts_tree_inclusion(proof, &len, &src, 3, 15),
		    TS_ERR_IO);
		left = n;
		assert_int_equal(ts_tree_consistency(proof, &len, &src, 5, 15),
		    TS_ERR_IO);
		left = n;
		assert_int_equal(ts_tree_edge_load(&edge, &src, 15), TS_ERR_IO);
	}
	assert_int_equal(root[0], 7);
	assert_int_equal(len, 99);
	assert_int_equal(edge.size, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ct_roots),
	    cmocka_unit_test(ct_proofs),
	    cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
