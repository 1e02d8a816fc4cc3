/* SPDX-License-Identifier: BSD-2-Clause */
#include "saying.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <touchstone/wire/cbor.h>

#include "tokenview.h"

static const char label[] = "alice@example.org";

static void
need(bool ok)
{
	if (!ok)
		abort();
}

void
world_new(void)
{
	rig_new();
	need(ctapclient_set_pin(&rig.client, FW_PINPROTO_TWO, SAYING_PIN) ==
	    FW_CTAP_OK);
}

void
world_replug(void)
{
	rig_plug();
}

void
world_token(uint8_t out[32], unsigned int permissions, const char *rp)
{
	need(ctapclient_token(&rig.client, out, FW_PINPROTO_TWO, SAYING_PIN,
		 rp) == FW_CTAP_OK);
	/* What the client asks for is both; a test wants one. */
	rig.t.ctap2.puat.permissions &= (uint8_t)permissions;
}

unsigned int
world_do(struct applet_answer *a, struct applet_cmd cmd, bool with_pin)
{
	uint8_t token[32];

	if (with_pin) {
		world_token(token, FW_PERM_MC | FW_PERM_GA, TSW_APPLET_RP_ID);
		cmd.token = token;
		cmd.proto = FW_PINPROTO_TWO;
	}
	return view_applet(a, &cmd);
}

struct held
world_create(enum tsw_alg alg)
{
	struct applet_cmd cmd = {.cmd = TSW_APPLET_CREATE, .alg = alg};
	struct applet_answer a;
	struct held h;

	need(world_do(&a, cmd, true) == FW_CTAP_OK);
	h.key = a.key;
	tsw_token_id(h.handle, &h.key);
	return h;
}

unsigned int
world_sign(struct applet_answer *a, enum tsw_applet_cmd id,
    const struct held *key, const struct saying *s)
{
	struct applet_cmd cmd = {.cmd = id,
	    .handle = key->handle,
	    .statement = said(s)};

	return world_do(a, cmd, true);
}

struct held
world_bound(struct place *at, enum tsw_alg alg, enum tsw_role role)
{
	struct held h = world_create(alg);
	struct applet_answer a;
	struct saying s;

	say_genesis(&s, &h.key, role);
	need(world_sign(&a, TSW_APPLET_SIGN, &h, &s) == FW_CTAP_OK);
	place_genesis(at, &s);
	return h;
}

struct tsw_slice
world_attestation(void)
{
	struct tsw_slice s = {NULL, 0};
	const uint8_t *start;
	struct tsw_cb cb;
	size_t n;

	tsw_cb_init(&cb, rig.client.rsp + 1, rig.client.rsp_len - 1);
	for (n = tsw_cb_map(&cb); n > 0 && cb.err == TSW_OK; n--) {
		bool is_it = tsw_cb_uint(&cb) == TSW_APPLET_A_ATTESTATION;

		start = cb.rd.p;
		tsw_cb_skip(&cb);
		if (is_it && cb.err == TSW_OK)
			s = (struct tsw_slice){start,
			    (size_t)(cb.rd.p - start)};
	}
	return s;
}

static void
encode(struct saying *out, const struct tsw_statement *st)
{
	struct tsw_wr wr;

	tsw_wr_init(&wr, out->p, sizeof(out->p));
	need(tsw_statement_encode(&wr, st) == TSW_OK);
	out->len = tsw_wr_len(&wr);
}

static struct tsw_token
entry(const struct tsw_pubkey *key, enum tsw_role role)
{
	struct tsw_token t;

	memset(&t, 0, sizeof(t));
	t.key = *key;
	t.role = role;
	t.evidence = TSW_EVIDENCE_FIDO_UV;
	t.name = (struct tsw_slice){(const uint8_t *)"blue key", 8};
	return t;
}

/* A key of somebody else, so that there is a signer in any case. */
static struct tsw_pubkey
other_key(void)
{
	struct tsw_pubkey key = {TSW_ALG_SK_ED25519, 32, {7, 7, 7}};

	return key;
}

