/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked of libcrypto for the sake of cards. */
#ifndef TOKEN_CARD_CRYPTO_H
#define TOKEN_CARD_CRYPTO_H

#include "token/proto.h"

#define TS_CARD_BLOCK_MAX 16 /* bytes; 3DES has 8 */

enum ts_card_cipher {
	TS_CARD_3DES,
	TS_CARD_AES128,
	TS_CARD_AES192,
	TS_CARD_AES256
};

int ts_card_random(uint8_t *out, size_t len) TS_MUST_CHECK;

/* One block, without a mode.  The length of the key is the cipher's. */
int ts_card_crypt_block(uint8_t out[TS_CARD_BLOCK_MAX],
    enum ts_card_cipher cipher, const uint8_t *secret_key, const uint8_t *in,
    bool encrypt) TS_MUST_CHECK;

/*
 * SHA-512, or SHA-256, of the first count bytes of block, block, block, ...
 * which has at least one.
 */
int ts_card_hash_repeated(uint8_t *secret_out, bool sha512,
    struct tsw_slice secret_block, size_t count) TS_MUST_CHECK;

/*
 * The public key in an X.509 certificate, which is not looked at otherwise.
 * TS_ERR_NOT_FOUND if it is neither Ed25519 nor P-256, TS_ERR_TOKEN_IO if there
 * is no certificate, or more than one.
 */
int ts_card_key_from_cert(struct tsw_pubkey *out,
    struct tsw_slice der) TS_MUST_CHECK;

#endif
