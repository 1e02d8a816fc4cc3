/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC section 6; OpenSSH PROTOCOL.sshsig and PROTOCOL.u2f. */
#include <touchstone/wire/crypto.h>
#include <touchstone/wire/sshsig.h>

#include <string.h>

#include "canonical.h"
#include "ssh.h"
#include "statement_check.h"

#define MAGIC "SSHSIG"
#define MAGIC_LEN 6
#define VERSION 1
#define HASH_NAME "sha512"

/* The longer of both parts, the sk-ecdsa key blob: four strings. */
#define PART_MAX (4 + 34 + 4 + 8 + 4 + 65 + 4 + TSW_APPLICATION_LEN)

static const char *
ns_text(enum tsw_ns ns)
{
	switch (ns) {
	case TSW_NS_ID_STATEMENT:
		return TSW_NS_STATEMENT;
	case TSW_NS_ID_CONFIRM:
		return TSW_NS_CONFIRM;
	case TSW_NS_ID_IMPORT:
		return TSW_NS_IMPORT;
	case TSW_NS_ID_ATTEST:
		return TSW_NS_ATTEST;
	default:
		return NULL;
	}
}

/* RFC 4251 5: big-endian, no needless zero in front, top bit clear. */
static void
wr_mpint(struct tsw_wr *wr, const uint8_t v[32])
{
	static const uint8_t sign[1] = {0};
	size_t skip = 0, pad;

	while (skip < 32 && v[skip] == 0)
		skip++;
	pad = skip < 32 && v[skip] >= 0x80;
	tsw_wr_u32(wr, (uint32_t)(32 - skip + pad));
	tsw_wr_bytes(wr, sign, pad);
	tsw_wr_bytes(wr, v + skip, 32 - skip);
}

/* A positive mpint below 2^256 in its only form, into 32 bytes. */
static int
rd_mpint(struct tsw_rd *rd, uint8_t v[32])
{
	struct tsw_slice s = tsw_rd_ssh(rd);

	if (rd->bad)
		return TSW_ERR_TRUNCATED;
	if (s.len == 0 || s.p[0] >= 0x80)
		return TSW_ERR_NOT_CANONICAL_SIG; /* zero or negative */
	if (s.p[0] == 0) {
		if (s.len < 2 || s.p[1] < 0x80)
			return TSW_ERR_NOT_CANONICAL_SIG;
		s.p++;
		s.len--;
	}
	if (s.len > 32)
		return TSW_ERR_NOT_CANONICAL_SIG;
	memset(v, 0, 32);
	memcpy(v + 32 - s.len, s.p, s.len);
	return TSW_OK;
}

/* string(r mpint || s mpint), or string(R || S). */
static int
decode_scalars(uint8_t out[TSW_SIG_LEN], enum tsw_alg alg, struct tsw_slice s)
{
	struct tsw_rd rd;
	int r;

	if (!tsw_alg_is_p256(alg)) {
		if (s.len != TSW_SIG_LEN)
			return TSW_ERR_FORMAT;
		memcpy(out, s.p, TSW_SIG_LEN);
		return TSW_OK;
	}
	tsw_rd_init(&rd, s.p, s.len);
	r = rd_mpint(&rd, out);
	if (r == TSW_OK)
		r = rd_mpint(&rd, out + 32);
	if (r == TSW_OK && !tsw_rd_done(&rd))
		r = TSW_ERR_TRAILING;
	return r;
}

/* The signature string: type name, scalars, and for sk flags and counter. */
static int
decode_inner(struct tsw_sshsig *out, struct tsw_slice inner)
{
	struct tsw_slice name, scalars;
	struct tsw_rd rd;

	tsw_rd_init(&rd, inner.p, inner.len);
	name = tsw_rd_ssh(&rd);
	scalars = tsw_rd_ssh(&rd);
	if (tsw_alg_is_sk(out->key.alg)) {
		out->flags = tsw_rd_u8(&rd);
		out->counter = tsw_rd_u32(&rd);
	}
	if (!tsw_rd_done(&rd))
		return rd.bad ? TSW_ERR_TRUNCATED : TSW_ERR_TRAILING;
	if (!tsw_slice_is(name, tsw_alg_ssh_name(out->key.alg)))
		return TSW_ERR_SSHSIG_ALG;
	return decode_scalars(out->sig, out->key.alg, scalars);
}

