/* SPDX-License-Identifier: BSD-2-Clause */
/* Decoders of CTAP2 requests: every kind of damage has its status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <touchstone/wire/cbor.h>

#include "ctap2.h"

static uint8_t buf[8192];
static struct tsw_wr wr;
static const uint8_t hash[32] = {1};

static void
text(const char *s)
{
	tsw_wr_cb_text(&wr, s, strlen(s));
}

static void
begin(size_t members)
{
	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_cb_map(&wr, members);
}

static struct tsw_slice
end(void)
{
	return (struct tsw_slice){buf, tsw_wr_len(&wr)};
}

/* Members 1 to 4 of makeCredential, all there and right. */
static void
mc_head(size_t more)
{
	begin(4 + more);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_bytes(&wr, hash, sizeof(hash));
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_map(&wr, 2);
	text("id");
	text("a.example");
	text("name");
	text("A");
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_map(&wr, 3);
	text("id");
	tsw_wr_cb_bytes(&wr, hash, 4);
	text("name");
	text("alice");
	text("displayName");
	text("Alice");
	tsw_wr_cb_uint(&wr, 4);
	tsw_wr_cb_array(&wr, 2);
	tsw_wr_cb_map(&wr, 2);
	text("alg");
	tsw_wr_cb_int(&wr, -8);
	text("type");
	text("public-key");
	tsw_wr_cb_map(&wr, 2);
	text("alg");
	tsw_wr_cb_int(&wr, -7);
	text("type");
	text("public-key");
}

static void
ga_head(size_t more)
{
	begin(2 + more);
	tsw_wr_cb_uint(&wr, 1);
	text("a.example");
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, hash, sizeof(hash));
}

static void
descriptors(size_t cnt)
{
	size_t i;

	tsw_wr_cb_array(&wr, cnt);
	for (i = 0; i < cnt; i++) {
		tsw_wr_cb_map(&wr, 2);
		text("id");
		tsw_wr_cb_bytes(&wr, hash, i % sizeof(hash));
		text("type");
		text(i == 1 ? "other" : "public-key");
	}
}

static void
test_make_all_members(void **state)
{
	struct fw_mc_req m;

	(void)state;
	mc_head(7);
	tsw_wr_cb_uint(&wr, 5);
	descriptors(3);
	tsw_wr_cb_uint(&wr, 6);
	tsw_wr_cb_map(&wr, 3);
	text("unknown");
	text("skipped");
	text("credProtect");
	tsw_wr_cb_uint(&wr, 2);
	text("hmac-secret");
	tsw_wr_cb_bool(&wr, true);
	tsw_wr_cb_uint(&wr, 7);
	tsw_wr_cb_map(&wr, 3);
	text("rk");
	tsw_wr_cb_bool(&wr, true);
	text("up");
	tsw_wr_cb_bool(&wr, true);
	text("uv");
	tsw_wr_cb_bool(&wr, false);
	tsw_wr_cb_uint(&wr, 8);
	tsw_wr_cb_bytes(&wr, hash, 16);
	tsw_wr_cb_uint(&wr, 9);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_uint(&wr, 10);
	tsw_wr_cb_uint(&wr, 1);
	tsw_wr_cb_uint(&wr, 11); /* a later version's */
	tsw_wr_cb_array(&wr, 1);
	text("packed");
	assert_int_equal(fw_mc_req_decode(&m, end()), FW_CTAP_OK);
	assert_memory_equal(m.common.client_hash, hash, 32);
	assert_int_equal(m.common.rp_id.len, 9);
	assert_int_equal(m.user.id.len, 4);
	assert_int_equal(m.user.name.len, 5);
	assert_memory_equal(m.user.display.p, "Alice", 5);
	assert_int_equal(m.alg, FW_ALG_EDDSA); /* the first one wins */
	assert_int_equal(m.protect, 2);
	assert_true(m.protect_asked && m.hmac_secret && m.enterprise);
	assert_int_equal(m.common.rk, FW_OPT_TRUE);
	assert_int_equal(m.common.uv, FW_OPT_FALSE);
	assert_int_equal(m.common.auth.len, 16);
	assert_int_equal(m.common.proto, 1);
	assert_int_equal(m.common.list.cnt, 3);
	assert_int_equal(fw_cred_list_next(&m.common.list).len, 0);
	assert_int_equal(fw_cred_list_next(&m.common.list).len, 0); /* other */
	assert_int_equal(fw_cred_list_next(&m.common.list).len, 2);
	assert_int_equal(m.common.list.cnt, 0);
}

