/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One form for each signature.  Group arithmetic accepts s and n - s (ECDSA),
 * S and S + L (Ed25519); we accept the least.  SPEC 6.4.  Signatures are not
 * secret, so nothing here is constant time.
 */
#ifndef FIRMWARE_WIRE_CANONICAL_H
#define FIRMWARE_WIRE_CANONICAL_H

#include <touchstone/wire/err.h>
#include <touchstone/wire/limits.h>

#include <stdint.h>

/* 0 < r < n, 0 < s <= n/2; TSW_ERR_NOT_CANONICAL_SIG otherwise. */
int tsw_p256_canonical(const uint8_t sig[TSW_SIG_LEN]) TSW_MUST_CHECK;
/* S < L; TSW_ERR_NOT_CANONICAL_SIG otherwise. */
int tsw_ed25519_canonical(const uint8_t sig[TSW_SIG_LEN]) TSW_MUST_CHECK;

/* s := n - s where s is in the upper half; s >= n is left as it is. */
void tsw_p256_lower_s(uint8_t sig[TSW_SIG_LEN]);

#endif
