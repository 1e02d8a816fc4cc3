/* SPDX-License-Identifier: BSD-2-Clause */
#include "token/reply.h"

#include <touchstone/wire/cbor.h>
#include <touchstone/wire/crypto.h>

#include <string.h>

#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02
#define CRED_PROTECT_UV_OPTIONAL_WITH_ID 2

/* The fixed head of authenticatorData (WebAuthn 6.1). */
struct auth {
	uint8_t rp_hash[32];
	uint8_t flags;
	uint32_t counter;
};

/* One INTEGER of at most 32 bytes, right-aligned in out. */
static void
get_integer(uint8_t out[32], struct tsw_rd *rd)
{
	const uint8_t *p;
	size_t len;

	memset(out, 0, 32);
	if (tsw_rd_u8(rd) != DER_INTEGER)
		tsw_rd_fail(rd);
	len = tsw_rd_u8(rd);
	p = tsw_rd_view(rd, len);
	if (p == NULL || len == 0 || (p[0] & 0x80) != 0) {
		tsw_rd_fail(rd);
		return;
	}
	if (p[0] == 0 && len > 1) {
		if ((p[1] & 0x80) == 0)
			tsw_rd_fail(rd); /* a zero too many */
		p++;
		len--;
	}
	if (len > 32) {
		tsw_rd_fail(rd);
		return;
	}
	memcpy(out + 32 - len, p, len);
}

int
ts_reply_der(uint8_t out[TSW_SIG_LEN], const uint8_t *der, size_t len)
{
	uint8_t sig[TSW_SIG_LEN];
	struct tsw_rd rd;

	tsw_rd_init(&rd, der, len);
	if (tsw_rd_u8(&rd) != DER_SEQUENCE)
		tsw_rd_fail(&rd);
	/* At most 2 * (2 + 33) bytes: the length is always one byte. */
	if (tsw_rd_u8(&rd) != rd.left)
		tsw_rd_fail(&rd);
	get_integer(sig, &rd);
	get_integer(sig + 32, &rd);
	if (!tsw_rd_done(&rd))
		return TSW_ERR_FORMAT;
	memcpy(out, sig, sizeof(sig));
	return TS_OK;
}

/* May a statement of this kind be asked for like this? */
static bool
kind_fits(const struct ts_token_request *req, enum tsw_kind kind)
{
	if (req->op == TS_TOKEN_MSG_IMPORT)
		return kind == TSW_KIND_IMPORT;
	if (req->op == TS_TOKEN_MSG_LIVE_CONFIRM ||
	    req->ns == TSW_NS_ID_CONFIRM)
		return kind == TSW_KIND_CONFIRM;
	return kind == TSW_KIND_GENESIS || kind == TSW_KIND_UPDATE;
}

int
ts_reply_statement_check(const struct ts_token_request *req)
{
	struct tsw_statement st;
	int r;

	r = tsw_statement_decode(&st, req->statement.p, req->statement.len);
	if (r != TSW_OK)
		return r;
	return kind_fits(req, st.kind) ? TS_OK : TSW_ERR_KIND;
}

static void
get_auth(struct auth *auth, struct tsw_rd *rd)
{
	tsw_rd_copy(rd, auth->rp_hash, sizeof(auth->rp_hash));
	auth->flags = tsw_rd_u8(rd);
	auth->counter = tsw_rd_u32(rd);
}

static bool
is_our_application(const struct auth *auth)
{
	static const uint8_t application[] = TSW_APPLICATION;
	const struct tsw_slice part = {application, TSW_APPLICATION_LEN};
	uint8_t hash[32];

	tsw_sha256(hash, &part, 1);
	return memcmp(hash, auth->rp_hash, sizeof(hash)) == 0;
}

/*
 * An assertion's authenticatorData: rpIdHash, flags and counter and nothing
 * more, as an SSHSIG has no room for more.
 */
static int
parse_assertion_auth(struct auth *auth, const struct ts_reply_assertion *reply)
{
	struct tsw_rd rd;

	tsw_rd_init(&rd, reply->auth.p, reply->auth.len);
	get_auth(auth, &rd);
	if (rd.bad)
		return TS_ERR_TOKEN_IO;
	if (!is_our_application(auth))
		return TSW_ERR_APPLICATION;
	if ((auth->flags & (TSW_FLAG_BE | TSW_FLAG_BS)) != 0)
		return TSW_ERR_BACKUP_KEY;
	if ((auth->flags & (TSW_FLAG_AT | TSW_FLAG_ED)) != 0 || rd.left != 0)
		return TSW_ERR_FLAGS;
	return TS_OK;
}

static int
parse_sig(uint8_t out[TSW_SIG_LEN], enum tsw_alg alg, struct tsw_slice sig)
{
	if (alg == TSW_ALG_SK_P256) {
		if (ts_reply_der(out, sig.p, sig.len) != TS_OK)
			return TS_ERR_TOKEN_IO;
		return TS_OK;
	}
	if (sig.len != TSW_SIG_LEN)
		return TS_ERR_TOKEN_IO;
	memcpy(out, sig.p, TSW_SIG_LEN);
	return TS_OK;
}

