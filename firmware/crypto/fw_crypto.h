/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware needs of libsodium and BearSSL beyond
 * <touchstone/wire/crypto.h>.  Thin adapters: each third-party header is
 * included by one .c file, and no type of theirs is seen here.
 *
 * All of it runs in time that does not depend on secrets.  Outputs are written
 * only on FW_OK.  Points are 04 || X || Y, scalars big-endian.
 */
#ifndef FW_CRYPTO_H
#define FW_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include <touchstone/wire/bytes.h>

#include "err.h"

#define FW_P256_SCALAR_LEN 32
#define FW_P256_POINT_LEN 65
#define FW_P256_SIG_LEN 64
#define FW_P256_DER_MAX 72 /* SEQUENCE of two INTEGERs */
#define FW_ED25519_SEED_LEN 32
#define FW_ED25519_PUBLIC_LEN 32
#define FW_ED25519_SIG_LEN 64
#define FW_NOISE_LEN 32	 /* fresh random bytes for one signature */
#define FW_X25519_LEN 32 /* scalars, points and results */
#define FW_AES_BLOCK_LEN 16
#define FW_AES_KEY_LEN 32
#define FW_DES3_BLOCK_LEN 8
#define FW_DES3_KEY_LEN 24

/*
 * What is done against a fault in the middle of a signature, which could give
 * the key away.  All of it costs three signatures, and is for chips that keep
 * their keys; whoever holds one whose flash can be read needs no fault.
 */
enum fw_check {
	/* Ed25519: S is computed twice and compared; a fault in the nonce's
	 * point leaves.  P-256: nothing. */
	FW_CHECK_LITTLE,
	/* The result verifies with the public key. */
	FW_CHECK_ALL
};

/* FW_ERR_RANGE unless 0 < scalar < n. */
int fw_p256_check(
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN]) FW_MUST_CHECK;
/* Public point of a scalar; FW_ERR_RANGE as fw_p256_check(). */
int fw_p256_public(uint8_t point[FW_P256_POINT_LEN],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN]) FW_MUST_CHECK;
/*
 * ECDSA over a SHA-256 hash: r || s with s <= n/2.  The nonce is that of RFC
 * 6979 over a SHA-256 that was started with the noise: with noise that nobody
 * knows it is random, with any other it is still as good as without.  The same
 * inputs give the same signature.  FW_ERR_RANGE for a scalar out of range, and
 * for a hash that is 0 in its group: no message has it, but a host can send it,
 * and the check does not know how to multiply by it.  FW_ERR_FAULT if the check
 * fails.
 */
int fw_p256_sign(uint8_t sig[FW_P256_SIG_LEN], const uint8_t hash[32],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN],
    const uint8_t secret_noise[FW_NOISE_LEN],
    enum fw_check check) FW_MUST_CHECK;
/* The same signature as DER, for FIDO2; returns its length. */
size_t fw_p256_der(uint8_t der[FW_P256_DER_MAX],
    const uint8_t sig[FW_P256_SIG_LEN]);
/* X coordinate of scalar * peer; FW_ERR_RANGE if peer is not on the curve. */
int fw_p256_ecdh(uint8_t secret_x[32], const uint8_t peer[FW_P256_POINT_LEN],
    const uint8_t secret_scalar[FW_P256_SCALAR_LEN]) FW_MUST_CHECK;

void fw_ed25519_public(uint8_t pk[FW_ED25519_PUBLIC_LEN],
    const uint8_t secret_seed[FW_ED25519_SEED_LEN]);
/* A key pair of two 32-byte halves that stay the caller's. */
struct fw_ed25519_pair {
	const uint8_t *secret_seed;
	const uint8_t *pk; /* of this seed */
};
/*
 * Ed25519 with a nonce over noise too, as fw_p256_sign().  The public key is
 * not computed anew, which would cost as much as the signature; the nonce is
 * over it as well, so that even a wrong one leads to no second signature with
 * the nonce of another.
 */
int fw_ed25519_sign(uint8_t sig[FW_ED25519_SIG_LEN], struct tsw_slice msg,
    const struct fw_ed25519_pair *pair,
    const uint8_t secret_noise[FW_NOISE_LEN],
    enum fw_check check) FW_MUST_CHECK;

/* X25519 (RFC 7748 section 5); any scalar is one. */
void fw_x25519_public(uint8_t public[FW_X25519_LEN],
    const uint8_t secret_scalar[FW_X25519_LEN]);
/* FW_ERR_RANGE if the result is zero: peer has a small order. */
int fw_x25519(uint8_t secret_shared[FW_X25519_LEN],
    const uint8_t peer[FW_X25519_LEN],
    const uint8_t secret_scalar[FW_X25519_LEN]) FW_MUST_CHECK;

/* AES-256-CBC in place, no padding; len must be a multiple of 16. */
void fw_aes256_cbc_encrypt(uint8_t *data, size_t len,
    const uint8_t iv[FW_AES_BLOCK_LEN],
    const uint8_t secret_key[FW_AES_KEY_LEN]);
void fw_aes256_cbc_decrypt(uint8_t *data, size_t len,
    const uint8_t iv[FW_AES_BLOCK_LEN],
    const uint8_t secret_key[FW_AES_KEY_LEN]);

/* One block in place; the key has 16, 24 or 32 bytes. */
void fw_aes_block_encrypt(uint8_t block[FW_AES_BLOCK_LEN],
    struct tsw_slice secret_key);
void fw_aes_block_decrypt(uint8_t block[FW_AES_BLOCK_LEN],
    struct tsw_slice secret_key);
/* The same of triple DES with three keys, for hosts that know nothing else. */
void fw_des3_block_encrypt(uint8_t block[FW_DES3_BLOCK_LEN],
    const uint8_t secret_key[FW_DES3_KEY_LEN]);
void fw_des3_block_decrypt(uint8_t block[FW_DES3_BLOCK_LEN],
    const uint8_t secret_key[FW_DES3_KEY_LEN]);

/* HKDF-SHA-256 (RFC 5869) with one 32-byte output block and salt of zeros. */
void fw_hkdf_sha256(uint8_t secret_out[32], const uint8_t secret_ikm[32],
    const char *info, size_t info_len);

/* PBKDF2-HMAC-SHA-256 (RFC 8018 section 5.2), one 32-byte block. */
void fw_pbkdf2_sha256(uint8_t secret_out[32], struct tsw_slice secret_password,
    struct tsw_slice salt, uint32_t rounds);

/* HMAC-DRBG with SHA-256 (SP 800-90A); seeding and health: core/rng.c. */
struct fw_drbg {
	uint8_t secret_k[32];
	uint8_t secret_v[32];
};

void fw_drbg_init(struct fw_drbg *d, const uint8_t *secret_seed, size_t len);
void fw_drbg_update(struct fw_drbg *d, const uint8_t *secret_seed, size_t len);
void fw_drbg_generate(struct fw_drbg *d, uint8_t *out, size_t len);

#endif
