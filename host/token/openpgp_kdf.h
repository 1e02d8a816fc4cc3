/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key derivation of an OpenPGP card (section 4.3.2, data object F9): where it
 * is switched on, the card compares a hash of the PIN instead of the PIN.
 */
#ifndef TOKEN_OPENPGP_KDF_H
#define TOKEN_OPENPGP_KDF_H

#include "token/proto.h"

#define TS_KDF_SALT_LEN 8
#define TS_KDF_OUT_MAX 64
/* As much as OpenPGP can say (RFC 4880 section 3.7.1.3): below a second. */
#define TS_KDF_COUNT_MAX 65011712

enum ts_kdf_hash {
	TS_KDF_NONE = 0,
	TS_KDF_SHA256 = 0x08,
	TS_KDF_SHA512 = 0x0a
};

struct ts_kdf {
	enum ts_kdf_hash hash; /* NONE: PINs go out as they are */
	uint32_t count;	       /* bytes that are hashed */
	uint8_t salt[TS_KDF_SALT_LEN], admin_salt[TS_KDF_SALT_LEN];
};

/*
 * F9.  TS_ERR_TOKEN_UNSUPPORTED for a derivation that is not known here or
 * would take too long; nothing is computed.
 */
int ts_kdf_parse(struct ts_kdf *out, struct tsw_slice value) TS_MUST_CHECK;

/*
 * Append what goes to the card for a PIN: its hash, at most TS_KDF_OUT_MAX
 * bytes, or without a hash the PIN itself.
 */
int ts_kdf_derive(struct tsw_wr *secret_out, const struct ts_kdf *kdf,
    const uint8_t salt[TS_KDF_SALT_LEN], const char *secret_pin) TS_MUST_CHECK;

#endif
