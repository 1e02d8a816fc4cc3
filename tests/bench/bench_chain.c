/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * usage: bench_chain ROUNDS STATEMENTS
 *
 * What the rules of the chain cost on top of the signature check that nobody
 * can avoid.  The two are measured in turn, so that both meet the same
 * machine, and each round gives a ratio.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>

#include <touchstone/wire/chain.h>
#include <touchstone/wire/crypto.h>

#include "bench.h"
#include "history.h"

/* One signature as the primitive takes it. */
struct raw {
	uint8_t text[128]; /* what is signed; for P-256 its hash */
	size_t text_len;
	uint8_t sig[80]; /* for P-256 in DER */
	size_t sig_len;
};

/* A public key as the primitive takes it, ready for use. */
struct raw_key {
	struct tsw_pubkey key;
	EVP_PKEY_CTX *p256; /* NULL for Ed25519 */
};

/* PROTOCOL.u2f: application hash, flags, counter, hash of the text. */
static void
raw_text(struct raw *raw, const struct tsw_sshsig *sig, struct tsw_slice msg)
{
	const struct tsw_slice app = soft_slice(TSW_APPLICATION);
	uint8_t tbs[TSW_SSHSIG_TBS_MAX], hash[32];
	struct tsw_slice part = {tbs, 0};
	struct tsw_wr wr;

	tsw_wr_init(&wr, tbs, sizeof(tbs));
	bench_need(tsw_sshsig_tbs(&wr, sig->ns, msg.p, msg.len) == TSW_OK,
	    "no text to sign");
	part.len = tsw_wr_len(&wr);
	tsw_wr_init(&wr, raw->text, sizeof(raw->text));
	tsw_sha256(hash, &app, 1);
	tsw_wr_bytes(&wr, hash, sizeof(hash));
	tsw_wr_u8(&wr, sig->flags);
	tsw_wr_u32(&wr, sig->counter);
	tsw_sha256(hash, &part, 1);
	tsw_wr_bytes(&wr, hash, sizeof(hash));
	raw->text_len = tsw_wr_len(&wr);
}

static void
raw_p256(struct raw *raw, const uint8_t sig[TSW_SIG_LEN])
{
	struct tsw_slice part = {raw->text, raw->text_len};
	ECDSA_SIG *es = ECDSA_SIG_new();
	unsigned char *p = raw->sig;
	uint8_t hash[32];
	int len;

	bench_need(es != NULL, "no memory");
	bench_need(ECDSA_SIG_set0(es, BN_bin2bn(sig, 32, NULL),
		       BN_bin2bn(sig + 32, 32, NULL)) == 1,
	    "no signature");
	len = i2d_ECDSA_SIG(es, &p);
	ECDSA_SIG_free(es);
	bench_need(len > 0, "no signature");
	raw->sig_len = (size_t)len;
	tsw_sha256(hash, &part, 1);
	memcpy(raw->text, hash, sizeof(hash));
	raw->text_len = sizeof(hash);
}

static struct raw *
raw_new(const struct history *h, struct raw_key *key)
{
	struct raw *raw = calloc(h->cnt, sizeof(*raw));
	struct tsw_envelope env;
	struct tsw_sshsig sig;
	size_t i;

	bench_need(raw != NULL, "no memory");
	for (i = 0; i < h->cnt; i++) {
		bench_need(tsw_envelope_decode(&env, h->row[i].bytes,
			       h->row[i].len) == TSW_OK &&
			tsw_sshsig_decode(&sig, env.sig[0].p, env.sig[0].len) ==
			    TSW_OK,
		    "no signature");
		raw_text(&raw[i], &sig, env.statement);
		raw[i].sig_len = TSW_SIG_LEN;
		memcpy(raw[i].sig, sig.sig, TSW_SIG_LEN);
		if (sig.key.alg == TSW_ALG_SK_P256)
			raw_p256(&raw[i], sig.sig);
		key->key = sig.key;
	}
	return raw;
}

