/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include <touchstone/wire/code.h>

#include <stdlib.h>
#include <string.h>

#include "../../firmware/wire/bech32.h"

static struct tsw_slice
text_of(const json_t *v)
{
	const char *text = vec_text(v, "text");
	struct tsw_slice s = {(const uint8_t *)text, strlen(text)};

	return s;
}

static void
check_bech32m(const json_t *root)
{
	uint8_t symbol[TSW_BECH32_TEXT_MAX];
	struct tsw_slice s;
	const json_t *v;
	size_t i, cnt;

	json_array_foreach(vec_get(root, "valid"), i, v)
	    vec_check_err(tsw_bech32m_symbols(symbol, &cnt, vec_text(v, "hrp"),
			      text_of(v)),
		NULL, vec_text(v, "text"));
	json_array_foreach(vec_get(root, "invalid"), i, v)
	{
		s = vec_bytes(v, "text_hex");
		vec_check(tsw_bech32m_symbols(symbol, &cnt, vec_text(v, "hrp"),
			      s) != TSW_OK,
		    vec_text(v, "text_hex"), "is accepted");
		vec_free(&s);
	}
}

static void
check_public(const json_t *root)
{
	uint8_t id[TSW_ID_LEN], before[TSW_ID_LEN];
	char code[TSW_PUBLIC_CODE_LEN];
	struct tsw_slice want;
	const json_t *v;
	size_t i;

	json_array_foreach(vec_get(root, "valid"), i, v)
	{
		want = vec_bytes(v, "id");
		vec_check_err(tsw_public_code(code, want.p), NULL, "public");
		vec_check(strcmp(code, vec_text(v, "text")) == 0,
		    vec_text(v, "text"), "another code");
		vec_check_err(tsw_public_code_parse(id, text_of(v)), NULL,
		    vec_text(v, "text"));
		vec_check(vec_same(want, id, sizeof(id)), vec_text(v, "text"),
		    "another identity");
		vec_free(&want);
	}
	json_array_foreach(vec_get(root, "spelt"), i, v)
	{
		want = vec_bytes(v, "id");
		vec_check_err(tsw_public_code_parse(id, text_of(v)), NULL,
		    vec_text(v, "text"));
		vec_check(vec_same(want, id, sizeof(id)), vec_text(v, "text"),
		    "another identity");
		vec_free(&want);
	}
	memset(before, 0xa5, sizeof(before));
	json_array_foreach(vec_get(root, "invalid"), i, v)
	{
		memcpy(id, before, sizeof(id));
		vec_check_err(tsw_public_code_parse(id, text_of(v)),
		    vec_error(v), vec_name(v));
		vec_check(memcmp(id, before, sizeof(id)) == 0, vec_name(v),
		    "the output is changed");
	}
}

static void
half(char out[TSW_PAIR_DIGITS / 2], const json_t *side)
{
	struct tsw_slice key = vec_bytes(side, "key");
	struct tsw_slice id = vec_bytes(side, "id");

	tsw_pair_half(out, key, id);
	vec_free(&id);
	vec_free(&key);
}

static void
check_pair(const json_t *v)
{
	char a[TSW_PAIR_DIGITS / 2], b[TSW_PAIR_DIGITS / 2];
	char number[TSW_PAIR_DIGITS + 1];

	half(a, vec_get(v, "a"));
	half(b, vec_get(v, "b"));
	tsw_pair_number(number, a, b);
	vec_check(strcmp(number, vec_text(v, "number")) == 0, "pair number",
	    number);
	tsw_pair_number(number, b, a);
	vec_check(strcmp(number, vec_text(v, "number")) == 0,
	    "pair number seen by the other", number);
}

static struct tsw_live_party
party(const json_t *v)
{
	const char *label = vec_text(v, "label");
	struct tsw_slice id = vec_bytes(v, "id");
	struct tsw_slice head = vec_bytes(v, "head");
	struct tsw_slice root = vec_bytes(v, "root");
	struct tsw_live_party p;

	memset(&p, 0, sizeof(p));
	memcpy(p.id, id.p, sizeof(p.id));
	memcpy(p.head, head.p, sizeof(p.head));
	memcpy(p.root, root.p, sizeof(p.root));
	p.seq = (uint32_t)vec_uint(v, "seq");
	p.label.p = (const uint8_t *)label;
	p.label.len = strlen(label);
	p.log_size = (uint32_t)vec_uint(v, "log_size");
	vec_free(&root);
	vec_free(&head);
	vec_free(&id);
	return p;
}