int
ts_reply_sign(struct ts_token_signed *out, const struct ts_token_request *req,
    const struct ts_reply_assertion *reply)
{
	struct ts_token_signed signature;
	struct tsw_sshsig sig;
	struct auth auth;
	struct tsw_wr wr;
	int r;

	memset(&sig, 0, sizeof(sig));
	r = parse_assertion_auth(&auth, reply);
	if (r != TS_OK)
		return r;
	sig.key = req->key[0].key;
	sig.ns = req->ns;
	sig.flags = auth.flags;
	sig.counter = auth.counter;
	r = parse_sig(sig.sig, sig.key.alg, reply->sig);
	if (r != TS_OK)
		return r;

	tsw_sshsig_canonicalise(&sig);
	r = tsw_sshsig_verify(&sig, req->ns, req->need_uv, req->statement);
	if (r == TSW_ERR_BADSIG || r == TSW_ERR_NOT_CANONICAL_SIG)
		return TS_ERR_TOKEN_LIED;
	if (r != TSW_OK)
		return r;

	memset(&signature, 0, sizeof(signature));
	tsw_wr_init(&wr, signature.sshsig, sizeof(signature.sshsig));
	r = tsw_sshsig_encode(&wr, &sig);
	if (r != TSW_OK)
		return r;
	signature.len = (uint16_t)tsw_wr_len(&wr);
	*out = signature;
	return TS_OK;
}

int
ts_reply_probe(const struct tsw_pubkey *key,
    const struct ts_reply_assertion *reply)
{
	static const uint8_t zeros[32]; /* client data hash of a probe */
	const struct tsw_slice part[2] = {reply->auth, {zeros, sizeof(zeros)}};
	uint8_t sig[TSW_SIG_LEN], msg[TS_AUTH_LEN + sizeof(zeros)] = {0};
	uint8_t hash[32];
	struct auth auth;
	int r;

	r = parse_assertion_auth(&auth, reply);
	if (r != TS_OK)
		return r;
	r = parse_sig(sig, key->alg, reply->sig);
	if (r != TS_OK)
		return r;
	if (key->alg == TSW_ALG_SK_P256) {
		tsw_sha256(hash, part, 2);
		r = tsw_p256_verify(sig, hash, key->data);
	} else {
		memcpy(msg, reply->auth.p, TS_AUTH_LEN);
		r = tsw_ed25519_verify(sig, msg, sizeof(msg), key->data);
	}
	return r == TSW_OK ? TS_OK : TS_ERR_TOKEN_LIED;
}

static int
check_created(const struct auth *auth)
{
	if (!is_our_application(auth))
		return TSW_ERR_APPLICATION;
	if ((auth->flags & TSW_FLAG_UP) == 0)
		return TSW_ERR_NO_TOUCH;
	if ((auth->flags & TSW_FLAG_UV) == 0)
		return TSW_ERR_NO_UV;
	if ((auth->flags & (TSW_FLAG_BE | TSW_FLAG_BS)) != 0)
		return TSW_ERR_BACKUP_KEY;
	if ((auth->flags & TSW_FLAG_AT) == 0)
		return TSW_ERR_FLAGS;
	return TS_OK;
}

/*
 * The level of credProtect (CTAP 2.1 section 12.1) that the token says it
 * gave: behind the COSE key follows a map of extensions.  0: none.
 */
static uint64_t
get_protection(struct tsw_slice tail)
{
	static const char name[] = "credProtect";
	struct tsw_slice last = {NULL, 0}, key;
	uint64_t level = 0;
	struct tsw_cb cb;
	size_t i, cnt;

	tsw_cb_init(&cb, tail.p, tail.len);
	tsw_cb_skip(&cb);
	cnt = tsw_cb_map(&cb);
	for (i = 0; i < cnt && cb.err == TSW_OK; i++) {
		tsw_cb_map_next(&cb, &last);
		key = tsw_cb_text(&cb, 1, 64);
		if (key.p != NULL && key.len == sizeof(name) - 1 &&
		    memcmp(key.p, name, key.len) == 0)
			level = tsw_cb_uint(&cb);
		else
			tsw_cb_skip(&cb);
	}
	return tsw_cb_done(&cb) == TSW_OK ? level : 0;
}

static int
make_pubkey(struct tsw_pubkey *key, const struct ts_reply_credential *reply)
{
	memset(key, 0, sizeof(*key));
	key->alg = reply->alg;
	if (reply->alg == TSW_ALG_SK_P256 && reply->key.len == 64) {
		key->len = 65;
		key->data[0] = 0x04; /* uncompressed */
		memcpy(key->data + 1, reply->key.p, 64);
		return TS_OK;
	}
	if (reply->alg == TSW_ALG_SK_ED25519 && reply->key.len == 32) {
		key->len = 32;
		memcpy(key->data, reply->key.p, 32);
		return TS_OK;
	}
	return TS_ERR_TOKEN_IO;
}

int
ts_reply_create(struct ts_token_created *out,
    const struct ts_reply_credential *reply)
{
	struct ts_token_created c;
	struct auth auth;
	struct tsw_rd rd;
	const uint8_t *id;
	int r;

	memset(&c, 0, sizeof(c));
	tsw_rd_init(&rd, reply->auth.p, reply->auth.len);
	get_auth(&auth, &rd);
	if (rd.bad)
		return TS_ERR_TOKEN_IO;
	r = check_created(&auth);
	if (r != TS_OK)
		return r;
	tsw_rd_copy(&rd, c.aaguid, sizeof(c.aaguid));
	c.id_len = tsw_rd_u16(&rd);
	id = tsw_rd_view(&rd, c.id_len); /* key and extensions follow */
	if (id == NULL || c.id_len == 0)
		return TS_ERR_TOKEN_IO;
	if (c.id_len > TS_TOKEN_CRED_MAX)
		return TS_ERR_TOKEN_UNSUPPORTED;
	if (get_protection((struct tsw_slice){rd.p, rd.left}) !=
	    CRED_PROTECT_UV_OPTIONAL_WITH_ID)
		return TS_ERR_TOKEN_UNSUPPORTED;
	memcpy(c.id, id, c.id_len);
	c.counter = auth.counter;
	c.uv = true;
	c.attested = reply->attested;
	r = make_pubkey(&c.key, reply);
	if (r != TS_OK)
		return r;
	*out = c;
	return TS_OK;
}
