/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/applet_reply.h"

#include <touchstone/wire/attest.h>

#include <assert.h>
#include <string.h>

static_assert(TS_TOKEN_ATTESTATION_MAX >= TSW_ATTESTATION_LEN,
    "an attestation fits its result");

static bool
is_same_key(const struct tsw_pubkey *a, const struct tsw_pubkey *b)
{
	return a->alg == b->alg && a->len == b->len &&
	    memcmp(a->data, b->data, a->len) == 0;
}

int
ts_applet_signed_check(struct ts_token_signed *out,
    const struct ts_token_request *req, enum tsw_ns ns, bool with_uv,
    const struct ts_applet_answer *answer)
{
	struct ts_token_signed s;
	struct tsw_sshsig sig;
	struct tsw_wr wr;
	int r;

	memset(&sig, 0, sizeof(sig));
	sig.key = req->key[0].key;
	sig.ns = ns;
	memcpy(sig.sig, answer->sig, sizeof(sig.sig));
	sig.flags = answer->flags;
	sig.counter = answer->counter;
	r = tsw_sshsig_verify(&sig, ns, with_uv, req->statement);
	if (r == TSW_ERR_BADSIG || r == TSW_ERR_NOT_CANONICAL_SIG)
		return TS_ERR_TOKEN_LIED;
	if (r != TSW_OK)
		return r;
	/* UV that nobody gave is not the token's to claim. */
	if (!with_uv && (sig.flags & TSW_FLAG_UV) != 0)
		return TSW_ERR_FLAGS;
	/* It counts its signatures; 0 would say that it has no counter. */
	if (sig.counter == 0)
		return TS_ERR_TOKEN_LIED;

	memset(&s, 0, sizeof(s));
	tsw_wr_init(&wr, s.sshsig, sizeof(s.sshsig));
	r = tsw_sshsig_encode(&wr, &sig);
	if (r != TSW_OK)
		return r;
	s.len = (uint16_t)tsw_wr_len(&wr);
	*out = s;
	return TS_OK;
}

int
ts_applet_key_check(const struct tsw_pubkey *key,
    const struct ts_applet_answer *answer)
{
	return is_same_key(key, &answer->key) ? TS_OK : TS_ERR_TOKEN_LIED;
}

static int
check_attestation(const struct ts_token_attestation *att,
    const struct tsw_pubkey *key, const uint8_t *challenge,
    const struct ts_token_applet *info)
{
	struct tsw_attestation a;
	int r;

	r = tsw_attestation_decode(&a, att->cbor, att->len);
	if (r != TSW_OK)
		return TS_ERR_TOKEN_IO;
	if (memcmp(a.model, info->model, sizeof(a.model)) != 0 ||
	    memcmp(a.image, info->image, sizeof(a.image)) != 0)
		return TS_ERR_TOKEN_LIED;
	r = tsw_attestation_verify(&a, key, challenge);
	return r == TSW_ERR_ATTESTATION ? TS_ERR_TOKEN_LIED : r;
}

int
ts_applet_created_check(struct ts_token_created *out, enum tsw_alg alg,
    const struct ts_token_applet *info, const struct ts_applet_answer *answer)
{
	struct ts_token_created c;
	int r;

	if (answer->key.alg != alg)
		return TS_ERR_TOKEN_LIED;
	r = check_attestation(&answer->attestation, &answer->key, NULL, info);
	if (r != TS_OK)
		return r;
	memset(&c, 0, sizeof(c));
	c.key = answer->key;
	memcpy(c.aaguid, info->model, sizeof(c.aaguid));
	tsw_token_id(c.id, &c.key);
	c.id_len = TSW_ID_LEN;
	c.uv = true;
	c.attested = true;
	c.kind = TS_TOKEN_KIND_STATEMENT;
	c.attestation = answer->attestation;
	*out = c;
	return TS_OK;
}

int
ts_applet_attest_check(struct ts_token_attestation *out,
    const struct ts_token_request *req, const struct ts_token_applet *info,
    const struct ts_applet_answer *answer)
{
	int r;

	r = check_attestation(&answer->attestation, &req->key[0].key,
	    req->value, info);
	if (r == TS_OK)
		*out = answer->attestation;
	return r;
}
