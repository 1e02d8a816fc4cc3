/* SPDX-License-Identifier: BSD-2-Clause */
#include "softtoken.h"

#include <assert.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>

static bool
is_p256(enum tsw_alg alg)
{
	return alg == TSW_ALG_SK_P256 || alg == TSW_ALG_P256;
}

static bool
is_sk(enum tsw_alg alg)
{
	return alg == TSW_ALG_SK_ED25519 || alg == TSW_ALG_SK_P256;
}

/* Point of a scalar, uncompressed. */
static void
p256_public(uint8_t pk[65], const uint8_t sk_scalar[32])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *d = BN_bin2bn(sk_scalar, 32, NULL);
	EC_POINT *point;
	size_t len;

	assert(group != NULL && d != NULL);
	point = EC_POINT_new(group);
	assert(point != NULL);
	assert(EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1);
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	    pk, 65, NULL);
	assert(len == 65);
	EC_POINT_free(point);
	BN_clear_free(d);
	EC_GROUP_free(group);
}

static EVP_PKEY *
p256_private(const struct soft_token *token)
{
	char group[] = "P-256";
	uint8_t pk[65], sk_native[32];
	OSSL_PARAM param[] = {OSSL_PARAM_construct_utf8_string(
				  OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, pk, 65),
	    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, sk_native, 32),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	BIGNUM *d = BN_bin2bn(token->sk_seed, 32, NULL);
	EVP_PKEY *key = NULL;

	assert(ctx != NULL && d != NULL);
	memcpy(pk, token->key.data, sizeof(pk));
	assert(BN_bn2nativepad(d, sk_native, 32) == 32);
	assert(EVP_PKEY_fromdata_init(ctx) == 1);
	assert(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, param) == 1);
	BN_clear_free(d);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void
