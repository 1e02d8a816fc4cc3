/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/card_key.h"

#include <touchstone/wire/crypto.h>

#include <string.h>

#define ED25519_LEN 32
#define P256_LEN 65
#define UNCOMPRESSED 0x04

int
ts_card_key_from_point(struct tsw_pubkey *out, enum tsw_alg alg,
    struct tsw_slice point)
{
	size_t len = alg == TSW_ALG_P256 ? P256_LEN : ED25519_LEN;

	if (point.len != len ||
	    (alg == TSW_ALG_P256 && point.p[0] != UNCOMPRESSED))
		return TS_ERR_TOKEN_IO;
	memset(out, 0, sizeof(*out));
	out->alg = alg;
	out->len = (uint8_t)len;
	memcpy(out->data, point.p, len);
	return TS_OK;
}

bool
ts_card_key_equal(const struct tsw_pubkey *a, const struct tsw_pubkey *b)
{
	return a->alg == b->alg && a->len == b->len &&
	    memcmp(a->data, b->data, a->len) == 0;
}

int
ts_card_key_verify(const struct tsw_pubkey *key, const uint8_t sig[TSW_SIG_LEN],
    struct tsw_slice msg)
{
	uint8_t hash[TSW_HASH_LEN];
	int r;

	if (key->alg == TSW_ALG_P256) {
		tsw_sha256(hash, &msg, 1);
		r = tsw_p256_verify(sig, hash, key->data);
	} else {
		r = tsw_ed25519_verify(sig, msg.p, msg.len, key->data);
	}
	return r == TSW_OK ? TS_OK : TS_ERR_TOKEN_LIED;
}

int
ts_card_text(struct ts_card_text *out, const struct ts_token_request *req)
{
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, out->p, sizeof(out->p));
	r = tsw_sshsig_tbs(&wr, req->ns, req->statement.p, req->statement.len);
	out->len = tsw_wr_len(&wr);
	return r;
}

int
ts_card_sshsig(struct ts_token_signed *out, const struct ts_token_request *req,
    const uint8_t sig[TSW_SIG_LEN])
{
	struct ts_token_signed done;
	struct tsw_sshsig full;
	struct tsw_wr wr;
	int r;

	memset(&full, 0, sizeof(full));
	full.key = req->key[0].key;
	full.ns = req->ns;
	memcpy(full.sig, sig, TSW_SIG_LEN);
	tsw_sshsig_canonicalise(&full);
	r = tsw_sshsig_verify(&full, req->ns, req->need_uv, req->statement);
	if (r == TSW_ERR_BADSIG || r == TSW_ERR_NOT_CANONICAL_SIG)
		return TS_ERR_TOKEN_LIED;
	if (r != TSW_OK)
		return r;
	memset(&done, 0, sizeof(done));
	tsw_wr_init(&wr, done.sshsig, sizeof(done.sshsig));
	r = tsw_sshsig_encode(&wr, &full);
	if (r != TSW_OK)
		return r;
	done.len = (uint16_t)tsw_wr_len(&wr);
	*out = done;
	return TS_OK;
}
