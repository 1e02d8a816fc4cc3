/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificate that is written beside a new key.  Other programs find a key
 * by it, and so do we on a card without metadata; it names nobody.  The key
 * signs it itself, so that making it also shows that the card has the key it
 * says it has.
 */
#ifndef TOKEN_PIV_CERT_H
#define TOKEN_PIV_CERT_H

#include "token/proto.h"

#define TS_PIV_CERT_MAX 512
#define TS_PIV_SERIAL_LEN 16

/* Append what is to be signed. */
int ts_piv_cert_body(struct tsw_wr *wr, const struct tsw_pubkey *key,
    const uint8_t serial[TS_PIV_SERIAL_LEN]) TS_MUST_CHECK;

/* Append the whole. */
int ts_piv_cert_write(struct tsw_wr *wr, struct tsw_slice body,
    enum tsw_alg alg, const uint8_t sig[TSW_SIG_LEN]) TS_MUST_CHECK;

#endif
