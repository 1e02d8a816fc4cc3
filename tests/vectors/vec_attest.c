/* SPDX-License-Identifier: BSD-2-Clause */
#include "vec.h"

#include <touchstone/wire/attest.h>

#include <string.h>

/* The identity key that a vector speaks of. */
static struct tsw_pubkey
key_of(const json_t *v)
{
	struct tsw_slice pk = vec_bytes(v, "key");
	struct tsw_pubkey key;

	memset(&key, 0, sizeof(key));
	key.alg = (enum tsw_alg)vec_uint(v, "alg");
	key.len = (uint8_t)pk.len;
	memcpy(key.data, pk.p, pk.len);
	vec_free(&pk);
	return key;
}

/* NULL if there is none; c is its room. */
static const uint8_t *
challenge_of(const json_t *v, uint8_t c[TSW_HASH_LEN])
{
	struct tsw_slice s;

	if (json_object_get(v, "challenge") == NULL)
		return NULL;
	s = vec_bytes(v, "challenge");
	memcpy(c, s.p, TSW_HASH_LEN);
	vec_free(&s);
	return c;
}

static int
judge(struct tsw_attestation *a, const json_t *v, struct tsw_slice s)
{
	const struct tsw_pubkey key = key_of(v);
	uint8_t c[TSW_HASH_LEN];
	int r;

	r = tsw_attestation_decode(a, s.p, s.len);
	if (r == TSW_OK)
		r = tsw_attestation_verify(a, &key, challenge_of(v, c));
	return r;
}

static void
check_field(const json_t *v, const char *field, const uint8_t *p, size_t len)
{
	struct tsw_slice want = vec_bytes(v, field);

	vec_check(vec_same(want, p, len), vec_name(v), field);
	vec_free(&want);
}

/* The document, its text to be signed, the array and the SSH signature. */
static void
check_bytes(const json_t *v, const struct tsw_attestation *a)
{
	const struct tsw_pubkey key = key_of(v);
	uint8_t b[TSW_SSHSIG_MAX], tbs[TSW_SSHSIG_TBS_MAX], c[TSW_HASH_LEN];
	const char *name = vec_name(v);
	struct tsw_wr wr, text;

	tsw_wr_init(&wr, b, TSW_ATTEST_MAX);
	vec_check_err(tsw_attest_encode(&wr, a, &key, challenge_of(v, c)), NULL,
	    name);
	check_field(v, "message", b, tsw_wr_len(&wr));
	tsw_wr_init(&text, tbs, sizeof(tbs));
	vec_check_err(tsw_sshsig_tbs(&text, TSW_NS_ID_ATTEST, b,
			  tsw_wr_len(&wr)),
	    NULL, name);
	check_field(v, "tbs", tbs, tsw_wr_len(&text));
	tsw_wr_init(&wr, b, TSW_ATTESTATION_LEN);
	vec_check_err(tsw_attestation_encode(&wr, a), NULL, name);
	check_field(v, "hex", b, tsw_wr_len(&wr));
	tsw_wr_init(&wr, b, sizeof(b));
	vec_check_err(tsw_attestation_sshsig(&wr, a), NULL, name);
	check_field(v, "sshsig", b, tsw_wr_len(&wr));
}

/* No shorter attestation and none with another bit passes. */
static void
check_damage(const json_t *v, struct tsw_slice s)
{
	struct tsw_attestation a, before;
	uint8_t copy[TSW_ATTESTATION_LEN];
	struct tsw_slice c = {copy, 0};
	size_t i;

	memcpy(copy, s.p, sizeof(copy));
	memset(&before, 0xa5, sizeof(before));
	for (c.len = 0; c.len < s.len; c.len++) {
		a = before;
		vec_check(tsw_attestation_decode(&a, copy, c.len) != TSW_OK,
		    vec_name(v), "a shorter one is accepted");
		vec_check(memcmp(&a, &before, sizeof(a)) == 0, vec_name(v),
		    "a shorter one changes the output");
	}
	for (i = 0; i < s.len * 8; i++) {
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1u << i % 8);
		vec_check(judge(&a, v, c) != TSW_OK, vec_name(v),
		    "a flipped bit is accepted");
		copy[i / 8] = (uint8_t)(copy[i / 8] ^ 1u << i % 8);
	}
}

static void
check_valid(const json_t *v)
{
	struct tsw_slice s = vec_bytes(v, "hex");
	struct tsw_attestation a;
	int r;

	r = judge(&a, v, s);
	vec_check_err(r, NULL, vec_name(v));
	if (r == TSW_OK) {
		check_field(v, "model", a.model, sizeof(a.model));
		check_field(v, "image", a.image, sizeof(a.image));
		check_field(v, "device", a.device, sizeof(a.device));
		check_field(v, "sig", a.sig, sizeof(a.sig));
		check_bytes(v, &a);
		check_damage(v, s);
	}
	vec_free(&s);
}

void
vec_attestations(const json_t *root)
{
	struct tsw_attestation a;
	struct tsw_slice s;
	const json_t *v;
	size_t i;

	json_array_foreach(vec_get(root, "valid"), i, v) check_valid(v);
	json_array_foreach(vec_get(root, "invalid"), i, v)
	{
		s = vec_bytes(v, "hex");
		vec_check_err(judge(&a, v, s), vec_error(v), vec_name(v));
		vec_free(&s);
	}
}
