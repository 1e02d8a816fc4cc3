/* SPDX-License-Identifier: BSD-2-Clause */
/* SPEC 4.4: the rules that a bundle is judged by. */
#include "token/evidence.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#define DEPTH_MAX 8	 /* leaf, card, two or three above, root; and room */
#define SECURITY_LEVEL 2 /* 112 bits: RSA-2048, SHA-256; no SHA-1 */
#define BUILT_IN_MAKER "YubiKey"

/* Yubico's roots vouch for more than PIV: what is below must be for PIV. */
#define PIV_CA "Yubico PIV "

#define OID_VERSION "1.3.6.1.4.1.41482.3.3"
#define OID_SERIAL "1.3.6.1.4.1.41482.3.7"
#define OID_POLICY "1.3.6.1.4.1.41482.3.8"

struct check {
	X509 *leaf;
	STACK_OF(X509) *
	    between;	   /* untrusted: of the bundle, and compiled in */
	X509_STORE *store; /* trusted */
	STACK_OF(X509) * built_in;
	STACK_OF(X509) * chain;
	bool internal; /* libcrypto failed us, the bundle is not to blame */
};

static X509 *
from_der(struct tsw_slice der)
{
	const unsigned char *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);

	if (x != NULL && p != der.p + der.len) {
		X509_free(x); /* something follows */
		x = NULL;
	}
	return x;
}

static X509 *
from_pem(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x;

	if (bio == NULL)
		return NULL;
	x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return x;
}

/* Takes x, which may be NULL. */
static bool
push(STACK_OF(X509) * list, X509 *x)
{
	if (x != NULL && sk_X509_push(list, x) > 0)
		return true;
	X509_free(x);
	return false;
}

static bool
push_built_in(STACK_OF(X509) * list, const char *const *pem)
{
	for (; *pem != NULL; pem++) {
		if (!push(list, from_pem(*pem)))
			return false;
	}
	return true;
}

static bool
prepare(struct check *c)
{
	int i;

	c->between = sk_X509_new_null();
	c->built_in = sk_X509_new_null();
	c->store = X509_STORE_new();
	if (c->between == NULL || c->built_in == NULL || c->store == NULL ||
	    !push_built_in(c->between, ts_evidence_between) ||
	    !push_built_in(c->built_in, ts_evidence_roots))
		return false;
	for (i = 0; i < sk_X509_num(c->built_in); i++) {
		if (X509_STORE_add_cert(c->store,
			sk_X509_value(c->built_in, i)) != 1)
			return false;
	}
	return true;
}

static void
clear(struct check *c)
{
	X509_free(c->leaf);
	sk_X509_pop_free(c->between, X509_free);
	sk_X509_pop_free(c->built_in, X509_free);
	sk_X509_pop_free(c->chain, X509_free);
	X509_STORE_free(c->store);
}

/* A file of the user's own that is no certificate helps nobody: passed over. */
static void
add_roots(struct check *c, const struct ts_evidence_ask *ask)
{
	size_t i;

	for (i = 0; i < ask->root_cnt; i++) {
		X509 *x = from_der(ask->root[i]);

		if (x != NULL && X509_STORE_add_cert(c->store, x) != 1)
			c->internal = true;
		X509_free(x);
	}
}

static bool
read_bundle(struct check *c, struct tsw_slice bytes)
{
	struct tsw_bundle b;
	size_t i;

	if (tsw_bundle_decode(&b, bytes.p, bytes.len) != TSW_OK)
		return false;
	c->leaf = from_der(b.cert[0]);
	for (i = 1; c->leaf != NULL && i < b.cert_cnt; i++) {
		if (!push(c->between, from_der(b.cert[i])))
			return false;
	}
	return c->leaf != NULL;
}

/*
 * The leaf's SubjectPublicKeyInfo is, byte for byte, the one form that RFC 5480
 * and RFC 8410 give this key: no other curve, no explicit parameters.
 */
