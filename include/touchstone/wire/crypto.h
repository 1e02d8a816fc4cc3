/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The primitives that the wire code needs.  Declared here, defined once per
 * side at link time: host/lib/crypto.c (libsodium, libcrypto) and
 * firmware/crypto (libsodium, BearSSL).  Inputs given as parts are hashed one
 * after the other.
 */
#ifndef TOUCHSTONE_WIRE_CRYPTO_H
#define TOUCHSTONE_WIRE_CRYPTO_H

#include <touchstone/wire/bytes.h>
#include <touchstone/wire/err.h>

void tsw_sha256(uint8_t out[32], const struct tsw_slice *part, size_t cnt);
void tsw_sha512(uint8_t out[64], const struct tsw_slice *part, size_t cnt);
void tsw_hmac_sha256(uint8_t out[32], struct tsw_slice secret_key,
    const struct tsw_slice *part, size_t cnt);

/* sig = R || S, pk 32 bytes.  TSW_OK, TSW_ERR_BAD_POINT or TSW_ERR_BADSIG. */
int tsw_ed25519_verify(const uint8_t sig[64], const uint8_t *msg, size_t len,
    const uint8_t pk[32]) TSW_MUST_CHECK;

/* sig = r || s, hash = SHA-256 of the message, pk = 04 || X || Y. */
int tsw_p256_verify(const uint8_t sig[64], const uint8_t hash[32],
    const uint8_t pk[65]) TSW_MUST_CHECK;

#endif
