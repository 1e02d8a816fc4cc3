/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIN/UV auth protocols one and two (CTAP 2.1 sections 6.5.6 and 6.5.7): the
 * key agreement and the ciphers, without any policy.
 */
#ifndef FW_PINPROTO_H
#define FW_PINPROTO_H

#include <stdbool.h>

#include <touchstone/wire/cbor.h>

#include "err.h"
#include "fw_crypto.h"
#include "rng.h"

#define FW_PINPROTO_IV_MAX 16
#define FW_PINPROTO_TOKEN_LEN 32

enum fw_pinproto {
	FW_PINPROTO_NONE = 0,
	FW_PINPROTO_ONE = 1,
	FW_PINPROTO_TWO = 2
};

/* The token's key agreement key; one serves both protocols. */
struct fw_ka {
	uint8_t secret_scalar[FW_P256_SCALAR_LEN];
	uint8_t point[FW_P256_POINT_LEN];
};

/* What both sides share after key agreement. */
struct fw_shared {
	enum fw_pinproto proto;
	uint8_t secret_hmac[32];
	uint8_t secret_aes[32];
};

bool fw_pinproto_is_known(uint64_t proto);

void fw_ka_regenerate(struct fw_ka *ka, struct fw_rng *rng);
void fw_ka_write(struct tsw_wr *wr, const struct fw_ka *ka);
/* Read the platform's COSE_Key; errors stay in cb. */
void fw_ka_read(uint8_t point[FW_P256_POINT_LEN], struct tsw_cb *cb);
/* FW_ERR_RANGE if the peer's point is not on the curve. */
int fw_ka_decapsulate(struct fw_shared *shared, const struct fw_ka *ka,
    enum fw_pinproto proto,
    const uint8_t peer[FW_P256_POINT_LEN]) FW_MUST_CHECK;

/* Check sig over the parts; the length must be that of the protocol. */
bool fw_pinproto_verify(enum fw_pinproto proto, const uint8_t secret_key[32],
    struct tsw_slice sig, const struct tsw_slice *part, size_t cnt);
/* Length of the plaintext of a ciphertext; 0 if there is none of its length. */
size_t fw_pinproto_opened_len(enum fw_pinproto proto, size_t sealed_len);
/* Append the ciphertext of len bytes, a multiple of 16, as a byte string. */
void fw_pinproto_seal(struct tsw_wr *wr, const struct fw_shared *shared,
    struct fw_rng *rng, struct tsw_slice secret_plain);
/* Decrypt; FW_ERR_LENGTH unless the plaintext is len bytes. */
int fw_pinproto_open(uint8_t *secret_plain, size_t len,
    const struct fw_shared *shared, struct tsw_slice sealed) FW_MUST_CHECK;

#endif