void
say_genesis(struct saying *out, const struct tsw_pubkey *key,
    enum tsw_role role)
{
	struct tsw_pubkey other = other_key();
	struct tsw_statement st;
	struct tsw_genesis *g = &st.u.genesis;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_GENESIS;
	st.time = 1;
	g->label =
	    (struct tsw_slice){(const uint8_t *)label, sizeof(label) - 1};
	g->token[0] = entry(key, role);
	g->token[1] = entry(&other, TSW_ROLE_SIGNER);
	g->token_cnt = 2;
	g->threshold = 1;
	g->timelock_h = 72;
	encode(out, &st);
}

void
say_update(struct saying *out, const struct place *after,
    const struct tsw_op *op)
{
	struct tsw_statement st;
	struct tsw_update *u = &st.u.update;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_UPDATE;
	st.time = 2;
	memcpy(u->identity, after->identity, sizeof(u->identity));
	u->seq = after->seq + 1;
	memcpy(u->prev, after->hash, sizeof(u->prev));
	u->op[0] = *op;
	u->op_cnt = 1;
	encode(out, &st);
}

void
say_confirm(struct saying *out, const struct place *head,
    enum tsw_method method)
{
	struct tsw_statement st;
	struct tsw_confirm *c = &st.u.confirm;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_CONFIRM;
	st.time = 3;
	memcpy(c->identity, head->identity, sizeof(c->identity));
	c->seq = head->seq;
	memcpy(c->head, head->hash, sizeof(c->head));
	memset(c->contact, 0xcc, sizeof(c->contact));
	c->contact_label =
	    (struct tsw_slice){(const uint8_t *)label, sizeof(label) - 1};
	memset(c->contact_head, 0xcc, sizeof(c->contact_head));
	c->method = method;
	encode(out, &st);
}

void
say_import(struct saying *out, const struct place *from, const struct place *to)
{
	struct tsw_statement st;
	struct tsw_import *m = &st.u.import;

	memset(&st, 0, sizeof(st));
	st.kind = TSW_KIND_IMPORT;
	st.time = 4;
	memcpy(m->identity, from->identity, sizeof(m->identity));
	m->from_seq = from->seq;
	memcpy(m->from_head, from->hash, sizeof(m->from_head));
	m->seq = to->seq;
	memcpy(m->head, to->hash, sizeof(m->head));
	encode(out, &st);
}

struct tsw_op
op_plain(enum tsw_op_kind kind)
{
	struct tsw_op op;

	memset(&op, 0, sizeof(op));
	op.kind = kind;
	op.threshold = 1;
	op.timelock_h = 72;
	op.min_proto = 1;
	return op;
}

struct tsw_op
op_add_key(void)
{
	static const uint8_t age[32] = {1, 2, 3};
	struct tsw_op op = op_plain(TSW_OP_ADD_KEY);

	op.key.app = TSW_APP_AGE;
	op.key.device = (struct tsw_slice){(const uint8_t *)"laptop", 6};
	op.key.type = TSW_KEY_X25519;
	op.key.data = (struct tsw_slice){age, sizeof(age)};
	op.key.proto = 1;
	return op;
}

struct tsw_op
op_token(enum tsw_op_kind kind, const struct tsw_pubkey *key,
    enum tsw_role role)
{
	struct tsw_op op = op_plain(kind);

	op.token = entry(key, role);
	return op;
}

struct tsw_slice
said(const struct saying *s)
{
	return (struct tsw_slice){s->p, s->len};
}

void
place_genesis(struct place *at, const struct saying *s)
{
	need(SHA256(s->p, s->len, at->hash) != NULL);
	memcpy(at->identity, at->hash, sizeof(at->identity));
	at->seq = 0;
}

void
place_next(struct place *at, const struct saying *s)
{
	need(SHA256(s->p, s->len, at->hash) != NULL);
	at->seq++;
}