static int
decode_ns(enum tsw_ns *out, struct tsw_slice ns)
{
	static const enum tsw_ns id[] = {TSW_NS_ID_STATEMENT, TSW_NS_ID_CONFIRM,
	    TSW_NS_ID_IMPORT, TSW_NS_ID_ATTEST};
	size_t i;

	for (i = 0; i < sizeof(id) / sizeof(id[0]); i++) {
		if (tsw_slice_is(ns, ns_text(id[i]))) {
			*out = id[i];
			return TSW_OK;
		}
	}
	return TSW_ERR_NAMESPACE;
}

int
tsw_sshsig_decode(struct tsw_sshsig *out, const uint8_t *p, size_t len)
{
	struct tsw_slice pk, ns, reserved, hash, inner;
	const uint8_t *magic;
	struct tsw_sshsig m;
	struct tsw_rd rd;
	uint32_t version;
	int r;

	if (len > TSW_SSHSIG_MAX)
		return TSW_ERR_TOO_LONG;
	memset(&m, 0, sizeof(m));
	tsw_rd_init(&rd, p, len);
	magic = tsw_rd_view(&rd, MAGIC_LEN);
	if (magic != NULL && memcmp(magic, MAGIC, MAGIC_LEN) != 0)
		return TSW_ERR_SSHSIG_MAGIC;
	version = tsw_rd_u32(&rd);
	if (!rd.bad && version != VERSION)
		return TSW_ERR_SSHSIG_VERSION;
	pk = tsw_rd_ssh(&rd);
	ns = tsw_rd_ssh(&rd);
	reserved = tsw_rd_ssh(&rd);
	hash = tsw_rd_ssh(&rd);
	inner = tsw_rd_ssh(&rd);
	if (!tsw_rd_done(&rd))
		return rd.bad ? TSW_ERR_TRUNCATED : TSW_ERR_TRAILING;

	r = tsw_pubkey_decode(&m.key, pk.p, pk.len);
	if (r == TSW_OK)
		r = decode_ns(&m.ns, ns);
	if (r == TSW_OK && reserved.len != 0)
		r = TSW_ERR_SSHSIG_RESERVED;
	if (r == TSW_OK && !tsw_slice_is(hash, HASH_NAME))
		r = TSW_ERR_SSHSIG_HASH;
	if (r == TSW_OK)
		r = decode_inner(&m, inner);
	if (r == TSW_OK)
		*out = m;
	return r;
}

static void
encode_inner(struct tsw_wr *wr, const struct tsw_sshsig *sig)
{
	uint8_t scalars[2 * (4 + 33)];
	struct tsw_wr sc;

	tsw_wr_init(&sc, scalars, sizeof(scalars));
	if (tsw_alg_is_p256(sig->key.alg)) {
		wr_mpint(&sc, sig->sig);
		wr_mpint(&sc, sig->sig + 32);
	} else {
		tsw_wr_bytes(&sc, sig->sig, TSW_SIG_LEN);
	}
	tsw_wr_ssh_text(wr, tsw_alg_ssh_name(sig->key.alg));
	tsw_wr_ssh(wr, scalars, tsw_wr_len(&sc));
	if (tsw_alg_is_sk(sig->key.alg)) {
		tsw_wr_u8(wr, sig->flags);
		tsw_wr_u32(wr, sig->counter);
	}
}

/* Flags of a key type that has none must be zero: they would be lost. */
static int
encode_check(const struct tsw_sshsig *sig)
{
	static const uint8_t zero[32];

	if (ns_text(sig->ns) == NULL)
		return TSW_ERR_NAMESPACE;
	if (!tsw_alg_is_sk(sig->key.alg) &&
	    (sig->flags != 0 || sig->counter != 0))
		return TSW_ERR_FLAGS;
	if (tsw_alg_is_p256(sig->key.alg) &&
	    (memcmp(sig->sig, zero, 32) == 0 ||
		memcmp(sig->sig + 32, zero, 32) == 0))
		return TSW_ERR_NOT_CANONICAL_SIG;
	return tsw_pubkey_check(&sig->key);
}

