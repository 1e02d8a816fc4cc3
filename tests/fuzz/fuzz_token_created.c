/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a token returns for a new key, and for a signature.  The first byte
 * chooses how much of the rest is a signature; the other bytes are
 * authenticatorData, the last 64 of it also the public key.
 */
#include "token/reply.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_signature(struct tsw_slice auth, struct tsw_slice sig)
{
	static const struct tsw_pubkey keys[2] = {{.alg = TSW_ALG_SK_ED25519,
						      .len = 32},
	    {.alg = TSW_ALG_SK_P256, .len = 65, .data = {4}}};
	const struct ts_reply_assertion reply = {auth, sig};
	uint8_t rs[TSW_SIG_LEN];

	/* Nobody has a signature by these keys. */
	assert(ts_reply_probe(&keys[0], &reply) != TS_OK);
	assert(ts_reply_probe(&keys[1], &reply) != TS_OK);
	if (ts_reply_der(rs, sig.p, sig.len) == TS_OK)
		assert(sig.len <= 2 + 2 * (2 + 33));
}

static void
check_created(struct tsw_slice auth, enum tsw_alg alg, size_t key_len)
{
	struct ts_reply_credential reply = {.auth = auth, .alg = alg};
	struct ts_token_created out;

	if (auth.len < key_len)
		return;
	reply.key.p = auth.p + auth.len - key_len;
	reply.key.len = key_len;
	if (ts_reply_create(&out, &reply) != TS_OK)
		return;
	assert(out.uv && out.id_len >= 1 && out.id_len <= TS_TOKEN_CRED_MAX);
	assert(auth.len >= 37 + 18 + (size_t)out.id_len);
	assert(memcmp(out.id, auth.p + 55, out.id_len) == 0);
	assert(out.key.alg == alg);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct tsw_slice auth, sig;

	if (len < 1)
		return 0;
	sig.len = data[0] < len - 1 ? data[0] : len - 1;
	sig.p = data + 1;
	auth.p = data + 1 + sig.len;
	auth.len = len - 1 - sig.len;
	check_signature(auth, sig);
	check_created(auth, TSW_ALG_SK_ED25519, 32);
	check_created(auth, TSW_ALG_SK_P256, 64);
	return 0;
}