static void
put(uint8_t *out, size_t *len, const void *p, size_t n)
{
	memcpy(out + *len, p, n);
	*len += n;
}

/* A string of SSH: its length as u32, then it. */
static void
put_string(uint8_t *out, size_t *len, const void *p, size_t n)
{
	const uint8_t head[4] = {0, 0, (uint8_t)(n >> 8), (uint8_t)n};

	put(out, len, head, sizeof(head));
	if (n > 0)
		put(out, len, p, n);
}

/* T of SPEC 6.1; returns its length. */
static size_t
text(uint8_t out[256], const char *ns, struct tsw_slice msg)
{
	uint8_t digest[SHA512_DIGEST_LENGTH];
	size_t len = 0;

	need(SHA512(msg.p, msg.len, digest) != NULL);
	put(out, &len, "SSHSIG", 6);
	put_string(out, &len, ns, strlen(ns));
	put_string(out, &len, NULL, 0);
	put_string(out, &len, "sha512", 6);
	put_string(out, &len, digest, sizeof(digest));
	return len;
}

static bool
verify(EVP_PKEY *pkey, const EVP_MD *md, const uint8_t *sig, size_t sig_len,
    struct tsw_slice msg)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	need(pkey != NULL && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1);
	ok = EVP_DigestVerify(ctx, sig, sig_len, msg.p, msg.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ok;
}

static bool
verify_ed25519(const uint8_t sig[64], const uint8_t key[32],
    struct tsw_slice msg)
{
	return verify(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key,
			  32),
	    NULL, sig, 64, msg);
}

static EVP_PKEY *
p256_key(const uint8_t point[65])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char group[] = "prime256v1";
	uint8_t copy[65];
	OSSL_PARAM param[] = {OSSL_PARAM_construct_utf8_string(
				  OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy,
		sizeof(copy)),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY *pkey = NULL;

	memcpy(copy, point, sizeof(copy));
	need(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, param) == 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool
verify_p256(const uint8_t sig[64], const uint8_t key[65], struct tsw_slice msg)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	uint8_t *der = NULL;
	int len;
	bool ok;

	need(s != NULL &&
	    ECDSA_SIG_set0(s, BN_bin2bn(sig, 32, NULL),
		BN_bin2bn(sig + 32, 32, NULL)) == 1);
	len = i2d_ECDSA_SIG(s, &der);
	need(len > 0);
	ok = verify(p256_key(key), EVP_sha256(), der, (size_t)len, msg);
	OPENSSL_free(der);
	ECDSA_SIG_free(s);
	return ok;
}

bool
judge(const struct applet_answer *a, const struct tsw_pubkey *key,
    const char *ns, struct tsw_slice statement)
{
	uint8_t t[256], msg[128], digest[SHA256_DIGEST_LENGTH];
	const uint8_t tail[5] = {(uint8_t)a->flags, (uint8_t)(a->counter >> 24),
	    (uint8_t)(a->counter >> 16), (uint8_t)(a->counter >> 8),
	    (uint8_t)a->counter};
	size_t t_len = text(t, ns, statement), len = 0;
	struct tsw_slice whole = {msg, 0};

	need(SHA256((const uint8_t *)"touchstone:", 11, digest) != NULL);
	put(msg, &len, digest, sizeof(digest));
	put(msg, &len, tail, sizeof(tail));
	need(SHA256(t, t_len, digest) != NULL);
	put(msg, &len, digest, sizeof(digest));
	whole.len = len;
	return key->alg == TSW_ALG_SK_P256
	    ? verify_p256(a->sig, key->data, whole)
	    : verify_ed25519(a->sig, key->data, whole);
}

bool
judge_plain(const uint8_t sig[64], const uint8_t key[32], const char *ns,
    struct tsw_slice msg)
{
	uint8_t t[256];
	struct tsw_slice whole = {t, text(t, ns, msg)};

	return verify_ed25519(sig, key, whole);
}
