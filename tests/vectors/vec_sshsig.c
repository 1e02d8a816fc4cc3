/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include <touchstone/wire/sshsig.h>
#include <touchstone/wire/statement.h>

#include <stdlib.h>
#include <string.h>

static enum tsw_ns
ns_of(const json_t *v)
{
	static const struct {
		const char *text;
		enum tsw_ns id;
	} ns[] = {{TSW_NS_STATEMENT, TSW_NS_ID_STATEMENT},
	    {TSW_NS_CONFIRM, TSW_NS_ID_CONFIRM},
	    {TSW_NS_IMPORT, TSW_NS_ID_IMPORT},
	    {TSW_NS_ATTEST, TSW_NS_ID_ATTEST}};
	const char *want = vec_text(v, "ns");
	size_t i;

	for (i = 0; i < sizeof(ns) / sizeof(ns[0]); i++) {
		if (strcmp(want, ns[i].text) == 0)
			return ns[i].id;
	}
	vec_check(false, vec_name(v), "no such namespace");
	return TSW_NS_ID_STATEMENT;
}

/* Decode and verify, as a verifier does; *sig keeps what was decoded. */
static int
judge(struct tsw_sshsig *sig, enum tsw_ns ns, bool need_uv,
    struct tsw_slice msg, struct tsw_slice s)
{
	int r;

	r = tsw_sshsig_decode(sig, s.p, s.len);
	return r == TSW_OK ? tsw_sshsig_verify(sig, ns, need_uv, msg) : r;
}

static void
check_fields(const json_t *v, const struct tsw_sshsig *sig)
{
	struct tsw_slice pk = vec_bytes(v, "key");
	struct tsw_slice id = vec_bytes(v, "token_id");
	struct tsw_slice blob = vec_bytes(v, "blob");
	uint8_t b[256], hash[TSW_HASH_LEN];
	const char *name = vec_name(v);
	struct tsw_pubkey key;
	struct tsw_wr wr;

	vec_check(sig->key.alg == vec_uint(v, "alg"), name, "another alg");
	vec_check(vec_same(pk, sig->key.data, sig->key.len), name,
	    "another key");
	vec_check(sig->ns == ns_of(v), name, "another namespace");
	vec_check(sig->flags == vec_uint(v, "flags"), name, "other flags");
	vec_check(sig->counter == vec_uint(v, "counter"), name,
	    "another counter");
	tsw_token_id(hash, &sig->key);
	vec_check(vec_same(id, hash, sizeof(hash)), name, "another token id");
	tsw_wr_init(&wr, b, sizeof(b));
	vec_check_err(tsw_pubkey_encode(&wr, &sig->key), NULL, name);
	vec_check(vec_same(blob, b, tsw_wr_len(&wr)), name, "another blob");
	vec_check_err(tsw_pubkey_decode(&key, blob.p, blob.len), NULL, name);
	vec_check(key.alg == sig->key.alg && key.len == sig->key.len &&
		memcmp(key.data, sig->key.data, key.len) == 0,
	    name, "the blob is another key");
	vec_free(&blob);
	vec_free(&id);
	vec_free(&pk);
}

/* Written back as it was; the text that is signed is the right one. */
static void
check_bytes(const json_t *v, const struct tsw_sshsig *sig, struct tsw_slice msg,
    struct tsw_slice s)
{
	struct tsw_slice tbs = vec_bytes(v, "tbs");
	uint8_t b[TSW_SSHSIG_MAX];
	struct tsw_wr wr;

	tsw_wr_init(&wr, b, sizeof(b));
	vec_check_err(tsw_sshsig_encode(&wr, sig), NULL, vec_name(v));
	vec_check(vec_same(s, b, tsw_wr_len(&wr)), vec_name(v),
	    "encoded otherwise");
	tsw_wr_init(&wr, b, TSW_SSHSIG_TBS_MAX);
	vec_check_err(tsw_sshsig_tbs(&wr, ns_of(v), msg.p, msg.len), NULL,
	    vec_name(v));
	vec_check(vec_same(tbs, b, tsw_wr_len(&wr)), vec_name(v),
	    "another text is signed");
	vec_free(&tbs);
}

/* No shorter signature and none with another bit passes. */
static void
check_damage(const json_t *v, struct tsw_slice msg, struct tsw_slice s)
{
	struct tsw_sshsig sig, before;
	uint8_t copy[TSW_SSHSIG_MAX];
	struct tsw_slice c = {copy, 0};
	enum tsw_ns ns = ns_of(v);
	size_t i;

	memcpy(copy, s.p, s.len);
	memset(&before, 0xa5, sizeof(before));
	for (c.len = 0; c.len < s.len; c.len++) {
		sig = before;
		vec_check(tsw_sshsig_decode(&sig, copy, c.len) != TSW_OK,
		    vec_name(v), "a shorter one is accepted");
		vec_check(memcmp(&sig, &before, sizeof(sig)) == 0, vec_name(v),
		    "a shorter one changes the output");
	}
	for (i = 0; i < s.len * 8; i++) {
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1u << i % 8);
		vec_check(judge(&sig, ns, false, msg, c) != TSW_OK, vec_name(v),
		    "a flipped bit is accepted");
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1u << i % 8);
	}
}

static void
check_valid(const json_t *v)
{
	bool uv = json_is_true(vec_get(v, "uv"));
	struct tsw_slice msg = vec_bytes(v, "message");
	struct tsw_slice s = vec_bytes(v, "hex");
	struct tsw_sshsig sig;
	int r;

	r = judge(&sig, ns_of(v), false, msg, s);
	vec_check_err(r, NULL, vec_name(v));
	if (r == TSW_OK) {
		vec_check_err(tsw_sshsig_verify(&sig, ns_of(v), true, msg),
		    uv ? NULL : "NO_UV", vec_name(v));
		check_fields(v, &sig);
		check_bytes(v, &sig, msg, s);
		check_damage(v, msg, s);
		msg.len--;
		vec_check_err(tsw_sshsig_verify(&sig, ns_of(v), false, msg),
		    "BADSIG", vec_name(v));
	}
	vec_free(&s);
	vec_free(&msg);
}

void
vec_signatures(const json_t *root)
{
	struct tsw_slice msg, s;
	struct tsw_sshsig sig;
	const json_t *v;
	size_t i;

	json_array_foreach(vec_get(root, "valid"), i, v) check_valid(v);
	json_array_foreach(vec_get(root, "invalid"), i, v)
	{
		msg = vec_bytes(v, "message");
		s = vec_bytes(v, "hex");
		vec_check_err(judge(&sig, ns_of(v),
				  json_is_true(vec_get(v, "need_uv")), msg, s),
		    vec_error(v), vec_name(v));
		vec_free(&s);
		vec_free(&msg);
	}
}