static bool
is_of_key(X509 *leaf, const struct tsw_pubkey *key)
{
	static const uint8_t p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
	    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
	    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
	static const uint8_t ed25519[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	    0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
	const uint8_t *head = key->alg == TSW_ALG_P256 ? p256 : ed25519;
	size_t head_len =
	    key->alg == TSW_ALG_P256 ? sizeof(p256) : sizeof(ed25519);
	unsigned char *der = NULL;
	bool same;
	int len;

	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	same = len > 0 && (size_t)len == head_len + key->len &&
	    memcmp(der, head, head_len) == 0 &&
	    memcmp(der + head_len, key->data, key->len) == 0;
	OPENSSL_free(der);
	return same;
}

/*
 * The value of an extension: *len bytes; NULL with *len 0 if it is not there,
 * NULL with *len 1 if it is there twice.
 */
static const uint8_t *
extension(const X509 *x, const char *oid, size_t *len)
{
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	const ASN1_OCTET_STRING *value;
	int at;

	*len = 1;
	if (obj == NULL)
		return NULL;
	at = X509_get_ext_by_OBJ(x, obj, -1);
	if (at >= 0 && X509_get_ext_by_OBJ(x, obj, at) >= 0)
		at = -2;
	ASN1_OBJECT_free(obj);
	if (at < 0) {
		*len = at == -1 ? 0 : 1;
		return NULL;
	}
	value = X509_EXTENSION_get_data(X509_get_ext(x, at));
	*len = (size_t)ASN1_STRING_length(value);
	return ASN1_STRING_get0_data(value);
}

static enum ts_token_policy
touch_of(uint8_t v)
{
	if (v == 1)
		return TS_TOKEN_POLICY_NEVER;
	if (v == 2)
		return TS_TOKEN_POLICY_ALWAYS;
	return v == 3 ? TS_TOKEN_POLICY_ONCE : TS_TOKEN_POLICY_UNKNOWN;
}

static enum ts_token_policy
pin_of(uint8_t v)
{
	if (v == 1)
		return TS_TOKEN_POLICY_NEVER;
	if (v == 2)
		return TS_TOKEN_POLICY_ONCE;
	return v == 3 ? TS_TOKEN_POLICY_ALWAYS : TS_TOKEN_POLICY_UNKNOWN;
}

static enum ts_evidence_why
read_policy(struct ts_evidence *out, const X509 *leaf)
{
	size_t len;
	const uint8_t *p = extension(leaf, OID_POLICY, &len);

	if (p == NULL || len != 2)
		return TS_EVIDENCE_POLICY;
	out->pin = pin_of(p[0]);
	out->touch = touch_of(p[1]);
	if (out->pin == TS_TOKEN_POLICY_UNKNOWN ||
	    out->touch == TS_TOKEN_POLICY_UNKNOWN)
		return TS_EVIDENCE_POLICY;
	if (out->pin == TS_TOKEN_POLICY_NEVER ||
	    out->touch != TS_TOKEN_POLICY_ALWAYS)
		return TS_EVIDENCE_WEAK;
	return TS_EVIDENCE_FINE;
}

/* INTEGER, not negative, within u32. */
static bool
read_serial(struct ts_evidence *out, const uint8_t *p, size_t len)
{
	size_t i;

	if (len < 3 || len > 7 || p[0] != 0x02 || p[1] != len - 2 ||
	    p[2] >= 0x80 || (len == 7 && p[2] != 0))
		return false;
	for (i = 2; i < len; i++)
		out->serial = out->serial << 8 | p[i];
	out->has_serial = true;
	return true;
}

/* What may be there has its form, too. */
static enum ts_evidence_why
read_extras(struct ts_evidence *out, const X509 *leaf)
{
	size_t len;
	const uint8_t *p = extension(leaf, OID_VERSION, &len);

	if (p != NULL ? len != sizeof(out->version) : len != 0)
		return TS_EVIDENCE_FORM;
	if (p != NULL) {
		memcpy(out->version, p, sizeof(out->version));
		out->has_version = true;
	}
	p = extension(leaf, OID_SERIAL, &len);
	if (p != NULL ? !read_serial(out, p, len) : len != 0)
		return TS_EVIDENCE_FORM;
	return TS_EVIDENCE_FINE;
}

/* Errors that say: complete and in order, as far as it goes. */
static bool
is_unknown_root(int err)
{
	return err == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    err == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	    err == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	    err == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static enum ts_evidence_why
walk(struct check *c, X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param;
	int err;

	if (X509_STORE_CTX_init(ctx, c->store, c->leaf, c->between) != 1) {
		c->internal = true;
		return TS_EVIDENCE_CHAIN;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
	/* A root of the user's own may be somebody else's intermediate. */
	if (X509_VERIFY_PARAM_set_flags(param,
		X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN) != 1) {
		c->internal = true;
		return TS_EVIDENCE_CHAIN;
	}
	if (X509_verify_cert(ctx) == 1) {
		c->chain = X509_STORE_CTX_get1_chain(ctx);
		c->internal = c->chain == NULL;
		return TS_EVIDENCE_FINE;
	}
	err = X509_STORE_CTX_get_error(ctx);
	c->internal = err == X509_V_ERR_OUT_OF_MEM;
	return is_unknown_root(err) ? TS_EVIDENCE_MAKER : TS_EVIDENCE_CHAIN;
}

/* Printable ASCII of a subject's common name; "" if it has none. */
static void
common_name(char out[TS_EVIDENCE_MAKER_MAX + 1], const X509 *x)
{
	char text[TS_EVIDENCE_MAKER_MAX + 1] = {0};
	size_t i;

	memset(out, 0, TS_EVIDENCE_MAKER_MAX + 1);
	if (X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName,
		text, sizeof(text)) < 0)
		return;
	for (i = 0; text[i] != '\0'; i++)
		out[i] = text[i] >= 0x20 && text[i] <= 0x7e ? text[i] : '?';
}

static bool
is_built_in(const struct check *c, const X509 *root)
{
	int i;

	for (i = 0; i < sk_X509_num(c->built_in); i++) {
		if (X509_cmp(sk_X509_value(c->built_in, i), root) == 0)
			return true;
	}
	return false;
}

/* The root is for PIV itself, or the second below it is. */
static bool
is_for_piv(const struct check *c, int cnt)
{
	char name[TS_EVIDENCE_MAKER_MAX + 1];

	common_name(name, sk_X509_value(c->chain, cnt - 1));
	if (strncmp(name, PIV_CA, strlen(PIV_CA)) == 0)
		return true;
	if (cnt < 5)
		return false;
	common_name(name, sk_X509_value(c->chain, cnt - 3));
	return strncmp(name, PIV_CA, strlen(PIV_CA)) == 0;
}

static enum ts_evidence_why
name_maker(struct ts_evidence *out, const struct check *c)
{
	int cnt = sk_X509_num(c->chain);
	const X509 *root;

	if (cnt < 2)
		return TS_EVIDENCE_CHAIN; /* the leaf is its own root */
	root = sk_X509_value(c->chain, cnt - 1);
	if (is_built_in(c, root)) {
		memcpy(out->maker, BUILT_IN_MAKER, sizeof(BUILT_IN_MAKER));
		return is_for_piv(c, cnt) ? TS_EVIDENCE_FINE
					  : TS_EVIDENCE_CHAIN;
	}
	common_name(out->maker, root);
	if (out->maker[0] == '\0')
		memcpy(out->maker, "a card", sizeof("a card"));
	return TS_EVIDENCE_FINE;
}

static enum ts_evidence_why
find_chain(struct ts_evidence *out, struct check *c)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	enum ts_evidence_why why;

	if (ctx == NULL) {
		c->internal = true;
		return TS_EVIDENCE_CHAIN;
	}
	why = walk(c, ctx);
	X509_STORE_CTX_free(ctx);
	if (why == TS_EVIDENCE_FINE && !c->internal)
		why = name_maker(out, c);
	return why;
}

static enum ts_evidence_why
judge(struct ts_evidence *out, struct check *c,
    const struct ts_evidence_ask *ask)
{
	enum ts_evidence_why why;

	if (!read_bundle(c, ask->bundle))
		return TS_EVIDENCE_FORM;
	if (!is_of_key(c->leaf, &ask->key))
		return TS_EVIDENCE_KEY;
	/* A leaf that may sign certificates attests nothing. */
	if (X509_check_ca(c->leaf) != 0)
		return TS_EVIDENCE_CHAIN;
	why = read_policy(out, c->leaf);
	if (why == TS_EVIDENCE_FINE)
		why = read_extras(out, c->leaf);
	if (why == TS_EVIDENCE_FINE)
		why = find_chain(out, c);
	return why;
}

void
ts_evidence_check(struct ts_evidence *out, const struct ts_evidence_ask *ask)
{
	struct ts_evidence e;
	struct check c;

	memset(out, 0, sizeof(*out));
	memset(&e, 0, sizeof(e));
	memset(&c, 0, sizeof(c));
	out->err = TS_ERR_INTERNAL;
	if (prepare(&c)) {
		add_roots(&c, ask);
		e.why = judge(&e, &c, ask);
	} else {
		c.internal = true;
	}
	if (!c.internal && e.why == TS_EVIDENCE_FINE) {
		*out = e;
	} else if (!c.internal) {
		out->why = e.why;
		out->err = e.why == TS_EVIDENCE_MAKER ? TS_ERR_UNKNOWN_MAKER
						      : TS_ERR_ATTESTATION;
	}
	clear(&c);
}