static struct tsw_slice
slice(const char *text)
{
	struct tsw_slice s = {(const uint8_t *)text, strlen(text)};

	return s;
}

static void
check_live(const json_t *v)
{
	struct tsw_live_party pa = party(vec_get(v, "a"));
	struct tsw_live_party pb = party(vec_get(v, "b"));
	const json_t *moves = vec_get(v, "moves");
	const char *want[3], *name = vec_text(v, "code");
	struct tsw_slice r_a = vec_bytes(v, "r_a"), r_b = vec_bytes(v, "r_b");
	char text[TSW_LIVE_TEXT_MAX];
	struct tsw_live a, b;
	size_t i;

	for (i = 0; i < 3; i++)
		want[i] = json_string_value(json_array_get(moves, i));
	vec_check_err(tsw_live_start(&a, text, &pa, &pb, r_a.p), NULL, name);
	vec_check(strcmp(text, want[0]) == 0, name, "another move 1");
	vec_check_err(tsw_live_answer(&b, text, &pb, &pa, slice(want[0]),
			  r_b.p),
	    NULL, name);
	vec_check(strcmp(text, want[1]) == 0, name, "another move 2");
	vec_check_err(tsw_live_open(&a, text, slice(want[1])), NULL, name);
	vec_check(strcmp(text, want[2]) == 0, name, "another move 3");
	vec_check_err(tsw_live_finish(&b, slice(want[2])), NULL, name);
	vec_check(strcmp(a.code, name) == 0, name, "another code at A");
	vec_check(strcmp(b.code, name) == 0, name, "another code at B");
	vec_free(&r_b);
	vec_free(&r_a);
}

static bool
same_party(const struct tsw_live_party *a, const struct tsw_live_party *b)
{
	return memcmp(a->id, b->id, sizeof(a->id)) == 0 && a->seq == b->seq &&
	    memcmp(a->head, b->head, sizeof(a->head)) == 0 &&
	    vec_same(a->label, b->label.p, b->label.len) &&
	    a->log_size == b->log_size &&
	    memcmp(a->root, b->root, sizeof(a->root)) == 0;
}

static void
check_party(const json_t *v)
{
	const char *name = vec_text(v, "hex");
	struct tsw_slice s = vec_bytes(v, "hex");
	struct tsw_live_party want = party(v), got;
	uint8_t b[TSW_LIVE_PARTY_MAX];
	struct tsw_wr wr;
	int r;

	r = tsw_live_party_decode(&got, s.p, s.len);
	vec_check_err(r, NULL, name);
	vec_check(r == TSW_OK && same_party(&want, &got), name,
	    "another party");
	tsw_wr_init(&wr, b, sizeof(b));
	vec_check_err(tsw_live_party_encode(&wr, &want), NULL, name);
	vec_check(vec_same(s, b, tsw_wr_len(&wr)), name, "encoded otherwise");
	vec_free(&s);
}

static void
check_parties(const json_t *root)
{
	struct tsw_live_party got, before;
	struct tsw_slice s;
	const json_t *v;
	size_t i;

	json_array_foreach(vec_get(root, "valid"), i, v) check_party(v);
	memset(&before, 0xa5, sizeof(before));
	json_array_foreach(vec_get(root, "invalid"), i, v)
	{
		got = before;
		s = vec_bytes(v, "hex");
		vec_check_err(tsw_live_party_decode(&got, s.p, s.len),
		    vec_error(v), vec_name(v));
		vec_check(memcmp(&got, &before, sizeof(got)) == 0, vec_name(v),
		    "the output is changed");
		vec_free(&s);
	}
}

void
vec_codes(const json_t *root)
{
	const json_t *v;
	size_t i;

	check_bech32m(vec_get(root, "bech32m"));
	check_public(vec_get(root, "public"));
	json_array_foreach(vec_get(root, "pair"), i, v) check_pair(v);
	json_array_foreach(vec_get(root, "live"), i, v) check_live(v);
	check_parties(vec_get(root, "party"));
}