/* Cut anywhere, or with a byte more, a request is refused. */
static void
test_every_length(void **state)
{
	struct fw_mc_req m;
	struct tsw_slice in;
	size_t full;

	(void)state;
	mc_head(0);
	in = end();
	full = in.len;
	for (in.len = 0; in.len < full; in.len++)
		assert_int_equal(fw_mc_req_decode(&m, in),
		    FW_CTAP_INVALID_CBOR);
	in.len = full;
	assert_int_equal(fw_mc_req_decode(&m, in), FW_CTAP_OK);
	in.len = full + 1;
	assert_int_equal(fw_mc_req_decode(&m, in), FW_CTAP_INVALID_CBOR);
}

static void
test_missing_members(void **state)
{
	struct fw_mc_req m;
	struct fw_ga_req g;
	struct fw_pin_req p;

	(void)state;
	begin(0);
	assert_int_equal(fw_mc_req_decode(&m, end()),
	    FW_CTAP_MISSING_PARAMETER);
	assert_int_equal(fw_ga_req_decode(&g, end()),
	    FW_CTAP_MISSING_PARAMETER);
	assert_int_equal(fw_pin_req_decode(&p, end()),
	    FW_CTAP_MISSING_PARAMETER);
	begin(1);
	tsw_wr_cb_uint(&wr, 1);
	text("a.example");
	assert_int_equal(fw_ga_req_decode(&g, end()),
	    FW_CTAP_MISSING_PARAMETER);
	/* A descriptor without its type. */
	ga_head(1);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_array(&wr, 1);
	tsw_wr_cb_map(&wr, 1);
	text("id");
	tsw_wr_cb_bytes(&wr, hash, 4);
	assert_int_equal(fw_ga_req_decode(&g, end()),
	    FW_CTAP_MISSING_PARAMETER);
}

static void
test_wrong_types(void **state)
{
	struct fw_ga_req g;
	struct fw_pin_req p;

	(void)state;
	ga_head(1);
	tsw_wr_cb_uint(&wr, 5);
	tsw_wr_cb_map(&wr, 1);
	text("up");
	tsw_wr_cb_uint(&wr, 1);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_UNEXPECTED_TYPE);
	ga_head(1);
	tsw_wr_cb_uint(&wr, 6);
	text("not bytes");
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_UNEXPECTED_TYPE);
	begin(1);
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_int(&wr, -2);
	assert_int_equal(fw_pin_req_decode(&p, end()), FW_CTAP_UNEXPECTED_TYPE);
	tsw_wr_init(&wr, buf, sizeof(buf));
	tsw_wr_cb_array(&wr, 0);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_UNEXPECTED_TYPE);
}

static void
test_order_and_duplicates(void **state)
{
	struct fw_ga_req g;

	(void)state;
	begin(2);
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, hash, sizeof(hash));
	tsw_wr_cb_uint(&wr, 1);
	text("a.example");
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_CBOR);
	begin(3);
	tsw_wr_cb_uint(&wr, 1);
	text("a.example");
	tsw_wr_cb_uint(&wr, 1);
	text("b.example");
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, hash, sizeof(hash));
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_CBOR);
	ga_head(1);
	tsw_wr_cb_uint(&wr, 5);
	tsw_wr_cb_map(&wr, 2);
	text("up");
	tsw_wr_cb_bool(&wr, true);
	text("up");
	tsw_wr_cb_bool(&wr, false);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_CBOR);
}

