/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 12.6, in the order of its CDDL. */
#include <touchstone/wire/attest.h>
#include <touchstone/wire/cbor.h>

#include <string.h>

#include "ssh.h"
#include "statement_check.h"

#define ATTEST_VERSION 1
#define ATTEST_KIND 5 /* beside the kinds of statements */

static void
fixed(struct tsw_cb *cb, uint8_t *out, size_t len)
{
	struct tsw_slice s = tsw_cb_bytes(cb, len, len);

	if (s.p != NULL)
		memcpy(out, s.p, len);
}

void
tsw_cb_attestation(struct tsw_cb *cb, struct tsw_attestation *out)
{
	if (tsw_cb_array(cb) != 4)
		tsw_cb_fail(cb, TSW_ERR_FORMAT);
	fixed(cb, out->model, sizeof(out->model));
	fixed(cb, out->image, sizeof(out->image));
	fixed(cb, out->device, sizeof(out->device));
	fixed(cb, out->sig, sizeof(out->sig));
}

int
tsw_attestation_decode(struct tsw_attestation *out, const uint8_t *p,
    size_t len)
{
	struct tsw_attestation m;
	struct tsw_cb cb;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_cb_init(&cb, p, len);
	tsw_cb_attestation(&cb, &m);
	r = tsw_cb_done(&cb);
	if (r == TSW_OK)
		*out = m;
	return r;
}

int
tsw_attestation_encode(struct tsw_wr *wr, const struct tsw_attestation *a)
{
	tsw_wr_cb_array(wr, 4);
	tsw_wr_cb_bytes(wr, a->model, sizeof(a->model));
	tsw_wr_cb_bytes(wr, a->image, sizeof(a->image));
	tsw_wr_cb_bytes(wr, a->device, sizeof(a->device));
	tsw_wr_cb_bytes(wr, a->sig, sizeof(a->sig));
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

int
tsw_attest_encode(struct tsw_wr *wr, const struct tsw_attestation *a,
    const struct tsw_pubkey *key, const uint8_t *challenge)
{
	int r;

	r = tsw_pubkey_check(key);
	if (r != TSW_OK)
		return r;
	if (!tsw_alg_is_sk(key->alg))
		return TSW_ERR_RANGE;
	tsw_wr_cb_map(wr, challenge == NULL ? 6 : 7);
	tsw_wr_cb_uint(wr, 0);
	tsw_wr_cb_uint(wr, ATTEST_VERSION);
	tsw_wr_cb_uint(wr, 1);
	tsw_wr_cb_uint(wr, ATTEST_KIND);
	tsw_wr_cb_uint(wr, 2);
	tsw_wr_cb_bytes(wr, a->model, sizeof(a->model));
	tsw_wr_cb_uint(wr, 3);
	tsw_wr_cb_bytes(wr, a->image, sizeof(a->image));
	tsw_wr_cb_uint(wr, 4);
	tsw_wr_cb_uint(wr, key->alg);
	tsw_wr_cb_uint(wr, 5);
	tsw_wr_cb_bytes(wr, key->data, key->len);
	if (challenge != NULL) {
		tsw_wr_cb_uint(wr, 6);
		tsw_wr_cb_bytes(wr, challenge, TSW_HASH_LEN);
	}
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

static struct tsw_sshsig
device_sig(const struct tsw_attestation *a)
{
	struct tsw_sshsig sig;

	memset(&sig, 0, sizeof(sig));
	sig.key.alg = TSW_ALG_ED25519;
	sig.key.len = sizeof(a->device);
	memcpy(sig.key.data, a->device, sizeof(a->device));
	sig.ns = TSW_NS_ID_ATTEST;
	memcpy(sig.sig, a->sig, sizeof(sig.sig));
	return sig;
}

int
tsw_attestation_verify(const struct tsw_attestation *a,
    const struct tsw_pubkey *key, const uint8_t *challenge)
{
	const struct tsw_sshsig sig = device_sig(a);
	uint8_t text[TSW_ATTEST_MAX];
	struct tsw_slice msg = {text, 0};
	struct tsw_wr wr;
	int r;

	tsw_wr_init(&wr, text, sizeof(text));
	r = tsw_attest_encode(&wr, a, key, challenge);
	if (r != TSW_OK)
		return r;
	msg.len = tsw_wr_len(&wr);
	r = tsw_sshsig_verify(&sig, TSW_NS_ID_ATTEST, false, msg);
	/* Other names for these would speak of the identity key. */
	if (r == TSW_ERR_BADSIG || r == TSW_ERR_BAD_POINT ||
	    r == TSW_ERR_NOT_CANONICAL_SIG)
		return TSW_ERR_ATTESTATION;
	return r;
}

int
tsw_attestation_sshsig(struct tsw_wr *wr, const struct tsw_attestation *a)
{
	const struct tsw_sshsig sig = device_sig(a);

	return tsw_sshsig_encode(wr, &sig);
}
