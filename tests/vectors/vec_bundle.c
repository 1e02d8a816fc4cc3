/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include <touchstone/wire/bundle.h>

#include <string.h>

/* Decoding refuses with this error and leaves out alone. */
static int
judge(struct tsw_bundle *out, const char *name, const uint8_t *p, size_t len)
{
	struct tsw_bundle before;
	int r;

	memset(&before, 0xa5, sizeof(before));
	*out = before;
	r = tsw_bundle_decode(out, p, len);
	if (r != TSW_OK)
		vec_check(memcmp(out, &before, sizeof(before)) == 0, name,
		    "the output is changed");
	return r;
}

static void
check_certs(const json_t *v, const struct tsw_bundle *b)
{
	const json_t *list = vec_get(v, "certs"), *one;
	json_t *holder;
	struct tsw_slice want;
	size_t i;

	vec_check(json_array_size(list) == b->cert_cnt, vec_name(v),
	    "another count");
	json_array_foreach(list, i, one)
	{
		holder = json_pack("{s:O}", "cert", one);
		want = vec_bytes(holder, "cert");
		vec_check(i < b->cert_cnt &&
			vec_same(want, b->cert[i].p, b->cert[i].len),
		    vec_name(v), "another certificate");
		vec_free(&want);
		json_decref(holder);
	}
}

/* Written back as it was, in exactly the room it needs. */
static void
check_again(const json_t *v, const struct tsw_bundle *b, struct tsw_slice s)
{
	uint8_t again[TSW_BUNDLE_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, again, s.len);
	vec_check_err(tsw_bundle_encode(&wr, b), NULL, vec_name(v));
	vec_check(vec_same(s, again, tsw_wr_len(&wr)), vec_name(v),
	    "encoded otherwise");
	tsw_wr_init(&wr, again, s.len - 1);
	vec_check_err(tsw_bundle_encode(&wr, b), "NO_SPACE", vec_name(v));
}

static void
check_valid(const json_t *v)
{
	struct tsw_slice s = vec_bytes(v, "hex"), want = vec_bytes(v, "hash");
	struct tsw_bundle b, shorter;
	uint8_t hash[TSW_HASH_LEN];
	size_t i;
	int r;

	r = judge(&b, vec_name(v), s.p, s.len);
	vec_check_err(r, NULL, vec_name(v));
	if (r == TSW_OK) {
		check_certs(v, &b);
		check_again(v, &b, s);
	}
	tsw_bundle_hash(hash, s.p, s.len);
	vec_check(vec_same(want, hash, sizeof(hash)), vec_name(v),
	    "another hash");
	for (i = 0; i < s.len; i++)
		vec_check(judge(&shorter, vec_name(v), s.p, i) != TSW_OK,
		    vec_name(v), "a shorter one is accepted");
	vec_free(&want);
	vec_free(&s);
}

/* What decoding refuses, encoding does not write. */
static void
check_encode(void)
{
	static const uint8_t text[TSW_BUNDLE_MAX];
	uint8_t out[TSW_BUNDLE_MAX + 16];
	struct tsw_bundle b;
	struct tsw_wr wr;
	size_t i;

	memset(&b, 0, sizeof(b));
	tsw_wr_init(&wr, out, sizeof(out));
	vec_check_err(tsw_bundle_encode(&wr, &b), "TOO_SHORT", "none");
	for (i = 0; i < TSW_BUNDLE_CERTS_MAX_CNT; i++)
		b.cert[i] = (struct tsw_slice){text, 1};
	b.cert_cnt = TSW_BUNDLE_CERTS_MAX_CNT + 1;
	vec_check_err(tsw_bundle_encode(&wr, &b), "TOO_LONG", "five");
	b.cert_cnt = TSW_BUNDLE_CERTS_MAX_CNT;
	b.cert[2].len = 0;
	vec_check_err(tsw_bundle_encode(&wr, &b), "TOO_SHORT", "empty");
	b.cert[2].len = TSW_BUNDLE_MAX - 10;
	vec_check_err(tsw_bundle_encode(&wr, &b), NULL, "just not too long");
	tsw_wr_init(&wr, out, sizeof(out));
	b.cert[2].len++;
	vec_check_err(tsw_bundle_encode(&wr, &b), "TOO_LONG", "one too long");
	b.cert[2].len = SIZE_MAX;
	vec_check_err(tsw_bundle_encode(&wr, &b), "TOO_LONG", "much too long");
	vec_check(tsw_wr_len(&wr) == 0, "a refused bundle", "was written");
}

void
vec_bundles(const json_t *root)
{
	struct tsw_bundle b;
	struct tsw_slice s;
	const json_t *v;
	size_t i;

	json_array_foreach(vec_get(root, "valid"), i, v) check_valid(v);
	json_array_foreach(vec_get(root, "invalid"), i, v)
	{
		s = vec_bytes(v, "hex");
		vec_check_err(judge(&b, vec_name(v), s.p, s.len), vec_error(v),
		    vec_name(v));
		vec_free(&s);
	}
	check_encode();
}
