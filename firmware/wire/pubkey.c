/* SPDX-License-Identifier: BSD-2-Clause */
/* SSH public key blobs: RFC 4253 6.6, RFC 5656 3.1, PROTOCOL.u2f; SPEC 4.2. */
#include <touchstone/wire/sshsig.h>

#include <string.h>

#include "ssh.h"
#include "statement_check.h"

#define CURVE "nistp256"

struct tsw_slice
tsw_rd_ssh(struct tsw_rd *rd)
{
	struct tsw_slice s;

	s.len = tsw_rd_u32(rd);
	s.p = tsw_rd_view(rd, s.len);
	if (s.p == NULL)
		s.len = 0;
	return s;
}

void
tsw_wr_ssh(struct tsw_wr *wr, const void *p, size_t len)
{
	tsw_wr_u32(wr, (uint32_t)len);
	tsw_wr_bytes(wr, p, len);
}

void
tsw_wr_ssh_text(struct tsw_wr *wr, const char *text)
{
	tsw_wr_ssh(wr, text, strlen(text));
}

bool
tsw_slice_is(struct tsw_slice s, const char *text)
{
	return s.len == strlen(text) && s.len > 0 &&
	    memcmp(s.p, text, s.len) == 0;
}

const char *
tsw_alg_ssh_name(enum tsw_alg alg)
{
	switch (alg) {
	case TSW_ALG_SK_ED25519:
		return "sk-ssh-ed25519@openssh.com";
	case TSW_ALG_SK_P256:
		return "sk-ecdsa-sha2-nistp256@openssh.com";
	case TSW_ALG_ED25519:
		return "ssh-ed25519";
	case TSW_ALG_P256:
		return "ecdsa-sha2-nistp256";
	default:
		return NULL;
	}
}

bool
tsw_alg_is_sk(enum tsw_alg alg)
{
	return alg == TSW_ALG_SK_ED25519 || alg == TSW_ALG_SK_P256;
}

bool
tsw_alg_is_p256(enum tsw_alg alg)
{
	return alg == TSW_ALG_SK_P256 || alg == TSW_ALG_P256;
}

int
tsw_pubkey_encode(struct tsw_wr *wr, const struct tsw_pubkey *key)
{
	int r;

	r = tsw_pubkey_check(key);
	if (r != TSW_OK)
		return r;
	tsw_wr_ssh_text(wr, tsw_alg_ssh_name(key->alg));
	if (tsw_alg_is_p256(key->alg))
		tsw_wr_ssh_text(wr, CURVE);
	tsw_wr_ssh(wr, key->data, key->len);
	if (tsw_alg_is_sk(key->alg))
		tsw_wr_ssh_text(wr, TSW_APPLICATION);
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

static int
alg_from_name(enum tsw_alg *out, struct tsw_slice name)
{
	static const enum tsw_alg alg[] = {TSW_ALG_SK_ED25519, TSW_ALG_SK_P256,
	    TSW_ALG_ED25519, TSW_ALG_P256};
	size_t i;

	for (i = 0; i < sizeof(alg) / sizeof(alg[0]); i++) {
		if (tsw_slice_is(name, tsw_alg_ssh_name(alg[i]))) {
			*out = alg[i];
			return TSW_OK;
		}
	}
	return TSW_ERR_SSHSIG_ALG;
}

int
tsw_pubkey_decode(struct tsw_pubkey *out, const uint8_t *p, size_t len)
{
	struct tsw_slice name, curve = {NULL, 0}, pk, app = {NULL, 0};
	struct tsw_pubkey m;
	struct tsw_rd rd;
	int r;

	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, p, len);
	name = tsw_rd_ssh(&rd);
	if (rd.bad)
		return TSW_ERR_TRUNCATED;
	r = alg_from_name(&m.alg, name);
	if (r != TSW_OK)
		return r;
	if (tsw_alg_is_p256(m.alg))
		curve = tsw_rd_ssh(&rd);
	pk = tsw_rd_ssh(&rd);
	if (tsw_alg_is_sk(m.alg))
		app = tsw_rd_ssh(&rd);
	if (!tsw_rd_done(&rd))
		return rd.bad ? TSW_ERR_TRUNCATED : TSW_ERR_TRAILING;

	if (tsw_alg_is_p256(m.alg) && !tsw_slice_is(curve, CURVE))
		return TSW_ERR_FORMAT;
	if (pk.len != (tsw_alg_is_p256(m.alg) ? 65 : 32))
		return TSW_ERR_KEY_TYPE;
	if (tsw_alg_is_sk(m.alg) && !tsw_slice_is(app, TSW_APPLICATION))
		return TSW_ERR_APPLICATION;
	m.len = (uint8_t)pk.len;
	memcpy(m.data, pk.p, pk.len);
	r = tsw_pubkey_check(&m);
	if (r == TSW_OK)
		*out = m;
	return r;
}