/* libcrypto's P-256 at its best: key object and context made beforehand. */
static void
raw_key_ready(struct raw_key *key)
{
	EVP_PKEY *pkey;

	key->p256 = NULL;
	if (key->key.alg != TSW_ALG_SK_P256)
		return;
	pkey = EVP_EC_gen("P-256");
	bench_need(pkey != NULL &&
		EVP_PKEY_set1_encoded_public_key(pkey, key->key.data,
		    key->key.len) == 1,
	    "no P-256 key");
	key->p256 = EVP_PKEY_CTX_new(pkey, NULL);
	bench_need(key->p256 != NULL && EVP_PKEY_verify_init(key->p256) == 1,
	    "no P-256 context");
	EVP_PKEY_free(pkey); /* the context holds it */
}

/* Microseconds for one check of all. */
static double
run_raw(const struct raw *raw, size_t cnt, const struct raw_key *key)
{
	double start = bench_cpu();
	bool fine = true;
	size_t i;

	for (i = 0; i < cnt; i++)
		fine &= key->p256 == NULL
		    ? crypto_sign_verify_detached(raw[i].sig, raw[i].text,
			  raw[i].text_len, key->key.data) == 0
		    : EVP_PKEY_verify(key->p256, raw[i].sig, raw[i].sig_len,
			  raw[i].text, raw[i].text_len) == 1;
	bench_need(fine, "a raw signature does not verify");
	return bench_cpu() - start;
}

/* From stored bytes to the state of the chain. */
static double
run_chain(const struct history *h)
{
	static struct tsw_chain chain;
	double start = bench_cpu();
	struct tsw_envelope env;
	size_t i;

	tsw_chain_init(&chain);
	for (i = 0; i < h->cnt; i++)
		bench_need(tsw_envelope_decode(&env, h->row[i].bytes,
			       h->row[i].len) == TSW_OK &&
			tsw_chain_step(&chain, NULL, &env, 0) == TSW_OK,
		    "a step of the chain fails");
	bench_need(chain.seq == h->cnt - 1, "the chain is too short");
	return bench_cpu() - start;
}

static void
compare(const char *const name[3], enum tsw_alg alg, size_t rounds,
    const size_t size[2])
{
	static struct bench_samples step, plain, ratio;
	struct history *h =
	    history_new(alg, "alice@example.org", size[0], size[1]);
	struct raw_key key;
	struct raw *raw = raw_new(h, &key);
	double a, b, cnt = (double)h->cnt;

	raw_key_ready(&key);
	bench_init(&step, name[0]);
	bench_init(&plain, name[1]);
	bench_init(&ratio, name[2]);
	(void)run_raw(raw, h->cnt, &key); /* warm */
	for (; rounds > 0; rounds--) {
		a = run_chain(h);
		b = run_raw(raw, h->cnt, &key);
		bench_add(&step, a / cnt);
		bench_add(&plain, b / cnt);
		bench_add(&ratio, a / b);
	}
	bench_report(&step, "us");
	bench_report(&plain, "us");
	bench_report(&ratio, "ratio");
	EVP_PKEY_CTX_free(key.p256);
	free(raw);
	free(h);
}

int
main(int argc, char **argv)
{
	static const char *const few[] = {"chain.ed25519", "raw.ed25519",
	    "ratio.ed25519"};
	static const char *const p256[] = {"chain.p256", "raw.p256",
	    "ratio.p256"};
	static const char *const many[] = {"chain.full", "raw.full",
	    "ratio.full"};
	size_t rounds, size[2] = {0, 10};

	bench_need(argc == 3, "usage: bench_chain ROUNDS STATEMENTS");
	bench_need(sodium_init() >= 0, "no libsodium");
	rounds = bench_number(argv[1]);
	size[0] = bench_number(argv[2]);
	compare(few, TSW_ALG_SK_ED25519, rounds, size);
	compare(p256, TSW_ALG_SK_P256, rounds, size);
	size[1] = TSW_KEYS_MAX_CNT;
	compare(many, TSW_ALG_SK_ED25519, rounds, size);
	return EXIT_SUCCESS;
}
