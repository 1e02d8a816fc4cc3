/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash class that BearSSL is given to draw an ECDSA nonce with (RFC 6979):
 * SHA-256 started with noise.  Between bear_drbg.c and bear_p256.c only.
 */
#ifndef FW_BEAR_SALT_H
#define FW_BEAR_SALT_H

#include "fw_crypto.h"

struct br_hash_class_;

/* The class for this signature; there is one at a time. */
const struct br_hash_class_ *fw_salt_begin(
    const uint8_t secret_noise[FW_NOISE_LEN]);
/* Forget the noise. */
void fw_salt_end(void);

#endif