static void
test_lengths(void **state)
{
	static const uint8_t big[FW_USER_ID_MAX + 1];
	struct fw_mc_req m;
	struct fw_ga_req g;

	(void)state;
	begin(2);
	tsw_wr_cb_uint(&wr, 1);
	text("a.example");
	tsw_wr_cb_uint(&wr, 2);
	tsw_wr_cb_bytes(&wr, hash, 31);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_LENGTH);
	begin(1);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_map(&wr, 1);
	text("id");
	tsw_wr_cb_bytes(&wr, big, sizeof(big));
	assert_int_equal(fw_mc_req_decode(&m, end()), FW_CTAP_INVALID_LENGTH);
	begin(1);
	tsw_wr_cb_uint(&wr, 1);
	text("");
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_LENGTH);
}

static void
test_list_limit(void **state)
{
	struct fw_ga_req g;

	(void)state;
	ga_head(1);
	tsw_wr_cb_uint(&wr, 3);
	descriptors(FW_CTAP2_LIST_MAX_CNT);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_OK);
	assert_true(g.common.list_present);
	ga_head(1);
	tsw_wr_cb_uint(&wr, 3);
	descriptors(FW_CTAP2_LIST_MAX_CNT + 1);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_LIMIT_EXCEEDED);
	ga_head(1);
	tsw_wr_cb_uint(&wr, 3);
	descriptors(0); /* the same as none */
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_OK);
	assert_false(g.common.list_present);
}

/* A count that the bytes cannot hold is refused at once. */
static void
test_huge_counts(void **state)
{
	static const uint8_t map[] = {0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff};
	struct fw_ga_req g;

	(void)state;
	assert_int_equal(fw_ga_req_decode(&g,
			     (struct tsw_slice){map, sizeof(map)}),
	    FW_CTAP_INVALID_CBOR);
	ga_head(1);
	tsw_wr_cb_uint(&wr, 3);
	tsw_wr_cb_array(&wr, 1000000);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_CBOR);
}

/* A key agreement key of another curve, type or with more members. */
static void
test_peer_keys(void **state)
{
	static const int64_t good[] = {1, 2, 3, -25, -1, 1};
	struct fw_pin_req p;
	size_t wrong, i;

	(void)state;
	for (wrong = 0; wrong <= 6; wrong++) {
		begin(2);
		tsw_wr_cb_uint(&wr, 2);
		tsw_wr_cb_uint(&wr, 5);
		tsw_wr_cb_uint(&wr, 3);
		tsw_wr_cb_map(&wr, 5);
		for (i = 0; i < 6; i++)
			tsw_wr_cb_int(&wr, good[i] + (i == wrong ? 1 : 0));
		tsw_wr_cb_int(&wr, -2);
		tsw_wr_cb_bytes(&wr, hash, 32);
		tsw_wr_cb_int(&wr, -3);
		tsw_wr_cb_bytes(&wr, hash, 32);
		assert_int_equal(fw_pin_req_decode(&p, end()),
		    wrong == 6 ? FW_CTAP_OK : FW_CTAP_UNEXPECTED_TYPE);
	}
	assert_true(p.peer_present);
	assert_int_equal(p.peer[0], 4);
}

/* Nothing is written before the whole request is right. */
static void
test_out_is_untouched(void **state)
{
	struct fw_ga_req g, before;

	(void)state;
	memset(&g, 0xa5, sizeof(g));
	memcpy(&before, &g, sizeof(g));
	ga_head(0);
	tsw_wr_u8(&wr, 0);
	assert_int_equal(fw_ga_req_decode(&g, end()), FW_CTAP_INVALID_CBOR);
	assert_memory_equal(&g, &before, sizeof(g));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_make_all_members),
	    cmocka_unit_test(test_every_length),
	    cmocka_unit_test(test_missing_members),
	    cmocka_unit_test(test_wrong_types),
	    cmocka_unit_test(test_order_and_duplicates),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_list_limit),
	    cmocka_unit_test(test_huge_counts),
	    cmocka_unit_test(test_peer_keys),
	    cmocka_unit_test(test_out_is_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
