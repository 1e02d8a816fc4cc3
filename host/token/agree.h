/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two PIN/UV auth protocols of CTAP 2.1 (6.5.6, 6.5.7), the side of the
 * platform: one shared secret with a token, and what is encrypted under it.
 * libcrypto does the curve and the cipher.
 */
#ifndef TOKEN_AGREE_H
#define TOKEN_AGREE_H

#include <touchstone/error.h>
#include <touchstone/wire/bytes.h>

#define TS_AGREE_POINT_LEN 64 /* X || Y on P-256 */
#define TS_AGREE_BLOCK_LEN 16
#define TS_AGREE_PLAIN_MAX 32 /* a PIN hash, a token */
/* Protocol 2 puts an IV before what it encrypts. */
#define TS_AGREE_SEALED_MAX (TS_AGREE_BLOCK_LEN + TS_AGREE_PLAIN_MAX)

struct ts_agree {
	uint8_t protocol; /* 1 or 2 */
	uint8_t secret_key[32];
	uint8_t point[TS_AGREE_POINT_LEN]; /* ours, to send */
};

/*
 * A fresh key pair, and the secret shared with who sent peer.  TS_ERR_TOKEN_IO
 * if peer is not on the curve, TS_ERR_NO_MEMORY for whatever fails in
 * libcrypto.  *out belongs in locked memory; wiping is the caller's.
 */
int ts_agree(struct ts_agree *out, uint8_t protocol,
    const uint8_t peer[TS_AGREE_POINT_LEN]) TS_MUST_CHECK;

/*
 * Encrypt a multiple of TS_AGREE_BLOCK_LEN bytes, at most PLAIN_MAX, into wr.
 */
int ts_agree_seal(struct tsw_wr *wr, const struct ts_agree *agree,
    const uint8_t *secret_p, size_t len) TS_MUST_CHECK;

/*
 * The way back; *len is the room in secret_out on entry, the length after.
 * TS_ERR_TOKEN_IO for a length that no token would send.
 */
int ts_agree_open(uint8_t *secret_out, size_t *len,
    const struct ts_agree *agree, struct tsw_slice sealed) TS_MUST_CHECK;

#endif