p256_sign_hash(uint8_t out[64], const struct soft_token *token,
    const uint8_t hash[32])
{
	EVP_PKEY *key = p256_private(token);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t der[80];
	const unsigned char *p = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig;

	assert(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1);
	assert(EVP_PKEY_sign(ctx, der, &der_len, hash, 32) == 1);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
	assert(sig != NULL);
	assert(BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32);
	assert(BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void
p256_sign(uint8_t out[64], const struct soft_token *token, const uint8_t *msg,
    size_t len)
{
	uint8_t hash[32];

	crypto_hash_sha256(hash, msg, len);
	p256_sign_hash(out, token, hash);
}

static void
ed25519_sign(uint8_t out[64], const struct soft_token *token,
    const uint8_t *msg, size_t len)
{
	uint8_t pk[32], sk[64];

	assert(crypto_sign_seed_keypair(pk, sk, token->sk_seed) == 0);
	assert(crypto_sign_detached(out, NULL, msg, len, sk) == 0);
}

struct soft_token
soft_token_new(enum tsw_alg alg, uint8_t seed)
{
	struct soft_token token;
	uint8_t sk[64];

	memset(&token, 0, sizeof(token));
	assert(sodium_init() >= 0);
	/* Small enough to be a P-256 scalar, and never zero. */
	memset(token.sk_seed, seed, sizeof(token.sk_seed));
	token.sk_seed[0] = 1;
	token.key.alg = alg;
	if (is_p256(alg)) {
		token.key.len = 65;
		p256_public(token.key.data, token.sk_seed);
	} else {
		token.key.len = 32;
		assert(crypto_sign_seed_keypair(token.key.data, sk,
			   token.sk_seed) == 0);
	}
	return token;
}

/* PROTOCOL.u2f: application hash, flags, counter, hash of the text. */
static size_t
authenticated(uint8_t out[69], const uint8_t *tbs, size_t len, uint8_t flags,
    uint32_t counter)
{
	struct tsw_wr wr;
	uint8_t hash[32];

	tsw_wr_init(&wr, out, 69);
	crypto_hash_sha256(hash, (const uint8_t *)TSW_APPLICATION,
	    TSW_APPLICATION_LEN);
	tsw_wr_bytes(&wr, hash, sizeof(hash));
	tsw_wr_u8(&wr, flags);
	tsw_wr_u32(&wr, counter);
	crypto_hash_sha256(hash, tbs, len);
	tsw_wr_bytes(&wr, hash, sizeof(hash));
	return tsw_wr_len(&wr);
}

struct tsw_sshsig
soft_token_sign(const struct soft_token *token, enum tsw_ns ns,
    struct tsw_slice msg, uint8_t flags, uint32_t counter)
{
	uint8_t tbs[TSW_SSHSIG_TBS_MAX], auth[69];
	const uint8_t *text = tbs;
	struct tsw_sshsig sig;
	struct tsw_wr wr;
	size_t len;

	memset(&sig, 0, sizeof(sig));
	sig.key = token->key;
	sig.ns = ns;
	tsw_wr_init(&wr, tbs, sizeof(tbs));
	assert(tsw_sshsig_tbs(&wr, ns, msg.p, msg.len) == TSW_OK);
	len = tsw_wr_len(&wr);
	if (is_sk(token->key.alg)) {
		sig.flags = flags;
		sig.counter = counter;
		len = authenticated(auth, tbs, len, flags, counter);
		text = auth;
	}
	if (is_p256(token->key.alg))
		p256_sign(sig.sig, token, text, len);
	else
		ed25519_sign(sig.sig, token, text, len);
	tsw_sshsig_canonicalise(&sig);
	return sig;
}

struct tsw_token
soft_token_entry(const struct soft_token *token, const char *name)
{
	struct tsw_token entry;

	memset(&entry, 0, sizeof(entry));
	entry.key = token->key;
	entry.role = TSW_ROLE_SIGNER;
	entry.evidence =
	    is_sk(token->key.alg) ? TSW_EVIDENCE_FIDO_UV : TSW_EVIDENCE_CARD;
	entry.name = soft_slice(name);
	return entry;
}

struct tsw_attestation
soft_token_attest(const struct soft_token *token,
    const struct soft_token *device, const uint8_t *challenge)
{
	struct tsw_attestation a;
	uint8_t text[TSW_ATTEST_MAX];
	struct tsw_slice msg = {text, 0};
	struct tsw_sshsig sig;
	struct tsw_wr wr;

	assert(device->key.alg == TSW_ALG_ED25519);
	memset(&a, 0, sizeof(a));
	memset(a.model, 0x11, sizeof(a.model));
	memset(a.image, 0x22, sizeof(a.image));
	memcpy(a.device, device->key.data, sizeof(a.device));
	tsw_wr_init(&wr, text, sizeof(text));
	assert(tsw_attest_encode(&wr, &a, &token->key, challenge) == TSW_OK);
	msg.len = tsw_wr_len(&wr);
	sig = soft_token_sign(device, TSW_NS_ID_ATTEST, msg, 0, 0);
	memcpy(a.sig, sig.sig, sizeof(a.sig));
	return a;
}

struct tsw_token
soft_token_attested(uint8_t room[TSW_ATTESTATION_LEN],
    const struct soft_token *token, const struct soft_token *device,
    const char *name)
{
	struct tsw_token entry = soft_token_entry(token, name);
	struct tsw_attestation a = soft_token_attest(token, device, NULL);
	struct tsw_wr wr;

	tsw_wr_init(&wr, room, TSW_ATTESTATION_LEN);
	assert(tsw_attestation_encode(&wr, &a) == TSW_OK);
	entry.evidence = TSW_EVIDENCE_TOKEN_STATEMENT;
	entry.attestation.p = room;
	entry.attestation.len = tsw_wr_len(&wr);
	return entry;
}

struct tsw_slice
soft_slice(const char *text)
{
	struct tsw_slice s = {(const uint8_t *)text, strlen(text)};

	return s;
}

void
soft_token_sign_raw(uint8_t out[TSW_SIG_LEN], const struct soft_token *token,
    struct tsw_slice input)
{
	if (!is_p256(token->key.alg)) {
		ed25519_sign(out, token, input.p, input.len);
		return;
	}
	assert(input.len == 32);
	p256_sign_hash(out, token, input.p);
}