int
tsw_sshsig_encode(struct tsw_wr *wr, const struct tsw_sshsig *sig)
{
	uint8_t part[PART_MAX];
	struct tsw_wr sub;
	int r;

	r = encode_check(sig);
	if (r != TSW_OK)
		return r;
	tsw_wr_bytes(wr, (const uint8_t *)MAGIC, MAGIC_LEN);
	tsw_wr_u32(wr, VERSION);
	tsw_wr_init(&sub, part, sizeof(part));
	r = tsw_pubkey_encode(&sub, &sig->key);
	if (r != TSW_OK)
		return r;
	tsw_wr_ssh(wr, part, tsw_wr_len(&sub));
	tsw_wr_ssh_text(wr, ns_text(sig->ns));
	tsw_wr_ssh_text(wr, "");
	tsw_wr_ssh_text(wr, HASH_NAME);
	tsw_wr_init(&sub, part, sizeof(part));
	encode_inner(&sub, sig);
	if (sub.full)
		return TSW_ERR_INTERNAL;
	tsw_wr_ssh(wr, part, tsw_wr_len(&sub));
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

int
tsw_sshsig_tbs(struct tsw_wr *wr, enum tsw_ns ns, const uint8_t *msg,
    size_t len)
{
	struct tsw_slice part = {msg, len};
	uint8_t digest[64];

	if (ns_text(ns) == NULL)
		return TSW_ERR_NAMESPACE;
	tsw_sha512(digest, &part, 1);
	tsw_wr_bytes(wr, (const uint8_t *)MAGIC, MAGIC_LEN);
	tsw_wr_ssh_text(wr, ns_text(ns));
	tsw_wr_ssh_text(wr, "");
	tsw_wr_ssh_text(wr, HASH_NAME);
	tsw_wr_ssh(wr, digest, sizeof(digest));
	return wr->full ? TSW_ERR_NO_SPACE : TSW_OK;
}

static int
check_flags(const struct tsw_sshsig *sig, bool need_uv)
{
	if (!tsw_alg_is_sk(sig->key.alg))
		return sig->flags == 0 ? TSW_OK : TSW_ERR_FLAGS;
	if ((sig->flags & TSW_FLAG_UP) == 0)
		return TSW_ERR_NO_TOUCH;
	if (need_uv && (sig->flags & TSW_FLAG_UV) == 0)
		return TSW_ERR_NO_UV;
	if ((sig->flags & TSW_FLAG_BE) != 0)
		return TSW_ERR_BACKUP_KEY;
	if ((sig->flags & ~(TSW_FLAG_UP | TSW_FLAG_UV)) != 0)
		return TSW_ERR_FLAGS;
	return TSW_OK;
}

/*
 * What the key signs: the tbs text, or for a FIDO token its authenticator
 * data and the hash of that text (WebAuthn 6.3.3 step 11).
 */
static void
wr_signed(struct tsw_wr *wr, const struct tsw_sshsig *sig, struct tsw_slice tbs)
{
	const struct tsw_slice app = {(const uint8_t *)TSW_APPLICATION,
	    TSW_APPLICATION_LEN};
	uint8_t digest[32];

	if (!tsw_alg_is_sk(sig->key.alg)) {
		tsw_wr_bytes(wr, tbs.p, tbs.len);
		return;
	}
	tsw_sha256(digest, &app, 1);
	tsw_wr_bytes(wr, digest, sizeof(digest));
	tsw_wr_u8(wr, sig->flags);
	tsw_wr_u32(wr, sig->counter);
	tsw_sha256(digest, &tbs, 1);
	tsw_wr_bytes(wr, digest, sizeof(digest));
}

int
tsw_sshsig_verify(const struct tsw_sshsig *sig, enum tsw_ns ns, bool need_uv,
    struct tsw_slice msg)
{
	uint8_t text[TSW_SSHSIG_TBS_MAX], signed_text[TSW_SSHSIG_TBS_MAX];
	struct tsw_slice tbs = {text, 0}, whole = {signed_text, 0};
	uint8_t digest[32];
	struct tsw_wr wr;
	int r;

	if (sig->ns != ns)
		return TSW_ERR_NAMESPACE;
	r = tsw_pubkey_check(&sig->key);
	if (r == TSW_OK)
		r = check_flags(sig, need_uv);
	if (r == TSW_OK)
		r = tsw_alg_is_p256(sig->key.alg)
		    ? tsw_p256_canonical(sig->sig)
		    : tsw_ed25519_canonical(sig->sig);
	if (r != TSW_OK)
		return r;
	tsw_wr_init(&wr, text, sizeof(text));
	r = tsw_sshsig_tbs(&wr, ns, msg.p, msg.len);
	if (r != TSW_OK)
		return r;
	tbs.len = tsw_wr_len(&wr);
	tsw_wr_init(&wr, signed_text, sizeof(signed_text));
	wr_signed(&wr, sig, tbs);
	whole.len = tsw_wr_len(&wr);
	if (!tsw_alg_is_p256(sig->key.alg))
		return tsw_ed25519_verify(sig->sig, whole.p, whole.len,
		    sig->key.data);
	tsw_sha256(digest, &whole, 1);
	return tsw_p256_verify(sig->sig, digest, sig->key.data);
}

void
tsw_sshsig_canonicalise(struct tsw_sshsig *sig)
{
	if (tsw_alg_is_p256(sig->key.alg))
		tsw_p256_lower_s(sig->sig);
}
